"""Recomputes from the simulator's own log what the vendors served and what that costs.

Nothing of the site is imported: its prices are written down here a second time, in rows that
`tests.live.ledger_cases` puts into the site, and are added up here by a hand of its own.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

VENDORS = ("openai", "gemini", "perplexity", "kimi")
PLAIN = "sim-ok-tokens20-pace0-cached"
TIERED = "sim-ok-tokens10-pace0-tagtier"
DATED = "sim-ok-tokens12-pace0-tagdated"
UNPRICED = "sim-ok-tokens15-pace0-tagunpriced"
KEPT = "sim-ok-tokens25-pace0-tagkept"
LONG = "sim-ok-tokens4000-pace20-taglong"
EMPTY = "sim-empty-pace0"


class Rate(NamedTuple):
    """USD per million tokens, from a year on, for prompts of more than `above` tokens."""

    vendor: str
    model: str
    input: str
    cached: str | None
    output: str
    since: int = 2026
    above: int = 0


RATES = (
    Rate("openai", PLAIN, "2.345678", "0.234567", "10.000001"),
    Rate("gemini", PLAIN, "0.75", None, "3.75"),
    Rate("kimi", PLAIN, "0.95", "0.160001", "4"),
    Rate("openai", TIERED, "2", None, "10"),
    Rate("openai", TIERED, "4.000003", None, "15", above=60),
    Rate("kimi", DATED, "9", None, "90", since=2025),
    Rate("kimi", DATED, "0.6", None, "2.999999"),
    Rate("kimi", DATED, "99", None, "999", since=2999),
    Rate("openai", KEPT, "1.5", None, "6"),
    Rate("openai", LONG, "1", None, "5"),
    Rate("gemini", LONG, "1", None, "5"),
    Rate("kimi", "sim-reasoning-tokens10-pace0", "0.95", None, "4.000007"),
    Rate("openai", "sim-nousage-tokens10-pace0", "1", None, "2"),
    Rate("openai", "sim-truncated-pace0", "1", None, "2"),
    Rate("gemini", EMPTY, "3", None, "7"),
    Rate("openai", "sim-flaky-9-503-pace0-tokens9", "1", None, "2"),
    *(
        Rate(vendor, f"sim-cut-after3-pace0-tag{n}", "1", None, "2")
        for vendor in VENDORS
        for n in "12"
    ),
    *(Rate("gemini", f"sim-error-after2-pace0-tag{n}", "1", None, "2") for n in "12"),
)

Call = dict[str, Any]


class Kinds(NamedTuple):
    """What was served, sorted by what can be known of its tokens."""

    counted: Counter[tuple[Any, ...]]
    """(vendor, model, input, output, cached, reasoning, cost) of every call that told its usage."""
    uncounted: Counter[tuple[str, str]]
    """(vendor, model) of calls that were served without a count: broken off, stopped, or silent on it."""
    refused: Counter[tuple[str, str]]
    """(vendor, model) of calls that were not served."""


def kinds_of(log: Iterable[Call]) -> Kinds:
    """The simulator's log, sorted."""
    kinds = Kinds(Counter(), Counter(), Counter())
    for call in log:
        name, usage = (call["vendor"], call["model"]), call["served"]["usage"]
        if usage is not None:
            tokens = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
            kinds.counted[(*name, *(usage[part] for part in tokens), cost_of(call))] += 1
        elif call["served"]["status"] == 200:
            kinds.uncounted[name] += 1
        else:
            kinds.refused[name] += 1
    return kinds


def cost_of(call: Call) -> Decimal | None:
    """USD for one counted call: the vendor's own bill, else by the rate; None without either."""
    if call["served"]["cost_usd"] is not None:
        return Decimal(str(call["served"]["cost_usd"]))
    usage = call["served"]["usage"]
    rate = _rate(call["vendor"], call["model"], usage["input_tokens"])
    if rate is None:
        return None
    cached = usage["cached_tokens"]
    millionths = (
        (usage["input_tokens"] - cached) * Decimal(rate.input)
        + cached * Decimal(rate.cached or rate.input)
        + usage["output_tokens"] * Decimal(rate.output)
    )
    return millionths / 1_000_000


def _rate(vendor: str, model: str, tokens: int) -> Rate | None:
    year = datetime.now(UTC).year
    fitting = [
        rate
        for rate in RATES
        if (rate.vendor, rate.model) == (vendor, model)
        and rate.since <= year
        and tokens > rate.above
    ]
    return max(fitting, key=lambda rate: (rate.since, rate.above), default=None)
