"""Detects what a message wants, in well under a millisecond, without a provider or a database.

detector = Detector(specs)
detector.detect("write a function that sorts a list").intent  # "coding_help"
"""

from routing.intents.detector import Detector
from routing.intents.fitting import Said
from routing.intents.head import Head
from routing.intents.rules import check_rule
from routing.intents.types import (
    FALLBACK_INTENT,
    Detection,
    Evidence,
    IntentRule,
    IntentSpec,
    Score,
    Unsure,
)

__all__ = [
    "FALLBACK_INTENT",
    "Detection",
    "Detector",
    "Evidence",
    "Head",
    "IntentRule",
    "IntentSpec",
    "Said",
    "Score",
    "Unsure",
    "check_rule",
]
