"""The intents that ship: plain data, copied into tables and edited there."""

from routing.catalogue.intents.ambiguous_or_other import AMBIGUOUS_OR_OTHER
from routing.catalogue.intents.coding_help import CODING_HELP
from routing.catalogue.intents.editing_writing import EDITING_WRITING
from routing.catalogue.intents.qa_retrieval import QA_RETRIEVAL
from routing.catalogue.intents.reasoning_math import REASONING_MATH
from routing.catalogue.intents.social_chat import SOCIAL_CHAT
from routing.catalogue.intents.wording import IntentData, RuleData

__all__ = ["SHIPPED_INTENTS", "IntentData", "RuleData"]

# Equal scores go to the earlier one.
SHIPPED_INTENTS: tuple[IntentData, ...] = (
    SOCIAL_CHAT,
    CODING_HELP,
    EDITING_WRITING,
    REASONING_MATH,
    QA_RETRIEVAL,
    AMBIGUOUS_OR_OTHER,
)
