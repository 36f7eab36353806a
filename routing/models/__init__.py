"""The tables that staff edit; requests are served from `services.snapshot`, which holds a copy of them."""

from routing.models.intents import Intent, IntentRule, LearnedHead
from routing.models.policies import Ladder, Policy, PolicyVersion, Rung
from routing.models.prices import Price
from routing.models.providers import Deployment, Provider, ProviderKey
from routing.models.revision import Revision

__all__ = [
    "Deployment",
    "Intent",
    "IntentRule",
    "Ladder",
    "LearnedHead",
    "Policy",
    "PolicyVersion",
    "Price",
    "Provider",
    "ProviderKey",
    "Revision",
    "Rung",
]
