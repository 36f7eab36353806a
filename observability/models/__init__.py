"""The tables of what is measured and reported."""

from observability.models.alerts import Incident
from observability.models.attempts import AttemptRecord
from observability.models.proofs import ProofPoint
from observability.models.rollups import Recipient, SeededAddress, WeeklyRollup
from observability.models.smoke import (
    SmokeCase,
    SmokeCheck,
    SmokeResult,
    SmokeRun,
    SmokeSettings,
)

__all__ = [
    "AttemptRecord",
    "Incident",
    "ProofPoint",
    "Recipient",
    "SeededAddress",
    "SmokeCase",
    "SmokeCheck",
    "SmokeResult",
    "SmokeRun",
    "SmokeSettings",
    "WeeklyRollup",
]
