"""The shipped ladders with vendors down: whoever asks is answered by a healthy one.

Every ladder, each set of one, two or three vendors, each kind of failure that the simulator has before
the first token; the local demo model runs, and must not be needed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import combinations
from typing import cast
from uuid import uuid4

import msgspec
import pytest

from routing.explain import explain
from routing.providers.http import aclose_all
from routing.seeding import seed
from routing.services.context import History
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.health import Health
from routing.services.next_rung import MOST_CALLS
from routing.services.response_cache import CachedReply, MemoryCache, Owner
from routing.services.route_and_call import FALLBACK_TTL_S, CacheUse
from routing.services.snapshot_types import DeploymentFacts, KeyFacts, Snapshot
from routing.simulator import Simulator, serve
from routing.simulator.vendors import VENDORS, Vendor
from tests.routing.climbing import FAST, Reply, Site

pytestmark = pytest.mark.anyio

SLOW_S = 0.1
"""The first-token limit of vendors that are down."""
AT_ONCE = 30
LADDERS = (
    "social_chat",
    "coding_help",
    "qa_retrieval",
    "editing_writing",
    "reasoning_math",
    "ambiguous_or_other",
    "summary",
)
FAILURES = (
    "401",
    "403",
    "404",
    "429-header30",
    "429-ms300",
    "429-date30",
    "429-reset30",
    "429-message1",
    "429-retryinfo30",
    "429-none",
    "429-quota",
    "429-overloaded",
    "500",
    "503",
    "refused",
    "refused-close",
    "slowheaders",
    "slowtoken",
    "stall-after0",
    "cut-after0",
    "cut-abrupt-after0",
    "reset-after0",
    "error-after0",
    "empty",
    "truncated-thinking",
)
"""A prompt that is too long or filtered is no failure of the vendor: the design stops there."""
DOWN = [down for number in (1, 2, 3) for down in combinations(sorted(VENDORS), number)]


class Ledger(MemoryCache):
    """A reply cache that remembers for how long each reply was to be kept."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[CachedReply, int]] = []

    async def set_cached(self, key: str, reply: CachedReply, *, ttl_s: int) -> None:
        self.kept.append((reply, ttl_s))
        await super().set_cached(key, reply, ttl_s=ttl_s)


@pytest.fixture
def shipped(installation, settings) -> Snapshot:
    """The tables as they ship, with the keys of all four vendors and the local model on."""
    settings.ENV_KEYS = dict.fromkeys(VENDORS, "test-key")
    settings.ENV_BASE_URLS = {"local": "http://127.0.0.1:9/v1"}
    seed()
    return installation.refresh(force=True)


@pytest.fixture
async def local(anyio_backend) -> AsyncIterator[Simulator]:
    """The local model's server."""
    async with serve(port=0) as running:
        yield running
    await aclose_all()


@pytest.fixture
def site(simulator: Simulator, local: Simulator, shipped: Snapshot) -> "ShippedSite":
    return ShippedSite(simulator, local, shipped)


class ShippedSite(Site):
    """The shipped policy, its vendors played by one simulator and its local model by another."""

    def __init__(self, simulator: Simulator, local: Simulator, shipped: Snapshot) -> None:
        super().__init__(simulator)
        self.local = local
        self.shipped = shipped

    def with_down(self, down: dict[str, str], ladder: str, health: Health) -> Decision:
        """A message decided while vendors fail; `down`: vendor -> its failure."""
        deployments = {
            name: self._placed(facts, down.get(facts.provider))
            for name, facts in self.shipped.deployments.items()
        }
        # The simulator wants a key of everybody, also where the local model needs none.
        local = (KeyFacts(id=99, label="local", value="test-key"),)
        snapshot = msgspec.structs.replace(
            self.shipped, deployments=deployments, keys={"local": local, **self.shipped.keys}
        )
        return decide(
            snapshot=snapshot, health=health, prompt="hello", history=History(), ladder=ladder
        )

    def _placed(self, facts: DeploymentFacts, failure: str | None) -> DeploymentFacts:
        simulator = self.local if facts.demo else self.simulator
        vendor = "openai" if facts.demo else facts.provider
        return msgspec.structs.replace(
            facts,
            model=f"sim-{failure}" if failure else f"sim-ok-{FAST}-tag{facts.provider}",
            base_url=simulator.base_url(cast(Vendor, vendor)),
            first_token_timeout_s=SLOW_S if failure else facts.first_token_timeout_s,
            thinking_timeout_s=SLOW_S if failure else facts.thinking_timeout_s,
        )


def failures_of(vendor: str) -> Iterator[str]:
    lacks = VENDORS[vendor].lacks
    for failure in FAILURES:
        if not {failure, failure.rstrip("0123456789"), failure.split("-")[0]} & lacks:
            yield failure


