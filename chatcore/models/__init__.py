"""The tables of people and organisations, of what was said, and of the processes that run."""

from chatcore.models.failed_logins import FailedLogin
from chatcore.models.jobs import JobRun
from chatcore.models.organisations import Membership, Organisation, Role
from chatcore.models.people import User
from chatcore.models.processes import ServerProcess
from chatcore.models.retention import Retention
from chatcore.models.threads import Thread
from chatcore.models.tokens import ApiToken
from chatcore.models.turns import Turn

__all__ = [
    "ApiToken",
    "FailedLogin",
    "JobRun",
    "Membership",
    "Organisation",
    "Retention",
    "Role",
    "ServerProcess",
    "Thread",
    "Turn",
    "User",
]
