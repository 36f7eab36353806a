"""What is measured, and what was made of it."""

from observability.models.alerts import Incident, IncidentMail
from observability.models.attempts import AttemptRecord
from observability.models.rollups import Delivery, Recipient, SeededAddress, WeeklyRollup
from observability.models.smoke import (
    SmokeCase,
    SmokeCheck,
    SmokeResult,
    SmokeRun,
    SmokeSettings,
)

__all__ = [
    "AttemptRecord",
    "Delivery",
    "Incident",
    "IncidentMail",
    "Recipient",
    "SeededAddress",
    "SmokeCase",
    "SmokeCheck",
    "SmokeResult",
    "SmokeRun",
    "SmokeSettings",
    "WeeklyRollup",
]
