"""The map: which permission each door of the site asks for.

Whoever adds a page, an address or a button adds a line here; `test_map.py` fails until then. Who has
the permission is not said here but in `chatcore/identity/permissions.py`, and there alone.
"""

from chatcore.identity.permissions import CHAT, GIVE_ROLES, MANAGE_MEMBERS, READ_CONVERSATIONS
from chatcore.models.people import ENTER_ADMIN

ANYONE, SIGNED_IN, NOBODY = "anyone", "signed in", "nobody"
"""What a door asks for where it asks for no permission; one for nobody is closed to superusers too."""


def _pages(model: str, verbs: str) -> dict[str, str]:
    """What it takes to view, add, change and delete rows; nobody may what is not among the verbs."""
    app, _, name = model.partition(".")
    return {
        verb: f"{app}.{verb}_{name}" if verb in verbs.split() else NOBODY
        for verb in ("view", "add", "change", "delete")
    }


MODELS: dict[str, dict[str, str]] = {
    model: _pages(model, verbs)
    for model, verbs in {
        "chatcore.user": "view add change delete",
        "chatcore.organisation": "view add change delete",
        "chatcore.apitoken": "view add",
        "chatcore.thread": "view",
        "chatcore.turn": "view",
        "chatcore.retention": "view change",
        "chatcore.serverprocess": "view",
        "django_celery_beat.periodictask": "view change",
        "routing.intent": "view add change delete",
        "routing.ladder": "view change",
        "routing.policy": "view change",
        "routing.policyversion": "view",
        "routing.provider": "view add change delete",
        "routing.providerkey": "view add change delete",
        "routing.deployment": "view add change delete",
        "routing.price": "view add delete",
        "observability.attemptrecord": "view",
        "observability.incident": "view",
        "observability.weeklyrollup": "view",
        "observability.recipient": "view add change delete",
        "observability.smokecase": "view add change delete",
        "observability.smokerun": "view",
        "observability.smokesettings": "view change",
    }.items()
} | {
    # A rule is a part of its intent.
    "routing.intentrule": {
        "view": "routing.view_intent",
        "add": NOBODY,
        "change": "routing.change_intent",
        "delete": "routing.change_intent",
    }
}

INLINES: dict[tuple[str, str], str] = {
    ("chatcore.user", "chatcore.membership"): MANAGE_MEMBERS,
    ("chatcore.organisation", "chatcore.membership"): MANAGE_MEMBERS,
    ("routing.intent", "routing.intentrule"): "routing.change_intent",
    ("routing.ladder", "routing.rung"): "routing.change_ladder",
    ("observability.smokecase", "observability.smokecheck"): "observability.change_smokecase",
}
"""Page and rows on it -> what it takes to edit them, beside the right to change the page's own row."""

ACTIONS: dict[tuple[str, str], str] = {
    ("chatcore.user", "delete_selected"): "chatcore.delete_user",
    ("chatcore.organisation", "delete_selected"): "chatcore.delete_organisation",
    ("routing.provider", "delete_selected"): "routing.delete_provider",
    ("routing.providerkey", "delete_selected"): "routing.delete_providerkey",
    ("routing.deployment", "delete_selected"): "routing.delete_deployment",
    ("routing.price", "delete_selected"): "routing.delete_price",
    ("observability.recipient", "delete_selected"): "observability.delete_recipient",
    ("chatcore.user", "send_password_mail"): "chatcore.change_user",
    ("chatcore.user", "delete_conversations"): "chatcore.delete_user",
    ("chatcore.apitoken", "revoke"): "chatcore.revoke_apitoken",
    ("routing.providerkey", "test_keys"): "routing.change_providerkey",
    ("routing.providerkey", "switch_on"): "routing.change_providerkey",
    ("routing.providerkey", "switch_off"): "routing.change_providerkey",
    ("observability.incident", "send_again"): "chatcore.change_outgoingmail",
}
"""List and action on it -> what the action takes, beside the right to see the list."""

