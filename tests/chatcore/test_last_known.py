"""What was looked up is believed for moments, and for minutes while the database is away."""

import asyncio
from collections.abc import Iterator

import pytest
from django.db import OperationalError, ProgrammingError

from chatcore.identity import last_known
from chatcore.identity.last_known import LastKnown

pytestmark = pytest.mark.anyio


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fresh, and nobody waits."""
    for name in ("FRESH_S", "PATIENCE_S", "AGAIN_S"):
        monkeypatch.setattr(last_known, name, 0.0)


class Question:
    """Counts how often it is asked, and answers as it is told to."""

    def __init__(self, *answers: str | Exception) -> None:
        self._answers: Iterator[str | Exception] = iter(answers)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


AWAY = OperationalError("couldn't get a connection")


async def settle() -> None:
    """Let questions that were asked be answered."""
    await asyncio.sleep(0.1)


class TestAnAnswer:
    async def test_is_asked_for_once_while_it_is_fresh(self):
        known, question = LastKnown[str](), Question("alice", "bob")

        answers = [await known.get("key", question) for _ in range(3)]

        assert (answers, question.asked) == (["alice"] * 3, 1)

    async def test_is_asked_for_once_by_all_who_want_it_at_the_same_time(self):
        known, question = LastKnown[str](), Question("alice", "bob")

        answers = await asyncio.gather(*(known.get("key", question) for _ in range(5)))

        assert (answers, question.asked) == (["alice"] * 5, 1)

    async def test_gives_way_to_a_newer_one(self, monkeypatch):
        monkeypatch.setattr(last_known, "FRESH_S", 0.0)
        known, question = LastKnown[str](), Question("alice", "bob")
        await known.get("key", question)

        assert await known.get("key", question) == "bob"

    async def test_stands_in_while_the_database_is_away(self, at_once):
        known, question = LastKnown[str](), Question("alice", AWAY, AWAY, AWAY, AWAY)
        await known.get("key", question)

        for _ in range(3):
            assert await known.get("key", question) == "alice"
            await settle()

    async def test_is_renewed_as_soon_as_the_database_is_back(self, at_once):
        known, question = LastKnown[str](), Question("alice", AWAY, "bob", "bob")
        await known.get("key", question)
        await known.get("key", question)
        await settle()
        await known.get("key", question)
        await settle()

        assert await known.get("key", question) == "bob"

    async def test_does_not_stand_in_for_ever(self, at_once, monkeypatch):
        known, question = LastKnown[str](), Question("alice", AWAY)
        await known.get("key", question)
        monkeypatch.setattr(last_known, "KEPT_S", -1.0)

        with pytest.raises(OperationalError):
            await known.get("key", question)

    async def test_does_not_hide_a_fault_of_ours(self, monkeypatch):
        monkeypatch.setattr(last_known, "FRESH_S", 0.0)
        known, question = LastKnown[str](), Question("alice", ProgrammingError("no such column"))
        await known.get("key", question)

        with pytest.raises(ProgrammingError):
            await known.get("key", question)

    async def test_that_never_came_is_an_error(self):
        with pytest.raises(OperationalError):
            await LastKnown[str]().get("key", Question(AWAY))

    async def test_of_the_longest_ago_goes_when_there_are_too_many(self, monkeypatch):
        monkeypatch.setattr(last_known, "AT_MOST", 2)
        known, question = LastKnown[str](), Question("1", "2", "3", "1 again")
        for key in "123":
            await known.get(key, question)

        assert await known.get("3", question) == "3"
        assert await known.get("1", question) == "1 again"
