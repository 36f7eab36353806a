"""A site in this process: a database, a simulator for the vendors, and Alice who asks."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from django.db import connection

from chatcore.db.writer import writer
from chatcore.identity.members import Member
from chatcore.models import Thread
from chatcore.turns.processes import here
from chatcore.turns.reply_cache import reply_cache
from routing.providers.http import aclose_all
from routing.services import snapshot
from routing.simulator import Simulator, serve
from tests.factories import make_thread


@pytest.fixture
async def simulator(settings) -> AsyncIterator[Simulator]:
    async with serve(port=0) as running_simulator:
        settings.ENV_KEYS = {"openai": "test-key"}
        settings.ENV_BASE_URLS = {"openai": running_simulator.base_url("openai")}
        yield running_simulator
    await aclose_all()
    await reply_cache.aclose()


@pytest.fixture
def thread(alice) -> Iterator[Thread]:
    yield make_thread(alice)
    writer.close()
    here.start_anew()  # the row goes with the test's other rows


@pytest.fixture
async def asker(simulator: Simulator, thread: Thread, shipped) -> Member:
    def look() -> Member:
        shipped()
        snapshot.refresh(force=True)
        connection.close()
        return Member(
            user_id=thread.owner_id,
            organisation_id=thread.organisation_id,
            username="alice",
        )

    return await asyncio.to_thread(look)
