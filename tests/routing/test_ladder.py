"""The table of faults, held against a real server that plays the vendors: what does a climb do?

No database: a decision is made by hand, and the calls really go over HTTP.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import msgspec
import pytest

from routing.intents import Detector, IntentSpec
from routing.providers.http import aclose_all
from routing.providers.messages import Citations, TextDelta
from routing.route import Route
from routing.services.context import History
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.health import Health
from routing.services.ladder import Answering, LadderExhausted
from routing.services.route_and_call import route_and_call
from routing.services.snapshot_types import (
    DeploymentFacts,
    KeyFacts,
    LadderFacts,
    PolicyFacts,
    PriceFacts,
    Snapshot,
)
from routing.simulator import Simulator, serve
from routing.simulator.vendors import Vendor

pytestmark = pytest.mark.anyio

FAST = "tokens6-pace0"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
WIRES = {
    "openai": "chat_completions",
    "kimi": "kimi",
    "gemini": "gemini",
    "perplexity": "responses",
    "elsewhere": "chat_completions",
}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with serve(port=0) as running:
        yield running
    await aclose_all()


class Reply:
    """What a person would have seen, and what was recorded."""

    def __init__(self, decision: Decision) -> None:
        self.route: Route = decision.route
        self.text = ""
        self.resets: list[str] = []
        self.failed = ""
        self.sources = 0
        self.made_durable: list[int] = []

    @property
    def statuses(self) -> list[str]:
        return [attempt.status for attempt in self.route.attempts]

    @property
    def errors(self) -> list[str]:
        return [attempt.error for attempt in self.route.attempts]

    @property
    def asked(self) -> list[str]:
        return [attempt.deployment for attempt in self.route.attempts]


class House:
    """A policy with one ladder, at one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.health = Health()

    def deployment(self, name: str, **facts: object) -> DeploymentFacts:
        provider, _, model = name.partition("/")
        base_url = (
            "http://127.0.0.1:9/v1"  # the discard port, where nothing listens
            if provider == "elsewhere"
            else self.simulator.base_url(cast(Vendor, provider))
        )
        plain = DeploymentFacts(
            name=name,
            provider=provider,
            provider_name=provider.title(),
            wire=WIRES[provider],
            base_url=base_url,
            needs_key=True,
            model=model,
            label=model,
            context_window=8_000,
            max_output_tokens=500,
            first_token_timeout_s=0.4,
            max_concurrency=0,
            offered=False,
        )
        return msgspec.structs.replace(plain, **facts)

    def decide(
        self,
        *rungs: str | DeploymentFacts,
        prompt: str = "hello",
        on_break: str = "restart",
        history: History | None = None,
        **policy: object,
    ) -> Decision:
        deployments = [self.deployment(rung) if isinstance(rung, str) else rung for rung in rungs]
        ladder = LadderFacts(
            name="ambiguous_or_other",
            rungs=tuple(deployment.name for deployment in deployments),
            on_break=on_break,  # type: ignore[arg-type]
        )
        facts = PolicyFacts(
            version=7,
            persona="Be brief.",
            max_calls=3,
            patience_s=3.0,
            reroute_filtered=False,
            ladders={ladder.name: ladder},
            intent_labels={},
        )
        snapshot = Snapshot(
            revision=1,
            policy=msgspec.structs.replace(facts, **policy),
            detector=Detector([IntentSpec(name="ambiguous_or_other")]),
            deployments={deployment.name: deployment for deployment in deployments},
            keys={
                provider: (KeyFacts(id=number, label="test", value="test-key"),)
                for number, provider in enumerate(WIRES)
            },
            prices={
                ("openai", "sim-cut-after3"): (price(),),
                ("openai", f"sim-ok-{FAST}"): (price(),),
            },
        )
        return decide(
            snapshot=snapshot, health=self.health, prompt=prompt, history=history or History()
        )

    async def answer(self, decision: Decision, *, after_ms: int = 0) -> Reply:
        decision.mark_first_attempt()
        reply = Reply(decision)

        async def on_attempt(route: Route) -> None:
            reply.made_durable.append(len(route.attempts))

        events = route_and_call(
            decision=decision,
            health=self.health,
            stopwatch=lambda: after_ms,
            started_at=NOW,
            on_attempt=on_attempt,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Answering) and event.broke_off:
                        reply.resets.append(event.broke_off)
                        reply.text = ""
                    if isinstance(event, Answering):
                        reply.sources = 0
                    if isinstance(event, Citations):
                        reply.sources = len(event.items)
                    if isinstance(event, TextDelta):
                        reply.text += event.text
        except LadderExhausted as exhausted:
            reply.failed = exhausted.code
        return reply

    async def climb(self, *rungs: str | DeploymentFacts, **how: object) -> Reply:
        return await self.answer(self.decide(*rungs, **how))  # type: ignore[arg-type]

    def calls(self) -> list[str]:
        return [entry.model for entry in self.simulator.log]


