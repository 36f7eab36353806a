"""The links in the admin's sidebar, each shown to whoever may open its page."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.functional import lazy


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    app = permission.partition(".")[0]
    return lambda request: apps.is_installed(app) and request.user.has_perm(permission)


def _address(app: str, model: str) -> str:
    """The address of a model's list; "" without its app, for the site runs without observability."""
    if not apps.is_installed(app):
        return ""
    return reverse(f"admin:{app}_{model}_changelist")


def _overview() -> str:
    """The address of the overview; "" without observability."""
    return reverse("admin:observability_overview") if apps.is_installed("observability") else ""


_lazy_address = lazy(_address, str)
_lazy_overview = lazy(_overview, str)


def _page(
    title: str, icon: str, model: str, app: str = "routing", *, part_of: str = ""
) -> dict[str, Any]:
    """A link to a model's list; a part of another row is seen by whoever may see that."""
    return {
        "title": title,
        "icon": icon,
        "link": _lazy_address(app, model),
        "permission": _may(f"{app}.view_{part_of or model}"),
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
                _page("Rules", "rule", "intentrule", part_of="intent"),
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
        {
            "title": "What happened",
            "items": [
                {
                    "title": "Overview",
                    "icon": "monitoring",
                    "link": _lazy_overview(),
                    "permission": _may("observability.view_attemptrecord"),
                },
                _page("Turns", "chat_bubble", "turn", "chatcore"),
                _page("Threads", "forum", "thread", "chatcore"),
                _page("Attempts", "call_made", "attemptrecord", "observability"),
                _page("Weekly rollup", "summarize", "weeklyrollup", "observability"),
                _page("Recipients", "outgoing_mail", "recipient", "observability"),
                _page("Incidents", "notification_important", "incident", "observability"),
                _page("Smoke evaluation", "fact_check", "smokerun", "observability"),
                _page("Smoke cases", "checklist", "smokecase", "observability"),
                _page("Jobs", "schedule", "periodictask", "django_celery_beat"),
                _page("Processes", "dns", "serverprocess", "chatcore"),
                _page("Retention", "auto_delete", "retention", "chatcore"),
            ],
        },
        {
            "title": "Who may come in",
            "items": [
                _page("People", "person", "user", "chatcore"),
                _page("Organisations", "apartment", "organisation", "chatcore"),
                _page("API tokens", "token", "apitoken", "chatcore"),
            ],
        },
    ],
}
