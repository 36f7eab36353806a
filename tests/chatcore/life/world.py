"""What the tests of a turn's life do to it and its surroundings."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg import sql

from chatcore.db.reader import read
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.replies.reply import Reply
from chatcore.services import take_turn
from chatcore.turns.data import NewTurn, new_turn
from chatcore.turns.signals import TurnFinished, turn_finished

QUESTION = "write a python function that adds two numbers"


def asked(thread: Thread, text: str = QUESTION) -> NewTurn:
    return new_turn(thread.pk, uuid.uuid4(), kind="ask", text=text)


async def taken(member: Member, new: NewTurn) -> Reply:
    """The reply of a turn that runs now."""
    _, reply = await take_turn(member=member, new=new)
    assert reply is not None
    return reply


async def answered(member: Member, new: NewTurn) -> Turn:
    """The row of a turn once it has ended."""
    reply = await taken(member, new)
    await asyncio.wait_for(reply.ended.wait(), 20)
    return await row(reply.turn_id)


async def row(turn_id: uuid.UUID) -> Turn:
    return await read(lambda: Turn.objects.get(pk=turn_id))


async def until(holds: Callable[[], bool], patience_s: float = 10) -> None:
    """For what happens inside the site without anybody being told."""
    async with asyncio.timeout(patience_s):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def told() -> AsyncIterator[list[TurnFinished]]:
    """What the signal says during a block."""
    heard: list[TurnFinished] = []

    async def listener(sender: object, finished: TurnFinished, **_: object) -> None:
        heard.append(finished)

    turn_finished.connect(listener)
    try:
        yield heard
    finally:
        turn_finished.disconnect(listener)


@contextmanager
def locked_row(turn_id: uuid.UUID) -> Iterator[None]:
    """Somebody else holds the turn's row (on SQLite: everything) until the end."""
    with _locked(Turn.objects.filter(pk=turn_id)):
        yield


@contextmanager
def locked_thread(thread_id: uuid.UUID) -> Iterator[None]:
    """The same with a thread's row, which every accept locks."""
    with _locked(Thread.objects.filter(pk=thread_id)):
        yield


@contextmanager
def _locked(rows: "QuerySet[Any]") -> Iterator[None]:
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            rows.select_for_update().get()
            holds.set()
            release.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait(10)
    try:
        yield
    finally:
        release.set()
        holder.join()


@contextmanager
def database_away(kept: int, turn_id: uuid.UUID) -> Iterator[None]:
    """No connection but one lives, and none can be made (on SQLite: everything is locked)."""
    if connection.vendor == "sqlite":
        with locked_row(turn_id):
            yield
        return
    settings = connection.settings_dict
    where = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    name = settings["NAME"]
    with psycopg.connect(
        dbname="postgres", password=settings["PASSWORD"], autocommit=True, **where
    ) as admin:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> %s",
                (name, kept),
            )
            yield
        finally:
            admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
