"""The admin pages on which staff decide which model answers what."""

from routing.admin import intents, keys, ladders, policies, prices, providers, try_message

__all__ = ["intents", "keys", "ladders", "policies", "prices", "providers", "try_message"]