def price() -> PriceFacts:
    return PriceFacts(
        id=3,
        effective_from=datetime(2026, 1, 1, tzinfo=UTC),
        above_input_tokens=0,
        input_usd=Decimal(1),
        cached_input_usd=None,
        cache_write_usd=None,
        output_usd=Decimal(10),
        search_usd=None,
    )


@pytest.fixture
def house(simulator: Simulator) -> House:
    return House(simulator)


OK = f"openai/sim-ok-{FAST}"
KIMI_OK = f"kimi/sim-ok-{FAST}"


class TestBeforeTheFirstToken:
    """The next rung answers, and the user sees nothing of the trouble."""

    @pytest.mark.parametrize(
        ("model", "error", "calls"),
        [
            ("openai/sim-401", "auth", 1),
            ("openai/sim-403", "permission", 1),
            ("openai/sim-404", "model_not_found", 1),
            ("openai/sim-429-quota", "quota_exhausted", 1),
            ("openai/sim-429-header30", "rate_limit", 1),
            ("openai/sim-429-none", "rate_limit", 2),
            ("openai/sim-500", "server_error", 2),
            ("openai/sim-503", "overloaded", 2),
            ("openai/sim-refused", "network", 2),
            ("elsewhere/sim-ok", "network", 2),
            ("openai/sim-slowheaders", "timeout", 1),
            ("openai/sim-slowtoken", "timeout", 1),
            ("openai/sim-stall-after0", "timeout", 1),
            ("openai/sim-empty", "empty_answer", 1),
            ("openai/sim-error", "server_error", 2),
            ("gemini/sim-401", "auth", 1),
            ("gemini/sim-429-retryinfo30", "rate_limit", 1),
            ("gemini/sim-503", "overloaded", 2),
            ("perplexity/sim-401", "auth", 1),
            ("perplexity/sim-503", "overloaded", 2),
            ("kimi/sim-429-overloaded", "overloaded", 2),
            ("kimi/sim-429-quota", "quota_exhausted", 1),
        ],
    )
    async def test_falls_back_silently(self, house: House, model: str, error: str, calls: int):
        answering = KIMI_OK if model.startswith("openai") else OK

        reply = await house.climb(model, answering)

        assert reply.failed == ""
        assert reply.resets == []
        assert reply.text
        assert reply.asked == [model] * calls + [answering]
        assert reply.errors == [error] * calls + [""]
        assert reply.statuses == ["failed"] * calls + ["ok"]

    async def test_makes_every_further_attempt_durable_before_its_call(self, house: House):
        reply = await house.climb("openai/sim-500", KIMI_OK)

        assert reply.made_durable == [2, 3]

    async def test_answers_from_the_same_rung_when_its_second_call_works(self, house: House):
        reply = await house.climb(f"openai/sim-flaky-1-503-{FAST}", KIMI_OK)

        assert reply.asked == [f"openai/sim-flaky-1-503-{FAST}"] * 2
        assert not reply.route.fallback_used

    async def test_waits_as_long_as_the_vendor_wants_within_its_patience(self, house: House):
        reply = await house.climb(f"openai/sim-flaky-1-429-ms200-{FAST}", KIMI_OK)

        assert reply.statuses == ["failed", "ok"]
        assert reply.asked[-1].startswith("openai/")

    async def test_leaves_a_deployment_alone_for_as_long_as_it_wished(self, house: House):
        await house.climb("openai/sim-429-header30", KIMI_OK)

        second = await house.climb("openai/sim-429-header30", KIMI_OK)

        assert second.asked == [KIMI_OK]
        assert "cooling for another" in second.route.rungs[0].passed_over
        assert second.route.rungs[0].unavailable

    async def test_cools_the_key_that_was_refused_for_all_of_its_models(self, house: House):
        await house.climb("openai/sim-401", KIMI_OK)

        second = await house.climb(OK, KIMI_OK)

        assert second.asked == [KIMI_OK]

    async def test_gives_the_last_rung_its_chance_within_three_calls(self, house: House):
        reply = await house.climb("openai/sim-500", "gemini/sim-503", "perplexity/sim-503", KIMI_OK)

        assert reply.asked == ["openai/sim-500", "openai/sim-500", KIMI_OK]
        assert reply.text

    async def test_costs_nothing_where_nothing_was_accepted(self, house: House):
        reply = await house.climb("openai/sim-500", KIMI_OK)

        assert reply.route.attempts[0].cost_usd == 0
        assert reply.route.attempts[0].usage.input_tokens is None

    async def test_costs_nothing_where_nobody_took_the_connection(self, house: House):
        with ExitStack() as open_sockets:
            full = open_sockets.enter_context(socket.socket())
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(3):  # fills the backlog: the next one waits for an accept for ever
                waiting = open_sockets.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            hung = house.deployment(
                "elsewhere/hung", base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1"
            )
            reply = await house.climb(hung, KIMI_OK)

        first = reply.route.attempts[0]
        assert (first.error, first.usage_source) == ("timeout", "none")
        assert first.cost_usd == 0

    async def test_costs_what_the_vendor_billed_also_for_an_empty_answer(self, house: House):
        reply = await house.climb("perplexity/sim-empty", KIMI_OK)

        empty = reply.route.attempts[0]
        billed = house.simulator.log[0].served.cost_usd
        assert (empty.status, empty.cost_source) == ("failed", "provider")
        assert empty.cost_usd == Decimal(str(billed))

    async def test_costs_what_was_in_force_when_the_call_was_made(self, house: House):
        decision = house.decide(OK)
        later = msgspec.structs.replace(
            price(), id=4, effective_from=NOW + timedelta(seconds=1), input_usd=Decimal(5)
        )
        prices = {("openai", f"sim-ok-{FAST}"): (later, price())}
        decision = msgspec.structs.replace(
            decision, snapshot=msgspec.structs.replace(decision.snapshot, prices=prices)
        )

        reply = await house.answer(decision, after_ms=1_000)

        assert reply.route.attempts[0].price == 4

    async def test_counts_the_prompt_of_a_provider_that_took_it_and_fell_silent(self, house: House):
        reply = await house.climb("openai/sim-slowtoken", KIMI_OK)

        assert reply.route.attempts[0].usage_source == "estimated"
        assert reply.route.attempts[0].usage.input_tokens == reply.route.context_tokens


