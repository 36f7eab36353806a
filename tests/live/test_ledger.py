"""A thousand turns of every kind, twenty at once, a kill in the middle: the numbers agree exactly.

What the simulator served, the records of attempts, and whatever staff are shown of them.
"""

import asyncio
import os
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.live.conftest import make_house
from tests.live.house import House, Person, Socket, Web
from tests.live.ledger import KEPT, Kinds, cost_of, kinds_of
from tests.live.ledger_cases import CASES

pytestmark = pytest.mark.anyio
AT_ONCE = 20
SESSIONS = 10
"""Threads of each of them, half before the kill."""
KEPT_PROMPTS = 4
MIXED = [name for name in CASES if name not in {"kept", "long0", "long1"}]
STOPPED_EVERY = 17


@pytest.fixture(scope="module")
def ledger_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = make_house(tmp_path_factory.mktemp("ledger"), "daphne", "live_ledger")
    try:
        house.manage("shell", "-c", "from tests.live.ledger_cases import add_cases; add_cases()")
        yield house
    finally:
        house.close()


class Asker:
    """One of the twenty: asks one thing after another, some of them in vain."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked = 0
        self._chance = random.Random(number)
        self._cases = MIXED * 2

    async def session(self, person: Person) -> None:
        """Five turns in a new thread: one that others ask too, then four of any kind."""
        thread = await asyncio.to_thread(person.new_thread)
        async with person.socket(thread) as tab:
            await self._turn(tab, f"kept question {self._chance.randrange(KEPT_PROMPTS)}")
            for _ in range(4):
                name = self._chance.choice(self._cases)
                await self._turn(tab, f"{name} {'word ' * self._chance.randrange(50)}")

    async def _turn(self, tab: Socket, words: str) -> None:
        self.asked += 1
        if self.asked % STOPPED_EVERY == 0:
            await self.begin_long(tab)
            await tab.say("stop", turn=tab.frames[-1]["turn"])
        else:
            assert (await tab.ask(f"ledger {words}"))["type"] == "accepted"
        await tab.to_the_end()

    async def begin_long(self, tab: Socket) -> None:
        """A turn whose first words have come, and that goes on for long."""
        await tab.ask(f"ledger long{self.asked % 2}, please")
        await tab.until("delta")


async def until_killed(house: House, web: Web, askers: list[Asker]) -> None:
    """Twenty long turns under way and twenty short ones just ended, when the process is killed."""
    person = web.sign_in("demo")
    begun, go = asyncio.Barrier(AT_ONCE + 1), asyncio.Event()

    async def lose(asker: Asker) -> None:
        lost, quick = [await asyncio.to_thread(person.new_thread) for _ in range(2)]
        async with person.socket(lost) as tab, person.socket(quick) as other:
            await asker.begin_long(tab)
            await other.ask("ledger plain0, please")
            await other.to_the_end()
            await begun.wait()
            await go.wait()

    losing = [asyncio.create_task(lose(asker)) for asker in askers]
    await begun.wait()
    await asyncio.to_thread(web.end, signal.SIGKILL)
    go.set()
    await asyncio.gather(*losing, return_exceptions=True)


def look_up(house: House, sql: str) -> list[tuple[Any, ...]]:
    """What a program without any of our code reads from the database."""
    if url := house.env.get("DATABASE_URL"):
        with psycopg.connect(url) as database:
            return database.execute(sql).fetchall()
    with sqlite3.connect(house.folder / "chatcore.sqlite3") as database:
        return database.execute(sql).fetchall()


def exact(amount: Any) -> Decimal | None:
    """SQLite gives floats."""
    return None if amount is None else Decimal(str(amount)).quantize(Decimal("1e-12"))


async def all_ended(house: House) -> None:
    """The killed turns end when their lease has run out."""
    async with asyncio.timeout(40):
        while look_up(house, "SELECT id FROM chatcore_turn WHERE status = 'running'"):  # noqa: ASYNC110
            await asyncio.sleep(0.5)


RECORDS = """
    SELECT provider, model_asked, number, usage_source, cost_source, status, cache_hit, concludes,
           input_tokens, output_tokens, COALESCE(cache_read_tokens, 0),
           COALESCE(reasoning_tokens, 0), cost_usd, saved_usd, turn_id
    FROM observability_attemptrecord
"""


class Record:
    """One row of the records."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.name = row[0:2]
        self.number, self.usage_source, self.cost_source, self.status = row[2:6]
        self.cache_hit, self.concludes = map(bool, row[6:8])
        self.tokens = row[8:12]
        self.cost, self.saved = exact(row[12]), exact(row[13])
        self.turn = str(row[14]).replace("-", "")


class Books:
    """Both sides, once everything has ended."""

    def __init__(self, house: House, lost: int) -> None:
        self.log = house.calls()
        self.served: Kinds = kinds_of(self.log)
        self.records = [Record(row) for row in look_up(house, RECORDS)]
        self.calls = [record for record in self.records if record.number]
        self.turns = {
            str(row[0]).replace("-", "") for row in look_up(house, "SELECT id FROM chatcore_turn")
        }
        self.lost = lost


@pytest.fixture(scope="module")
def books(ledger_house: House) -> Books:
    return asyncio.run(thousand_turns(ledger_house))


async def thousand_turns(house: House) -> Books:
    house.forget_calls()
    askers = [Asker(number) for number in range(AT_ONCE)]
    web = await asyncio.to_thread(house.open)
    for half in range(2):
        person = await asyncio.to_thread(web.sign_in, "demo")
        for _ in range(SESSIONS // 2):
            await asyncio.gather(*(asker.session(person) for asker in askers))
        if half == 0:
            await until_killed(house, web, askers)
            web = await asyncio.to_thread(house.open)
    await all_ended(house)
    turns = look_up(house, "SELECT COUNT(*) FROM chatcore_turn")[0][0]
    recorded = look_up(house, "SELECT COUNT(DISTINCT turn_id) FROM observability_attemptrecord")
    print(turns, recorded)
    print(house.manage("reconcile"))
    return Books(house, 0)


class TestAThousandTurns:
    def test_are_of_every_kind(self, books: Books):
        print(len(books.turns), len(books.log), len(books.records))
        print(
            Counter(r.status for r in books.records), Counter(r.usage_source for r in books.records)
        )
        print(books.served.uncounted, books.served.refused)
        assert len(books.turns) >= 1000

    def test_have_one_record_that_stands_for_each(self, books: Books):
        assert Counter(r.turn for r in books.records if r.concludes) == Counter(books.turns)

    def test_are_recorded_as_they_were_counted(self, books: Books):
        recorded = Counter(
            (*call.name, *call.tokens, call.cost)
            for call in books.calls
            if call.usage_source == "reported"
        )
        assert recorded == books.served.counted

    def test_are_estimated_where_nobody_counted(self, books: Books):
        estimated = [call for call in books.calls if call.usage_source == "estimated"]

        assert Counter(call.name for call in estimated) == books.served.uncounted

    def test_cost_nothing_where_they_were_refused(self, books: Books):
        refused = [call for call in books.calls if call.usage_source == "none"]

        assert Counter(call.name for call in refused) == books.served.refused
        assert {call.cost for call in refused} == {Decimal(0)}
