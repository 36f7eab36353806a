"""What a climb does when the trouble is our own: no network, or too many calls at once."""

from collections.abc import AsyncGenerator

import anyio
import msgspec
import pytest

from routing.providers.base import Endpoint
from routing.providers.errors import ConcurrencyLimit
from routing.providers.messages import ChatRequest, StreamEvent
from routing.providers.registry import WIRES
from routing.providers.vendor import Wire
from tests.routing.climbing import KIMI_OK, OK, Site

pytestmark = pytest.mark.anyio


class TestOurOwnNetwork:
    async def test_costs_the_patience_before_the_turn_fails(self, site: Site):
        nowhere = [site.deployment(f"elsewhere/{name}") for name in "abc"]

        reply = await site.climb(*nowhere, patience_s=0.5)

        assert reply.failed == "providers_unavailable"
        assert 4 <= len(reply.asked) <= 6

    async def test_is_outlasted_by_a_turn_that_begins_while_it_is_away(self, site: Site):
        # The vendor is found again at the second address that is tried: the line is back.
        decision = site.decide(site.deployment("elsewhere/a"), patience_s=2.0)
        back = msgspec.structs.replace(
            decision.snapshot.deployments["elsewhere/a"],
            base_url=site.simulator.base_url("openai"),
        )
        calls = 0

        def supply():
            nonlocal calls
            calls = len(decision.route.attempts)
            if calls < 3:
                return decision.snapshot
            return msgspec.structs.replace(decision.snapshot, deployments={"elsewhere/a": back})

        reply = await site.answer(decision, supply=supply)

        assert reply.failed == ""
        assert reply.text


class TestOurOwnLimitOfCallsAtOnce:
    async def test_is_not_told_as_the_providers_fault(self, site: Site):
        one = site.deployment(
            "openai/sim-stall-after0", max_concurrency=1, first_token_timeout_s=0.3
        )
        both = [site.decide(one, KIMI_OK) for _ in range(2)]
        replies = []

        async with anyio.create_task_group() as tasks:
            for decision in both:

                async def answer(decision=decision):
                    replies.append(await site.answer(decision))

                tasks.start_soon(answer)

        errors = sorted(reply.errors[0] for reply in replies)
        assert errors == ["concurrency_limit", "timeout"]
        assert all(reply.asked[-1] == KIMI_OK for reply in replies)

    async def test_hurts_no_breaker_and_costs_nothing(self, site: Site):
        for _ in range(6):
            site.health.failed(site.health.begin(OK), ConcurrencyLimit())

        assert site.health.outage(OK) is None


class TestAWireThatFails:
    async def test_with_any_exception_leads_to_the_next_rung(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        class Broken:
            def __init__(self, endpoint: Endpoint) -> None:
                self.key = endpoint.api_key

            def stream(self, request: ChatRequest) -> AsyncGenerator[StreamEvent, None]:
                raise RuntimeError(f"{self.key} {request.messages}")

        monkeypatch.setitem(WIRES, "broken", Wire("Broken", Broken))

        reply = await site.climb(site.deployment("openai/any", wire="broken"), KIMI_OK)

        assert reply.errors == ["protocol", ""]
        assert "RuntimeError" in caplog.text
        assert "test-key" not in caplog.text
