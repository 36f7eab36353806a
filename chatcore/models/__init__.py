"""The tables of people and organisations, and of what was said."""

from chatcore.models.failed_logins import FailedLogin
from chatcore.models.organisations import Membership, Organisation, Role
from chatcore.models.people import User
from chatcore.models.retention import Retention
from chatcore.models.threads import Thread
from chatcore.models.tokens import ApiToken
from chatcore.models.turns import Turn

__all__ = [
    "ApiToken",
    "FailedLogin",
    "Membership",
    "Organisation",
    "Retention",
    "Role",
    "Thread",
    "Turn",
    "User",
]
