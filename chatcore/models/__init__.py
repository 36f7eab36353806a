"""Who talks, and what was said."""

from chatcore.models.organisations import Membership, Organisation
from chatcore.models.threads import Thread
from chatcore.models.tokens import ApiToken
from chatcore.models.turns import Turn

__all__ = ["ApiToken", "Membership", "Organisation", "Thread", "Turn"]