class TestStops:
    """Another provider would do no better, or may not be asked."""

    async def test_at_a_content_filter(self, house: House):
        reply = await house.climb("openai/sim-filtered-prompt", KIMI_OK)

        assert reply.failed == "content_filter"
        assert len(house.calls()) == 1

    async def test_not_at_a_content_filter_when_the_policy_goes_round_it(self, house: House):
        reply = await house.climb("openai/sim-filtered-prompt", KIMI_OK, reroute_filtered=True)

        assert reply.failed == ""
        assert reply.asked[-1] == KIMI_OK

    async def test_at_a_request_that_is_invalid(self, house: House):
        reply = await house.climb("openai/sim-nosuchthing", KIMI_OK)

        assert reply.failed == "invalid_request"
        assert reply.asked == ["openai/sim-nosuchthing"]

    async def test_not_at_one_that_names_a_parameter_of_this_rung_alone(self, house: House):
        reply = await house.climb("openai/sim-400", KIMI_OK)

        assert reply.asked == ["openai/sim-400", KIMI_OK]

    async def test_when_every_rung_has_failed(self, house: House):
        reply = await house.climb("openai/sim-401", "kimi/sim-401", "gemini/sim-401")

        assert reply.failed == "providers_unavailable"
        assert reply.statuses == ["failed"] * 3


class TestAContextThatIsTooLong:
    async def test_goes_to_a_larger_window(self, house: House):
        larger = house.deployment(KIMI_OK, context_window=100_000)

        reply = await house.climb("openai/sim-toolong", OK, larger)

        assert reply.asked == ["openai/sim-toolong", KIMI_OK]

    async def test_fails_clearly_when_no_window_is_larger(self, house: House):
        reply = await house.climb("openai/sim-toolong", OK)

        assert reply.failed == "context_length"

    async def test_passes_over_a_rung_whose_window_the_message_does_not_fit(self, house: House):
        small = house.deployment(OK, context_window=1_000)

        reply = await house.climb(small, KIMI_OK, prompt="word " * 2_000)

        assert reply.asked == [KIMI_OK]
        assert reply.route.rungs[0].passed_over == "the message is too long for its window"


