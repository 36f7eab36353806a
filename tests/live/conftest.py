"""Sites for tests: one for each server, kept for the whole run."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.live.site import Person, Site, Web
from tests.live.told import Told, told_site


def make_site(
    folder: Path,
    server: str,
    name: str,
    settings: str = "chatcore.settings",
    **environment: str,
) -> Site:
    """A site of its own: a new database where there is a PostgreSQL, else SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{name}"')
        url = urlsplit(url)._replace(path=f"/{name}").geturl()
    site = Site(
        folder,
        server=server,
        database_url=url,
        redis_url=os.environ.get("REDIS_URL", ""),
        settings=settings,
    )
    site.env.update(environment)
    try:
        site.prepare()
    except BaseException:
        site.close()
        raise
    return site


@pytest.fixture(scope="session", params=["daphne", "uvicorn"])
def site(request: pytest.FixtureRequest, tmp_path_factory) -> Iterator[Site]:
    made = make_site(tmp_path_factory.mktemp(request.param), request.param, f"live_{request.param}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def web(site: Site) -> Web:
    return site.open()


@pytest.fixture(scope="session")
def demo(web: Web) -> Person:
    return web.sign_in("demo")


@pytest.fixture(scope="session")
def told(tmp_path_factory) -> Iterator[Told]:
    with told_site(tmp_path_factory.mktemp("told"), make_site) as everything:
        yield everything
