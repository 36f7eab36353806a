"""What stands in the admin's sidebar, and who sees it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _page(title: str, icon: str, model: str, app: str = "routing") -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may(f"{app}.view_{model}"),
    }


SIDEBAR = {
    "show_search": False,
    "show_all_applications": True,
    "navigation": [
        {
            "title": "Which model answers",
            "items": [
                _page("Ladders", "stairs", "ladder"),
                _page("Intents", "psychology", "intent"),
                _page("Policy", "policy", "policy"),
                _page("Versions", "history", "policyversion"),
                {
                    "title": "Try a message",
                    "icon": "science",
                    "link": reverse_lazy("admin:routing_try"),
                    "permission": _may("routing.view_ladder"),
                },
            ],
        },
        {
            "title": "Who can be called",
            "items": [
                _page("Providers", "hub", "provider"),
                _page("Keys", "key", "providerkey"),
                _page("Models", "memory", "deployment"),
                _page("Prices", "payments", "price"),
            ],
        },
    ],
}