def cases(ladder: str) -> Iterator[dict[str, str]]:
    """Vendor -> failure: each kind at all that are down; of kinds beside others, a ladder's share."""
    for down in DOWN:
        for number, failure in enumerate(FAILURES):
            all_alike, mixed = {}, {}
            for place, vendor in enumerate(down):
                own = list(failures_of(vendor))
                all_alike[vendor] = failure if failure in own else own[(number + place) % len(own)]
                mixed[vendor] = own[(number + 7 * place) % len(own)]
            yield all_alike
            if len(down) > 1 and number % len(LADDERS) == LADDERS.index(ladder):
                yield mixed


async def ask(site: ShippedSite, ladder: str, down: dict[str, str]) -> tuple[Reply, Ledger]:
    ledger, health = Ledger(), Health()
    reply = await Site(site.simulator, health).answer(
        site.with_down(down, ladder, health),
        cache_use=CacheUse(
            cache=ledger, owner=Owner(organisation="1", user=uuid4().hex, thread="1")
        ),
    )
    await asyncio.sleep(0)  # a reply is written after its end
    return reply, ledger


def complaints(
    site: ShippedSite, ladder: str, down: dict[str, str], reply: Reply, ledger: Ledger
) -> Iterator[str]:
    """What is wrong with one answer."""
    route = reply.route
    last = route.attempts[-1]
    if reply.failed or last.provider in down or last.status != "ok":
        yield f"not answered by a healthy vendor: {reply.failed} {reply.asked} {reply.errors}"
        return
    if not reply.text or reply.resets:
        yield "no whole text, or a reset"
    if last.provider == "local":
        yield "answered by the demo model"
    if len(route.attempts) > MOST_CALLS:
        yield f"{len(route.attempts)} calls"
    words = explain(route, {rung.deployment: rung.provider for rung in route.rungs})
    names = {rung.deployment: rung.provider for rung in route.rungs}
    fell_back = {names[it.deployment] for it in route.attempts if it.rung != last.rung}
    if not all(name in words for name in fell_back):
        yield f"explained as {words!r} after {reply.asked}"
    if fell_back and f"so {names[last.deployment]} answered" not in words:
        yield f"does not say who answered: {words!r}"
    ttl_s = site.shipped.policy.ladders[ladder].cache_ttl_s
    kept = [(text.text, kept_s) for text, kept_s in ledger.kept]
    allowed = ttl_s if last.rung == 0 else min(ttl_s, FALLBACK_TTL_S)
    if kept != ([(reply.text, allowed)] if allowed else []):
        yield f"kept {kept}, allowed {allowed} s"


class TestTheShippedLadders:
    @pytest.mark.parametrize("ladder", LADDERS)
    async def test_are_answered_by_a_healthy_vendor_whoever_is_down(
        self, site: ShippedSite, ladder: str
    ):
        wrong: list[tuple[dict[str, str], str]] = []
        room = asyncio.Semaphore(AT_ONCE)

        async def one(down: dict[str, str]) -> None:
            async with room:
                reply, ledger = await ask(site, ladder, down)
            wrong.extend(
                (down, problem) for problem in complaints(site, ladder, down, reply, ledger)
            )

        await asyncio.gather(*(one(down) for down in cases(ladder)))

        assert wrong == []
        assert site.local.log == []

    @pytest.mark.parametrize("vendor", sorted(VENDORS))
    @pytest.mark.parametrize("ladder", LADDERS)
    async def test_use_a_vendors_second_key_when_the_first_is_refused(
        self, site: ShippedSite, ladder: str, vendor: str
    ):
        keys = tuple(
            KeyFacts(id=90 + number, label=value, value=value)
            for number, value in enumerate(("bad-key", "good-key-2222"))
        )
        site.shipped = msgspec.structs.replace(
            site.shipped, keys={**site.shipped.keys, vendor: keys}
        )
        others = {other: "503" for other in VENDORS if other != vendor}

        reply, _ = await ask(site, ladder, others)

        assert reply.failed == ""
        assert reply.route.attempts[-1].provider == vendor
        assert reply.route.attempts[-1].key == "good-key-2222"
        assert site.local.log == []

    @pytest.mark.parametrize("ladder", LADDERS)
    async def test_are_answered_by_the_demo_model_when_every_vendor_is_down(
        self, site: ShippedSite, ladder: str
    ):
        reply, ledger = await ask(site, ladder, dict.fromkeys(VENDORS, "503"))

        assert reply.failed == ""
        assert reply.route.attempts[-1].provider == "local"
        assert ledger.kept == []
