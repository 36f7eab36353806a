"""The site whose doors are tried."""

import pytest

from routing.services import snapshot
from tests.permissions.site import Site, add_rows, furnish
from tests.quick import quick_clients, quick_passwords  # noqa: F401
from tests.shipped import shipped, shipped_copy  # noqa: F401


@pytest.fixture(autouse=True)
def settings_of_the_site(settings, quick_clients):  # noqa: F811
    """No key and no address of a vendor; pages that are answered but not drawn; sessions in memory."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    settings.ENV_KEYS = dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), "")
    settings.ENV_BASE_URLS = {}
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.permissions.knocking.WithoutDrawing"]


@pytest.fixture
def site(db, shipped) -> Site:  # noqa: F811
    """Everybody, with turns of theirs."""
    shipped()
    made = furnish()
    snapshot.refresh(force=True)
    return made


@pytest.fixture
def furnished(site) -> Site:
    """With a row of every table, too."""
    add_rows(site)
    return site
