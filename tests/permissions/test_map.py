"""The map names every door that there is, and every permission is asked for at one of them."""

from django.contrib.admin import site
from django.urls import URLPattern, URLResolver, get_resolver

from chatcore import asgi
from chatcore.checks import permissions_are_in_the_table
from chatcore.identity import permissions
from chatcore.identity.permissions import PERMISSIONS, SUPERUSERS_ONLY, permissions_of
from chatcore.models import Role
from tests.permissions.doors import (
    ADMIN,
    ANYONE,
    API,
    INLINES,
    MODELS,
    NOBODY,
    PAGES,
    SEARCHES,
    SIGNED_IN,
    STREAMS,
    everything_asked,
)

OF_A_MODEL = ("changelist", "add", "change", "delete", "history")
REDIRECTS = {"admin/login/", "admin/<path:object_id>/", "admin/(?P<url>.*)$"}
"""Addresses without a name that only lead elsewhere, where they are asked again."""


class TestTheMap:
    def test_names_every_page(self):
        pages = {name for name, route in _addresses() if name and ":" not in name}

        assert pages == set(PAGES)

    def test_names_every_model_of_the_admin(self):
        assert {model._meta.label_lower for model in site._registry} == set(MODELS)

    def test_names_every_other_address_of_the_admin(self):
        names = {
            name.removeprefix("admin:") for name, _ in _addresses() if name.startswith("admin:")
        }
        of_models = {f"{model.replace('.', '_')}_{page}" for model in MODELS for page in OF_A_MODEL}

        assert names - of_models - {"", "autocomplete", "login"} == set(ADMIN)

    def test_names_every_row_that_stands_on_another_s_page(self):
        inlines = {
            (model._meta.label_lower, inline.model._meta.label_lower)
            for model, page in site._registry.items()
            for inline in page.inlines
        }

        assert inlines == set(INLINES)

    def test_names_every_field_that_searches(self):
        searches = {
            (each.model._meta.label_lower, field)
            for page in site._registry.values()
            for each in (page, *page.inlines)
            for field in each.autocomplete_fields
        }

        assert searches == set(SEARCHES)

    def test_names_every_address_and_method_of_the_api(self):
        methods = {
            (method.upper(), route)
            for pattern, route in _patterns(get_resolver())
            if route.startswith("api/")
            for view in [vars(pattern.callback)["cls"]]
            for method in view.http_method_names
            if hasattr(view, method) and method != "options"
        }

        assert methods == set(API)

    def test_names_every_stream(self):
        routes = {(method, answer.__name__) for method, _, answer in asgi.ROUTES}
        sockets = {("websocket", str(route.pattern)) for route in asgi.websockets.routes}

        assert routes | sockets == set(STREAMS)

    def test_leaves_no_address_without_a_name_out(self):
        nameless = {
            route
            for pattern, route in _patterns(get_resolver())
            if not pattern.name and not route.startswith("api/")
        }

        assert {route.replace(_model_of(route), "") for route in nameless} == REDIRECTS


class TestTheTable:
    def test_holds_every_permission_that_a_door_asks_for(self):
        """A right that no door asks for is none; one that only a door knows is nobody's."""
        others = {name for name in everything_asked() if name.startswith("django_celery_beat.")} | {
            ANYONE,
            SIGNED_IN,
            NOBODY,
        }

        assert everything_asked() - others == permissions_of(Role) | SUPERUSERS_ONLY

    def test_lets_see_whoever_may_change(self):
        for role, given in PERMISSIONS.items():
            for pages in MODELS.values():
                more = given & {pages[verb] for verb in ("add", "change", "delete")}
                assert not more or pages["view"] in given, (role, more)

    def test_knows_every_role(self):
        assert set(PERMISSIONS) == set(Role)

    def test_keeps_those_who_see_people_from_what_they_write(self):
        readers = {
            role for role, given in PERMISSIONS.items() if permissions.READ_CONVERSATIONS in given
        }

        assert readers == {Role.CONVERSATION_READER, Role.ADMINISTRATOR}


class TestTheCheck:
    def test_finds_nothing_wrong(self):
        assert permissions_are_in_the_table() == []

    def test_finds_a_name_that_is_no_permission(self, monkeypatch):
        monkeypatch.setitem(PERMISSIONS, Role.MEMBER, frozenset({"chatcore.fly"}))

        [error] = [each for each in permissions_are_in_the_table() if "fly" in each.msg]
        assert error.msg == "chatcore.fly is no permission, but stands in the table."

    def test_finds_a_permission_that_nobody_is_given(self, monkeypatch):
        monkeypatch.setattr(
            "chatcore.checks.SUPERUSERS_ONLY", SUPERUSERS_ONLY - {"chatcore.add_apitoken"}
        )

        [error] = permissions_are_in_the_table()
        assert error.msg.startswith("chatcore.add_apitoken is given to no role")

    def test_finds_one_that_is_for_superusers_alone_and_given_all_the_same(self, monkeypatch):
        monkeypatch.setattr("chatcore.checks.SUPERUSERS_ONLY", SUPERUSERS_ONLY | {"chatcore.chat"})

        [error] = permissions_are_in_the_table()
        assert error.msg == "chatcore.chat stands in SUPERUSERS_ONLY, though a role gives it."


def _patterns(resolver: URLResolver, before: str = "") -> list[tuple[URLPattern, str]]:
    """Every address with its whole route."""
    found: list[tuple[URLPattern, str]] = []
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            found += _patterns(each, route)
        else:
            found.append((each, route))
    return found


def _addresses() -> list[tuple[str, str]]:
    """Name, with the admin's prefix, and route."""
    return [
        (f"admin:{pattern.name or ''}" if route.startswith("admin/") else pattern.name or "", route)
        for pattern, route in _patterns(get_resolver())
    ]


def _model_of(route: str) -> str:
    """`routing/ladder/` of `admin/routing/ladder/<path:object_id>/`."""
    for model in MODELS:
        if (part := f"{model.replace('.', '/')}/") in route:
            return part
    return "no model"
