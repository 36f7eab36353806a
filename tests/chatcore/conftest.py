"""Two organisations, their people, and an installation as it ships."""

import pytest
from django.test import Client

from chatcore.models import Organisation, Thread, User
from tests.factories import browser, make_member, make_thread
from tests.quick import quick_clients, quick_passwords  # noqa: F401
from tests.shipped import shipped, shipped_copy  # noqa: F401


@pytest.fixture
def acme(db) -> Organisation:
    return Organisation.objects.create(name="Acme")


@pytest.fixture
def globex(db) -> Organisation:
    return Organisation.objects.create(name="Globex")


@pytest.fixture
def alice(acme) -> User:
    return make_member("alice", acme)


@pytest.fixture
def bob(acme) -> User:
    return make_member("bob", acme)


@pytest.fixture
def carol(globex) -> User:
    return make_member("carol", globex)


@pytest.fixture
def staff(acme) -> User:
    return make_member("sam", acme, is_superuser=True)


@pytest.fixture
def boss(staff) -> Client:
    """A superuser's browser."""
    return browser(staff)


@pytest.fixture
def make_staff(acme):
    """The browser of a colleague of Alice's who has a role."""

    def make(role: str) -> Client:
        return browser(make_member("sue", acme, role))

    return make


@pytest.fixture
def alices(alice) -> Client:
    return browser(alice)


@pytest.fixture
def thread(alice) -> Thread:
    return make_thread(alice, title="The sky")
