"""Detects what a message wants, in well under a millisecond, without a provider or a database.

detector = Detector(specs)
detector.detect("write a function that sorts a list").intent  # "coding_help"
"""

from routing.intents.detector import FALLBACK_INTENT, Detector
from routing.intents.rules import check_rule
from routing.intents.types import Detection, Evidence, IntentRule, IntentSpec, Score

__all__ = [
    "FALLBACK_INTENT",
    "Detection",
    "Detector",
    "Evidence",
    "IntentRule",
    "IntentSpec",
    "Score",
    "check_rule",
]