ADMIN: dict[str, tuple[str, set[str]]] = {
    "index": ("GET", {ENTER_ADMIN}),
    "search": ("GET", {ENTER_ADMIN}),
    "app_list": ("GET", {ENTER_ADMIN}),
    "jsi18n": ("GET", {ENTER_ADMIN}),
    "view_on_site": ("GET", {ENTER_ADMIN}),
    "password_change": ("GET", {ENTER_ADMIN}),
    "password_change_done": ("GET", {ENTER_ADMIN}),
    "logout": ("GET", {ANYONE}),
    "auth_user_password_change": ("GET", {"chatcore.change_user"}),
    "routing_try": ("GET", {"routing.view_ladder"}),
    "routing_correct": ("POST", {"routing.change_intent"}),
    "routing_providerkey_test": ("POST", {"routing.change_providerkey"}),
    "routing_policyversion_revert": (
        "GET",
        {"routing.change_policy", "routing.change_ladder", "routing.change_intent"},
    ),
    "observability_overview": ("GET", {"observability.view_attemptrecord"}),
    "observability_rollup_picture": ("GET", {"observability.view_weeklyrollup"}),
    "observability_rollup_sheet": ("GET", {"observability.view_weeklyrollup"}),
    "observability_rollup_test": ("POST", {"observability.view_weeklyrollup"}),
    "observability_rollup_again": (
        "POST",
        {"observability.view_weeklyrollup", "chatcore.change_outgoingmail"},
    ),
    "observability_smokerun_run": ("POST", {"observability.add_smokerun"}),
}
"""The admin's other addresses: method, and everything that it takes. Its `login` leads to the site's."""

SEARCHES: dict[tuple[str, str], str] = {
    ("chatcore.membership", "user"): "chatcore.view_user",
    ("chatcore.membership", "organisation"): "chatcore.view_organisation",
    ("chatcore.apitoken", "user"): "chatcore.view_user",
    ("chatcore.apitoken", "organisation"): "chatcore.view_organisation",
}
"""Model and field in which rows are searched while somebody types (`autocomplete`)."""

CONTENTS: dict[str, str] = {
    "a turn's texts": READ_CONVERSATIONS,
    "roles to give": GIVE_ROLES,
}
"""What pages show to some of those who may open them."""

PAGES: dict[str, tuple[str, str]] = {
    "chat": ("GET", CHAT),
    "thread": ("GET", CHAT),
    "choose_organisation": ("POST", CHAT),
    "password_change": ("GET", SIGNED_IN),
    "password_change_done": ("GET", SIGNED_IN),
    "login": ("GET", ANYONE),
    "logout": ("GET", ANYONE),  # refuses the method; what it does can be done by anybody
    "password_reset": ("GET", ANYONE),
    "password_reset_done": ("GET", ANYONE),
    "password_reset_confirm": ("GET", ANYONE),
    "password_reset_complete": ("GET", ANYONE),
}

API: dict[tuple[str, str], str] = {
    ("GET", "api/threads/"): CHAT,
    ("POST", "api/threads/"): CHAT,
    ("GET", "api/threads/<uuid:thread_id>/"): CHAT,
    ("PATCH", "api/threads/<uuid:thread_id>/"): CHAT,
    ("DELETE", "api/threads/<uuid:thread_id>/"): CHAT,
    ("GET", "api/threads/<uuid:thread_id>/turns/"): CHAT,
    ("GET", "api/turns/<uuid:turn_id>/"): CHAT,
    ("PUT", "api/turns/<uuid:turn_id>/feedback/"): CHAT,
    ("DELETE", "api/turns/<uuid:turn_id>/feedback/"): CHAT,
    ("GET", "api/models/"): CHAT,
    ("GET", "api/schema/"): ANYONE,
}
"""Where an address names a thread or a turn it is one's own, in the organisation one chats in."""

STREAMS: dict[tuple[str, str], str] = {
    ("POST", "post_turn"): CHAT,
    ("GET", "get_events"): CHAT,
    ("POST", "post_stop"): CHAT,
    ("websocket", "ws/threads/<uuid:thread_id>/"): CHAT,
}
"""The plain ASGI routes and the websocket; the same holds of their threads and turns."""


def everything_asked() -> set[str]:
    """Every name in the map."""
    pages = {name for verbs in MODELS.values() for name in verbs.values()}
    admin = {name for _, names in ADMIN.values() for name in names}
    others = (INLINES, ACTIONS, SEARCHES, CONTENTS, API, STREAMS)
    return (
        pages
        | admin
        | {need for _, need in PAGES.values()}
        | {name for part in others for name in part.values()}
    )
