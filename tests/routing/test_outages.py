"""Outages of the first vendor, a message every second, and blips of the whole line.

The clock is the test's, except for a blip, which is as short as it is; the calls go over HTTP.
"""

from collections.abc import AsyncIterator

import anyio
import msgspec
import pytest

from routing.providers.http import aclose_all
from routing.providers.registry import WIRES
from routing.route import Route
from routing.services.health import Health
from routing.services.prober import Prober
from routing.services.snapshot_types import Snapshot
from routing.simulator import serve
from tests.routing.climbing import FAST, Reply, Site

pytestmark = pytest.mark.anyio

RUNGS = tuple(f"{vendor}/sim-ok-{FAST}" for vendor in ("openai", "kimi", "gemini", "perplexity"))
BEFORE_S, AFTER_S = 3, 16


class Clock:
    """Moves a millisecond whenever it is read, so that a call takes some time."""

    now = 1_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drill(site: Site, clock: Clock) -> "Drill":
    return Drill(site, clock)


class Drill:
    """A site on which somebody asks every second, and whose prober looks every second."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self.site = site
        self.clock = clock
        self.health = site.health = Health(clock)
        self.checks: list[Route] = []
        self.prober = Prober(
            health=self.health, supply=self.supply, on_probe=self.note, clock=clock
        )
        self.probe = "models"

    def supply(self) -> Snapshot:
        snapshot = self.site.decide(*RUNGS).snapshot
        deployments = {
            name: msgspec.structs.replace(facts, probe=self.probe)
            for name, facts in snapshot.deployments.items()
        }
        return msgspec.structs.replace(snapshot, deployments=deployments)

    async def note(self, route: Route) -> None:
        self.checks.append(route)

    async def second(self) -> Reply:
        self.clock.now += 1.0
        await self.prober.look()
        return await self.site.climb(*RUNGS)

    async def seconds(self, number: int) -> list[Reply]:
        return [await self.second() for _ in range(number)]

    def calls_to_the_first(self) -> int:
        return sum(
            entry.vendor == "openai" and entry.model != "" for entry in self.site.simulator.log
        )


@pytest.mark.parametrize(("lasts_s", "most_calls"), [(60, 6), (250, 12)])
@pytest.mark.parametrize("failure", ["503", "500", "refused"])
class TestAnOutageOfTheFirstVendor:
    async def test_is_noticed_by_nobody_and_over_soon_after_it_is_over(
        self, drill: Drill, lasts_s: int, most_calls: int, failure: str
    ):
        await drill.seconds(BEFORE_S)
        drill.site.simulator.forget()
        drill.site.simulator.outage("openai", failure)

        during = await drill.seconds(lasts_s)
        calls = drill.calls_to_the_first()
        drill.site.simulator.outage("openai", None)
        after = await drill.seconds(AFTER_S)

        assert [reply.failed for reply in (*during, *after)] == [""] * (lasts_s + AFTER_S)
        assert calls <= most_calls
        used_again = next(n for n, reply in enumerate(after, 1) if reply.asked == [RUNGS[0]])
        assert used_again <= 15


class TestAnOutageOfAVendorThatListsNoModels:
    async def test_costs_one_message_a_half_minute(
        self, drill: Drill, monkeypatch: pytest.MonkeyPatch
    ):
        wire = msgspec.structs.replace(WIRES["chat_completions"], is_alive=None)
        monkeypatch.setitem(WIRES, "chat_completions", wire)
        drill.site.simulator.outage("openai", "503")

        during = await drill.seconds(250)
        calls = drill.calls_to_the_first()
        drill.site.simulator.outage("openai", None)
        after = await drill.seconds(32)

        assert {reply.failed for reply in (*during, *after)} == {""}
        assert calls <= 5 + 250 // 30
        assert after[-1].asked == [RUNGS[0]]


class TestAProbe:
    async def test_lets_a_vendor_be_used_again_that_healed_at_any_moment(self, drill: Drill):
        worst = 0
        for lasts_s in range(31, 61, 4):
            drill.site.simulator.outage("openai", "503")
            await drill.seconds(lasts_s)
            drill.site.simulator.outage("openai", None)
            after = await drill.seconds(AFTER_S)
            worst = max(
                worst, next(n for n, reply in enumerate(after, 1) if reply.asked == [RUNGS[0]])
            )

        assert worst <= 15

    async def test_is_one_token_where_staff_allow_that_and_is_told_of(self, drill: Drill):
        drill.probe = "call"
        drill.site.simulator.outage("openai", "503")
        await drill.seconds(8)
        drill.site.simulator.outage("openai", None)
        after = await drill.seconds(12)

        assert after[-1].asked == [RUNGS[0]]
        assert [route.attempts[0].status for route in drill.checks][-1] == "ok"
        assert drill.checks[0].attempts[0].error == "overloaded"
        assert drill.checks[-1].attempts[0].usage.output_tokens

    async def test_is_no_message_of_a_user(self, drill: Drill):
        drill.site.simulator.outage("openai", "503")
        await drill.seconds(6)
        drill.site.simulator.forget()
        for _ in range(60):
            drill.clock.now += 1.0
            await drill.prober.look()

        assert drill.calls_to_the_first() == 0


class TestABlipOfTheWholeLine:
    @pytest.fixture
    async def nobody_listens(self) -> AsyncIterator[int]:
        """A port of this machine that is free."""
        async with serve() as simulator:
            port = int(simulator.url.rpartition(":")[2])
        yield port
        await aclose_all()

    async def test_of_two_seconds_costs_nobody_an_answer(self, site: Site, nobody_listens: int):
        site.simulator.url = f"http://127.0.0.1:{nobody_listens}"
        replies: list[Reply] = []
        all_ended = anyio.Event()

        async def ask(after_s: float) -> None:
            await anyio.sleep(after_s)
            replies.append(await site.climb(*RUNGS))
            if len(replies) == 20:
                all_ended.set()

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(ask, number * 0.1)
            await anyio.sleep(2.0)
            async with serve(port=nobody_listens):
                await all_ended.wait()

        assert [reply.failed for reply in replies] == [""] * 20
        assert all(reply.text for reply in replies)
