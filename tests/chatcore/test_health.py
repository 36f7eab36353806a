"""What `/readyz` says of the routing tables, and what a web process reads of them as it starts."""

import asyncio
import threading

import pytest
from django.db import connection
from django.db.models.signals import post_save

from chatcore.db.reader import read
from chatcore.health import readiness
from chatcore.streaming.lifespan import Lifetime
from routing.models import PolicyVersion, ProviderKey
from routing.services import snapshot
from routing.services.snapshot import Snapshots

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def seeded(settings, monkeypatch, shipped) -> None:
    """A process that has read nothing yet."""
    settings.ENV_KEYS = {}
    settings.ENV_BASE_URLS = {}
    shipped()
    connection.close()
    monkeypatch.setattr(snapshot, "refresh", Snapshots().refresh)


async def test_readyz_names_a_policy_version_that_cannot_be_read(seeded):
    def damage() -> None:
        PolicyVersion.objects.update(content={"schema": 2})
        connection.close()

    await asyncio.to_thread(damage)

    said = (await readiness.checks())["snapshot"]

    assert str(said).startswith("Policy version 1 has schema 2; this release of Chatcore reads")


async def test_a_web_process_stores_a_new_key_of_the_environment_as_it_starts(seeded, settings):
    settings.ENV_KEYS = {"kimi": "test-key-of-env"}
    stored = threading.Event()
    post_save.connect(lambda **_: stored.set(), sender=ProviderKey, weak=False, dispatch_uid="test")
    process = Lifetime()

    process.begin()
    try:
        assert await asyncio.to_thread(stored.wait, 10)
    finally:
        both = threading.Barrier(2)  # the reader that stored it may still read the other tables
        await asyncio.gather(read(both.wait), read(both.wait))
        await process.end()
        post_save.disconnect(sender=ProviderKey, dispatch_uid="test")
