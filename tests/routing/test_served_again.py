"""What is kept of replies and served again, and to whom: the reply cache in use."""

import anyio
import pytest

from routing.providers.messages import TextDelta
from routing.route import Route
from routing.services.response_cache import MemoryCache, Owner
from routing.services.route_and_call import CacheUse, route_and_call
from tests.routing.climbing import FAST, KIMI_OK, NOW, OK, Clock, Site

pytestmark = pytest.mark.anyio

ALICE = Owner(organisation="1", user="7", thread="t1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache_use(clock: Clock) -> CacheUse:
    return CacheUse(cache=MemoryCache(clock), owner=ALICE)


async def ask(site: Site, cache_use: CacheUse, *rungs, **how):
    reply = await site.answer(site.decide(*rungs, cache_ttl_s=3_600, **how), cache_use=cache_use)
    await anyio.lowlevel.checkpoint()  # a reply is written after its end
    return reply


class TestAReply:
    async def test_of_the_first_rung_is_served_again(self, site: Site, cache_use: CacheUse):
        first = await ask(site, cache_use, OK, KIMI_OK)
        again = await ask(site, cache_use, OK, KIMI_OK)

        assert (again.from_cache, again.text) == (True, first.text)
        assert len(site.calls()) == 1

    async def test_of_a_fallback_is_served_for_a_minute_at_most(
        self, site: Site, cache_use: CacheUse, clock: Clock
    ):
        model = f"openai/sim-flaky-2-500-{FAST}"
        await ask(site, cache_use, model, KIMI_OK)
        clock.now += 59.0
        assert (await ask(site, cache_use, model, KIMI_OK)).from_cache

        clock.now += 1.0
        assert (await ask(site, cache_use, model, KIMI_OK)).asked == [model]

    async def test_of_the_first_rung_that_is_switched_on_counts_as_the_firsts(
        self, site: Site, cache_use: CacheUse, clock: Clock
    ):
        off = site.deployment(KIMI_OK, disabled="no key")
        await ask(site, cache_use, off, OK)
        clock.now += 3_599.0

        assert (await ask(site, cache_use, off, OK)).from_cache

    async def test_of_a_demo_model_is_never_served_again(self, site: Site, cache_use: CacheUse):
        demo = site.deployment(OK, demo=True)
        await ask(site, cache_use, demo)

        assert not (await ask(site, cache_use, demo)).from_cache

    @pytest.mark.parametrize(
        "model",
        [
            "sim-truncated",
            "sim-badevent",
            "sim-filtered-after3",
            "sim-cut-after3",
            "sim-filtered-prompt",
        ],
    )
    async def test_that_is_not_whole_is_never_served_again(
        self, site: Site, cache_use: CacheUse, model: str
    ):
        await ask(site, cache_use, f"openai/{model}")

        assert not (await ask(site, cache_use, f"openai/{model}")).from_cache

    async def test_is_not_served_once_a_model_of_the_ladder_is_another(
        self, site: Site, cache_use: CacheUse
    ):
        await ask(site, cache_use, OK, KIMI_OK)
        shorter = site.deployment(OK, max_output_tokens=100)

        assert not (await ask(site, cache_use, shorter, KIMI_OK)).from_cache

    async def test_is_not_served_to_a_retry(self, site: Site, cache_use: CacheUse):
        await ask(site, cache_use, OK)
        fresh = CacheUse(cache=cache_use.cache, owner=ALICE, fresh=True)

        assert not (await ask(site, fresh, OK)).from_cache


class TestEqualMessagesAtOneTime:
    async def at_once(self, site: Site, cache_use: CacheUse, model: str):
        replies = []

        async def one() -> None:
            replies.append(await ask(site, cache_use, model))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(one)
        return replies

    async def test_share_one_call(self, site: Site, cache_use: CacheUse):
        replies = await self.at_once(site, cache_use, "openai/sim-ok-tokens20-pace5")

        assert len(site.calls()) == 1
        assert len({reply.text for reply in replies}) == 1
        assert [reply.from_cache for reply in replies].count(True) == 2

    async def test_ask_for_themselves_when_the_reply_is_not_to_be_kept(
        self, site: Site, cache_use: CacheUse
    ):
        replies = await self.at_once(site, cache_use, "openai/sim-truncated-pace5")

        assert len(site.calls()) == 3
        assert all(reply.text for reply in replies)

    async def test_ask_for_themselves_when_the_first_is_stopped(
        self, site: Site, cache_use: CacheUse
    ):
        model, second = "openai/sim-ok-tokens40-pace20", []
        decision = site.decide(model, cache_ttl_s=3_600)
        decision.mark_first_attempt()
        first = route_and_call(
            decision=decision,
            health=site.health,
            stopwatch=lambda: 0,
            started_at=NOW,
            on_attempt=nothing_to_note,
            cache_use=cache_use,
        )

        async def ask_too() -> None:
            second.append(await ask(site, cache_use, model))

        async with anyio.create_task_group() as tasks:
            async for event in first:
                if isinstance(event, TextDelta):
                    break
            tasks.start_soon(ask_too)
            await anyio.wait_all_tasks_blocked()
            await first.aclose()

        assert second[0].text
        assert not second[0].from_cache


async def nothing_to_note(route: Route) -> None:
    """No attempt has to be made durable here."""
