"""Each page and each address of the API opens to those who may chat, and shows only their own."""

import pytest
from django.urls import reverse

from chatcore.models import Turn
from tests.permissions.doors import API, PAGES
from tests.permissions.knocking import Findings, is_open, knock
from tests.permissions.site import Site, Visitor

BODIES = {"PATCH": {"title": "Another"}, "PUT": {"thumb": "up"}}


class TestPages:
    def test_open_as_the_table_says(self, site):
        findings = Findings()
        arguments = {
            "thread": {"thread_id": site.colleagues.thread_id},  # the page finds out by the API
            "password_reset_confirm": {"uidb64": "x", "token": "y"},
        }
        for visitor in site.visitors:
            for name, (method, need) in PAGES.items():
                address = reverse(name, kwargs=arguments.get(name, {}))
                data = {"organisation": site.acme.pk} if method == "POST" else {}
                opened = is_open(knock(visitor, method, address, data), hidden=True)
                findings.expect(name, visitor, [need], opened=opened)

        assert findings.wrong == []


class TestTheAPI:
    def test_opens_as_the_table_says(self, site):
        assert _try_api(site, own=True).wrong == []

    @pytest.mark.parametrize("whose", ["colleagues", "strangers"])
    def test_hides_what_is_another_member_s_from_everybody(self, site, whose):
        turn = getattr(site, whose)
        named = [door for door in API if "<" in door[1]]
        found = [
            (visitor.name, door)
            for visitor in site.visitors
            for door in named
            if is_open(_call(visitor, door, turn), hidden=True)
        ]

        assert found == []


def _try_api(site: Site, *, own: bool) -> Findings:
    findings = Findings()
    for visitor in site.visitors:
        for door, need in API.items():
            opened = is_open(_call(visitor, door, visitor.turn or site.colleagues), hidden=True)
            findings.expect(" ".join(door), visitor, [need], opened=opened)
    return findings


def _call(visitor: Visitor, door: tuple[str, str], turn: Turn):
    method, route = door
    address = route.replace("<uuid:thread_id>", str(turn.thread_id))
    address = "/" + address.replace("<uuid:turn_id>", str(turn.pk))
    if method == "GET":
        return knock(visitor, method, address)
    body = BODIES.get(method, {})
    return knock(visitor, method, address, body, content_type="application/json")
