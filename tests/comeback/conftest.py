"""Everything that may happen around a site, once, on two sites side by side: most of it is waiting."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.comeback.cluster import Cluster, Line, cluster
from tests.comeback.matrix import (
    BRIEFLY,
    ENDS_LATE,
    LONGER,
    LONGEST,
    SERVERS,
    WORDS,
    Cause,
    Ended,
    Place,
    Redis,
)
from tests.comeback.readers import Reader
from tests.live.site import Site
from tests.services.redis_server import find_program

LOGGED = {"log_min_duration_statement": "0", "log_min_messages": "info", "log_statement": "all"}
"""As talkative as administrators make their server when they look for something."""
DEADLOCK = f"""
import threading
from django.db import connection, transaction
from chatcore.models import Turn
one, other = Turn.objects.order_by("created_at").values_list("pk", flat=True)[:2]
met = threading.Barrier(2)
def write(first, second):
    try:
        with transaction.atomic():
            Turn.objects.filter(pk=first).update(reply="{WORDS}")
            met.wait(10)
            Turn.objects.filter(pk=second).update(reply="{WORDS}")
    except Exception as error:
        print(type(error.__cause__).__name__)
    connection.close()
both = [threading.Thread(target=write, args=pair) for pair in ((one, other), (other, one))]
for each in both: each.start()
for each in both: each.join()
"""


@dataclass
class Story:
    """What happened, in order, and what came of it."""

    causes: dict[str, Cause] = field(default_factory=dict)
    lost: dict[tuple[str, str], Reader] = field(default_factory=dict)
    """(where, server) -> who followed a turn one of whose COMMITs was not answered."""
    ended: dict[str, Ended] = field(default_factory=dict)
    deadlock: str = ""
    secrets: list[str] = field(default_factory=list)
    """Words of people, words of models and session keys."""
    database_logs: str = ""

    def note(self, cause: Cause) -> None:
        self.causes[cause.name] = cause


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with ExitStack() as stack:
        first, second = _places(stack, tmp_path_factory.mktemp("comeback"))
        told = Story(secrets=[WORDS])
        asyncio.run(_happen(told, first, second))
        for place in (first, second):
            told.database_logs += place.cluster.log.read_text(errors="replace")
        yield told


def _places(stack: ExitStack, folder: Path) -> tuple[Place, Place]:
    """Two sites of the same rows, each on a PostgreSQL and a Redis of its own."""
    made = stack.enter_context(cluster(**LOGGED))
    with psycopg.connect(made.url()) as admin:  # as docs/operations.md has it
        admin.execute("ALTER ROLE chatcore SET log_parameter_max_length = 0")
    site = Site(
        folder / "first",
        server="daphne",
        database_url=made.url(),
        settings="tests.comeback.settings_counting",
    )
    site.folder.mkdir()
    stack.callback(site.close)
    site.prepare()
    made.stop()
    copy = made.copy(made.folder.with_name("second"))
    for each in (made, copy):
        each.start()
        stack.callback(each.stop)
    shutil.copytree(site.folder, folder / "second")
    twin = Site(folder / "second", server="daphne", settings="tests.comeback.settings_counting")
    twin.env = site.env | {"CHATCORE_DATA": str(twin.folder)}
    stack.callback(twin.close)
    return _place(stack, site, made), _place(stack, twin, copy)


def _place(stack: ExitStack, site: Site, on: Cluster) -> Place:
    line = stack.enter_context(Line(on.port).opened())
    redis = Redis(find_program(), site.folder)
    stack.callback(redis.end)
    return Place(site, on, line, redis)


async def _happen(story: Story, first: Place, second: Place) -> None:
    await asyncio.gather(first.open(), second.open())
    for place in (first, second):
        story.secrets += place.session_keys()
    await asyncio.gather(_long_outage(story, first), _all_others(story, second))


async def _long_outage(story: Story, place: Place) -> None:
    story.note(await place.watched("away for 75 s", place.away(75), LONGEST))


async def _all_others(story: Story, place: Place) -> None:
    story.note(await place.watched("restarted", place.restarted, BRIEFLY))
    story.note(await place.watched("crashed", place.crashed, BRIEFLY))
    story.note(await place.watched("away for 2 s", place.away(2), BRIEFLY))
    story.note(await place.watched("away for 20 s", place.away(20), LONGER))
    story.note(await place.watched("Redis restarted", place.redis_restarted, BRIEFLY))
    story.note(await place.watched("Redis hung", place.redis_hung, BRIEFLY))
    for server in SERVERS:
        story.lost["accept", server] = await place.lost_answer(server, _is_accept)
        story.lost["end", server] = await place.lost_answer(server, _is_end)
    terminated, story.deadlock = await asyncio.gather(
        place.terminated("SIGTERM", ENDS_LATE),
        asyncio.to_thread(place.site.manage, "shell", "-c", DEADLOCK),
    )
    story.note(terminated)
    story.ended = place.ended


def _is_accept(statements: bytes) -> bool:
    return b'INSERT INTO "chatcore_turn"' in statements


def _is_end(statements: bytes) -> bool:
    return b'UPDATE "chatcore_turn"' in statements and b'"finished_at" = ' in statements