class TestAfterTheFirstToken:
    @pytest.mark.parametrize(
        ("model", "error"),
        [
            ("openai/sim-cut-after3", "cut"),
            ("openai/sim-reset-after3", "cut"),
            ("openai/sim-error-after3", "server_error"),
            ("gemini/sim-cut-after3", "cut"),
            ("perplexity/sim-cut-after3", "cut"),
        ],
    )
    async def test_restarts_visibly_with_the_whole_new_answer(
        self, house: House, model: str, error: str
    ):
        reply = await house.climb(model, KIMI_OK)

        assert reply.resets == [error]
        assert reply.text == house.simulator.log[-1].served.text
        assert reply.statuses == ["cut", "ok"]
        assert [attempt.leg for attempt in reply.route.attempts] == [0, 1]

    async def test_records_and_costs_both_legs(self, house: House):
        reply = await house.climb("openai/sim-cut-after3", OK)

        cut, answered = reply.route.attempts
        assert (cut.usage_source, cut.cost_source) == ("estimated", "estimated")
        assert cut.cost_usd is not None
        assert cut.cost_usd > 0
        assert (answered.usage_source, answered.cost_source) == ("reported", "computed")

    async def test_takes_a_count_from_the_middle_of_a_stream_for_an_estimate(self, house: House):
        reply = await house.climb("gemini/sim-cut-after3-pace0", OK)

        cut = reply.route.attempts[0]
        assert cut.usage.input_tokens == house.simulator.log[0].prompt_tokens
        assert cut.usage_source == "estimated"

    async def test_keeps_the_part_when_the_policy_says_so(self, house: House):
        reply = await house.climb("openai/sim-cut-after3", KIMI_OK, on_break="interrupt")

        assert reply.failed == "interrupted"
        assert reply.text == house.simulator.log[0].served.text
        assert len(house.calls()) == 1

    async def test_keeps_the_part_when_nobody_else_answers(self, house: House):
        reply = await house.climb("openai/sim-cut-after3", "kimi/sim-401")

        assert reply.failed == "interrupted"
        assert reply.resets == []
        assert reply.text == house.simulator.log[0].served.text

    async def test_never_asks_a_provider_again_that_fell_silent(self, house: House):
        reply = await house.climb(house.deployment("openai/sim-stall-after3", idle_timeout_s=0.3))

        assert reply.failed == "interrupted"
        assert reply.errors == ["timeout"]

    async def test_tells_a_token_limit_from_a_cut(self, house: House):
        reply = await house.climb("openai/sim-truncated", KIMI_OK)

        assert reply.statuses == ["ok"]
        assert reply.route.attempts[0].truncated_reason == "token_limit"

    async def test_marks_a_reply_with_an_event_that_could_not_be_read(self, house: House):
        reply = await house.climb("openai/sim-badevent", KIMI_OK)

        assert reply.statuses == ["ok"]
        assert reply.route.attempts[0].truncated_reason == "unreadable_event"


class TestSources:
    async def test_that_were_found_before_the_first_words_are_kept(self, house: House):
        reply = await house.climb(f"perplexity/sim-ok-{FAST}")

        assert reply.sources > 0


class TestTheBreaker:
    async def test_passes_over_a_sick_deployment(self, house: House):
        for _ in range(3):
            await house.climb("openai/sim-500", KIMI_OK)

        reply = await house.climb("openai/sim-500", KIMI_OK)

        assert reply.asked == [KIMI_OK]
        assert "breaker is open" in reply.route.rungs[0].passed_over

    async def test_still_asks_the_last_usable_rung_when_all_are_out(self, house: House):
        for _ in range(3):
            await house.climb(f"openai/sim-flaky-6-500-{FAST}")

        reply = await house.climb(f"openai/sim-flaky-6-500-{FAST}")

        assert reply.failed == ""
        assert reply.text


class TestARequestWithoutAnyone:
    async def test_fails_without_a_call(self, house: House):
        nobody = house.deployment(OK, disabled="no key")

        reply = await house.climb(nobody)

        assert reply.failed == "providers_unavailable"
        assert reply.route.rungs[0].passed_over == "no key"
        assert not reply.route.rungs[0].unavailable
        assert house.calls() == []
