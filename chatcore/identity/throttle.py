"""Refuses further sign-ins after too many failures. Successes never count against anybody.

Failures are kept in the database: every process sees them, and a restart forgets none. The rule
for an account from anywhere is short, so that a stranger cannot keep its owner out.
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta

import msgspec

from chatcore.models import FailedLogin

KEPT = timedelta(days=1)


class Rule(msgspec.Struct, frozen=True):
    """After so many failures in so long a time, further tries are refused until some are older."""

    failures: int
    within: timedelta


ACCOUNT_FROM_ADDRESS = Rule(5, timedelta(minutes=5))
ADDRESS = Rule(30, timedelta(minutes=5))
ACCOUNT = Rule(20, timedelta(minutes=1))


def is_held(username: str, address: str, *, now: datetime) -> bool:
    """Whether a sign-in to this account from this address must wait."""
    account, address = _digest(username), _network(address)
    every = FailedLogin.objects.all()
    return any(
        rows.filter(created_at__gt=now - rule.within).count() >= rule.failures
        for rule, rows in (
            (ACCOUNT_FROM_ADDRESS, every.filter(account=account, address=address)),
            (ADDRESS, every.filter(address=address)),
            (ACCOUNT, every.filter(account=account)),
        )
    )


def note_failure(username: str, address: str, *, now: datetime) -> None:
    """Keep that a sign-in failed."""
    FailedLogin.objects.create(account=_digest(username), address=_network(address), created_at=now)


def forget_old(*, now: datetime) -> None:
    """Remove the failures that no rule looks at any more."""
    FailedLogin.objects.filter(created_at__lt=now - KEPT).delete()


def _digest(username: str) -> str:
    return hashlib.sha256(username.strip().lower().encode()).hexdigest()


def _network(address: str) -> str:
    """The address, or of an IPv6 one its /64: a customer may come from any address in that."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
