"""Fixtures that spare tests what a site does once, and a test would do again and again.

A folder's `conftest.py` imports what it wants.
"""

import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """The real hasher takes a third of a second, on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def quick_clients(settings):
    """Every `Client` makes its own middleware; the one for static files looks for them all, in 0.2 s."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "servestatic" not in name]
