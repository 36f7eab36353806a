"""Fixtures: an installation as it ships, and staff of each role."""

import asyncio
import time
from collections.abc import AsyncIterator
from queue import Queue
from threading import Thread

import pytest
from django.test import Client

from chatcore.db.writer import writer
from chatcore.models import Organisation, Role
from routing.providers.http import aclose_all
from routing.services.snapshot import Snapshots
from routing.simulator import Simulator, serve
from tests.factories import browser, make_member, make_user
from tests.quick import quick_clients, quick_passwords  # noqa: F401
from tests.routing.climbing import Site
from tests.shipped import NO_ENVIRONMENT, shipped, shipped_copy  # noqa: F401


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serve(port=0) as running:
        yield running
    await aclose_all()


@pytest.fixture
def site(simulator: Simulator) -> Site:
    """One ladder at one simulator, without a database."""
    return Site(simulator)


@pytest.fixture
def installation(shipped, db, settings):  # noqa: F811
    """The shipped tables, with no key and no address in the environment; a snapshot reader."""
    for name, value in NO_ENVIRONMENT.items():
        setattr(settings, name, value)
    shipped()
    yield Snapshots()
    writer.close()  # what is recorded of a key's test is written by its thread


@pytest.fixture
def make_staff(installation):
    def make(name: str, role: str | None = None) -> Client:
        acme, _ = Organisation.objects.get_or_create(name="Acme")
        return browser(make_member(name, acme, role or Role.MEMBER, is_superuser=role is None))

    return make


@pytest.fixture
def boss(make_staff):
    """A superuser's browser."""
    return make_staff("boss")


@pytest.fixture
def ana(installation):
    return make_user("ana")


@pytest.fixture
def time_machine_s(monkeypatch):
    """Moves the stopwatch of this process forward by some seconds."""
    really = time.monotonic

    def forward(seconds: float) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: really() + seconds)

    return forward


@pytest.fixture
def vendors(installation, settings):
    """The simulator as the addresses of all vendors, on a loop of its own: admin views are sync."""
    started: Queue = Queue()

    async def run() -> None:
        stop = asyncio.Event()
        async with serve() as simulator:
            started.put((simulator, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = Thread(target=asyncio.run, args=(run(),))
    thread.start()
    simulator, loop, stop = started.get(timeout=10)
    settings.ENV_BASE_URLS = {
        slug: simulator.base_url(slug) for slug in ("openai", "gemini", "perplexity", "kimi")
    }
    yield simulator
    loop.call_soon_threadsafe(stop.set)
    thread.join()
