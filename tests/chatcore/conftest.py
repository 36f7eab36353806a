"""Two organisations and their people."""

import pytest
from django.contrib.auth.models import User

from chatcore.models import Organisation
from tests.factories import make_member


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """The real hasher takes a third of a second, on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
    return make_member("sam", acme, is_staff=True, is_superuser=True)
