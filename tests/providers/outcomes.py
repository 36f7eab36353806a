"""What came of a call, in the words of the recordings' `expected.json`."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from routing.providers.base import Endpoint
from routing.providers.errors import (
    ContentFiltered,
    Delayed,
    EmptyAnswer,
    InvalidRequest,
    OnlyThought,
    ParameterRefused,
    ProviderError,
    Remedy,
)
from routing.providers.messages import (
    ChatRequest,
    Citations,
    Deadlines,
    Finished,
    Message,
    Opened,
    ReasoningDelta,
    TextDelta,
)
from routing.providers.registry import WIRES

QUICK = Deadlines(connect_s=0.3, first_token_s=0.3, thinking_s=0.3, idle_s=0.3)
PATIENT = Deadlines(connect_s=20, first_token_s=20, idle_s=20)
_LONGEST_TEST_S = 15

_ACTIONS = {
    Remedy.RETRY: "retry",
    Remedy.NEXT: "fallback",
    Remedy.STOP: "fail",
    # The recordings know no larger window.
    Remedy.LARGER: "fail",
    # Nor a second key, nor a call without what was refused.
    Remedy.OTHER_KEY: "fallback",
    Remedy.ADAPT: "fallback",
    Remedy.LONGER: "fallback",
}
_CUT_IN_THOUGHT = ("length", "MAX_TOKENS", "incomplete:max_output_tokens")
_CLASSES = {"cut": "network"}
"""Where our code has another name than the recordings' class."""


@dataclass
class Outcome:
    events: list[object] = field(default_factory=list)
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        return "".join(e.text for e in self.events if isinstance(e, TextDelta))

    @property
    def reasoning(self) -> str:
        return "".join(e.text for e in self.events if isinstance(e, ReasoningDelta))

    @property
    def citations(self) -> list[list[object]]:
        told = [e.items for e in self.events if isinstance(e, Citations)]
        return [[c.n, c.url, c.title] for c in told[-1]] if told else []

    @property
    def finished(self) -> Finished:
        assert self.error is None, repr(self.error)
        (end,) = (e for e in self.events if isinstance(e, Finished))
        assert self.events[-1] is end
        return end


def request(model: str = "m", **options) -> ChatRequest:
    return ChatRequest(model=model, messages=(Message("user", "hello"),), **options)


async def call(
    wire: str,
    base_url: str,
    asked: ChatRequest | None = None,
    deadlines: Deadlines = PATIENT,
    without: frozenset[str] = frozenset(),
) -> Outcome:
    """One call to its end, whatever that is."""
    provider = WIRES[wire].make(
        Endpoint(base_url=base_url, api_key="test-key", deadlines=deadlines, without=without)
    )
    outcome = Outcome()
    try:
        async with (
            asyncio.timeout(_LONGEST_TEST_S),
            aclosing(provider.stream(asked or request())) as events,
        ):
            async for event in events:
                outcome.events.append(event)
    except ProviderError as error:
        outcome.error = error
    if outcome.events:
        assert isinstance(outcome.events[0], Opened)
    return outcome


def described(outcome: Outcome, *, is_excerpt: bool = False) -> dict[str, object]:
    """The outcome in the shape of `expected.json`.

    An excerpt may leave all the words out: what we call an empty answer is agreed to be an end there.
    """
    error = outcome.error
    end = None if error else outcome.finished
    last = error or outcome.finished
    usage = last.usage
    told: dict[str, object] = {
        "input_tokens": usage and usage.input_tokens,
        "output_tokens": usage and usage.output_tokens,
        "total_tokens": usage and usage.total_tokens,
        "cached_input_tokens": usage and usage.cache_read_tokens,
        "cache_write_tokens": usage and usage.cache_write_tokens,
        "reasoning_tokens": usage and usage.reasoning_tokens,
        "tool_use_input_tokens": usage and usage.tool_use_tokens,
        "search_queries": usage and usage.search_queries,
        "provider_cost_usd": None,
        "request_fee_usd": None,
        "usage_known": usage is not None,
        "finish": None,
        "finish_raw": last.raw_finish_reason or None,
        "truncated": False,
        "truncated_inferred": False,
        "error": _described_error(error) if error else None,
    }
    if isinstance(error, EmptyAnswer) and is_excerpt:
        told |= {"finish": "stop", "error": None}
    elif isinstance(error, OnlyThought) and told["finish_raw"] in _CUT_IN_THOUGHT:
        # An error for us, a truncated end for the recordings.
        told |= {"finish": "length", "truncated": True, "error": None}
    elif error and error.in_band and error.code != "cut":
        told["finish"] = "content_filter" if isinstance(error, ContentFiltered) else "error"
    return told | (_described_end(end) if end else {})


def _described_end(end: Finished) -> dict[str, object]:
    filtered = ContentFiltered(in_band=True)
    told: dict[str, object] = {
        "finish": end.finish_reason,
        "truncated": end.truncated_reason not in (None, "content_filter"),
        "truncated_inferred": end.truncated_inferred,
        # Filtered after some words: theirs is an error, ours an end.
        "error": _described_error(filtered) if end.finish_reason == "content_filter" else None,
    }
    if end.cost:
        told["provider_cost_usd"] = float(end.cost.total_usd)
        fee = end.cost.request_fee_usd
        told["request_fee_usd"] = None if fee is None else float(fee)
    if end.refused:
        told["refusal"] = True
    return told


def _described_error(error: ProviderError) -> dict[str, object]:
    return {
        "class": _CLASSES.get(error.code, error.code),
        "retryable": error.remedy is Remedy.RETRY,
        "action": _action(error),
        "retry_after_s": error.retry_after_s if isinstance(error, Delayed) else None,
        "in_band": error.in_band,
    }


def _action(error: ProviderError) -> str:
    if isinstance(error, InvalidRequest) and not isinstance(error, ParameterRefused):
        # The recordings know one vendor only; ours asks another before it gives up.
        return "fail"
    return _ACTIONS[error.remedy]
