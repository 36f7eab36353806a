"""Weeks to look at: an ordinary one, and those that are apt to look wrong."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import msgspec

from observability.figures import Figures
from observability.rollup.report import (
    Caching,
    FailedCase,
    Month,
    Recommendation,
    Report,
    SmokeRuns,
    Speed,
    Tally,
)
from tests.observability.rollup_parts import DAYS, cells, report_of


def ordinary() -> Report:
    """Five people at one organisation."""
    return report_of(cells(["ana", "bob", "carol", "dan", "eve"], factor=9))


def of_all() -> Report:
    """What operators get: two organisations."""
    some = cells(["ana", "bob"], factor=9) + cells(["gil", "hana"], "Globex", 4)
    return report_of(some, organisation_id=None, organisation="")


def no_traffic() -> Report:
    """Nobody came."""
    nothing = Figures()
    return report_of(
        [],
        month=Month(
            start=date(2026, 11, 1),
            figures=nothing,
            forecast_usd=None,
            explanation="There is nothing to go by.",
        ),
        caching=Caching(replies_share=None, saved_usd=Decimal(0), prompt_share=None),
        speed=Speed(p50_ms=None, p95_ms=None, p50_before_ms=655, p95_before_ms=2890),
        **dict.fromkeys(
            ["failures", "fallbacks", "truncations", "most_expensive", "estimated", "own_spending"],
            (),
        ),
        recommendations=(),
        failed_smoke=(),
        smoke_runs=SmokeRuns(ended=0, passed=0),
    )


def first_week() -> Report:
    """A few turns, and nothing before."""
    return report_of(
        cells(["ana"])[:2],
        before=None,
        caching=Caching(replies_share=0.0, saved_usd=Decimal(0), prompt_share=0.2),
        speed=Speed(p50_ms=640, p95_ms=1210, p50_before_ms=None, p95_before_ms=None),
        recommendations=(),
        failed_smoke=(),
        fallbacks=(),
        failures=(),
        truncations=(),
    )


def unpriced() -> Report:
    """A model without a price answered some; another, all of one intent."""
    some = [
        msgspec.structs.replace(
            cell, model="k9-preview", cost_usd=Decimal(0), unpriced_calls=cell.calls
        )
        if cell.intent == "reasoning"
        else cell
        for cell in cells(["ana", "bob", "carol"], factor=3)
    ]
    count = sum(cell.unpriced_calls for cell in some)
    return report_of(some, unpriced=(Tally(key="kimi/k9", label="k9-preview", count=count),))


def price_change() -> Report:
    """From Wednesday everything costs half as much again, to twelve places."""
    some = [
        msgspec.structs.replace(cell, cost_usd=cell.cost_usd * Decimal("1.5"))
        if cell.date >= DAYS[3]
        else cell
        for cell in cells(["ana", "bob"], factor=5)
    ]
    return report_of(some)


HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    '"><img src=x onerror=alert(1)>',
    "محمد بن موسى الخوارزمي",
    "abc\u202egnp.exe",
    "$x^2$ & _hidden",
    "王小明和他的朋友们",
    "a" * 150,
]


def hostile() -> Report:
    """Names that want to be something else."""
    some = cells(HOSTILE, "Ümlaut & <b>Söhne</b>")
    long = "a-model-whose-name-goes-on-and-on-" * 3
    some = [
        msgspec.structs.replace(cell, model=long, intent="$\\frac{1}{2}$ <i>maths</i>")
        if cell.member == HOSTILE[0]
        else cell
        for cell in some
    ]
    return report_of(some, organisation="Ümlaut & <b>Söhne</b>\r\nBcc: eve@example.com")


def crowded() -> Report:
    """Fifty members, forty models, thirty intents, many organisations: the longest mail."""
    some = [
        msgspec.structs.replace(
            cell,
            organisation=f"The organisation with the number {n % 40}",
            model=f"vendor-{n % 40}/a-model-of-some-generation-{n % 40}",
            intent=f"an intent that staff have added, number {n % 30}",
        )
        for n, cell in enumerate(cells([f"member-with-a-name-{n}" for n in range(50)], factor=900))
    ]
    advice = tuple(
        Recommendation(
            kind="rung_never_wins",
            title=f"Rung {n} never answers for an intent that staff have added",
            explanation="It was asked 41 times and all 41 calls failed. " * 4,
            path=f"/admin/routing/ladder/{n}/change/",
        )
        for n in range(25)
    )
    tallies = tuple(
        Tally(key=f"c{n}", label=f"a cause with some words {n}", count=n) for n in range(30)
    )
    return report_of(
        some,
        organisation_id=None,
        organisation="",
        recommendations=advice,
        failures=tallies,
        fallbacks=tallies,
        truncations=tallies,
        unpriced=tallies,
        estimated=tallies,
        failed_smoke=tuple(
            FailedCase(case=f"case {n}", check="wrong intent, and more words", failed=n, runs=7)
            for n in range(30)
        ),
    )


SAMPLES: dict[str, Callable[[], Report]] = {
    made.__name__: made
    for made in (
        ordinary,
        of_all,
        no_traffic,
        first_week,
        unpriced,
        price_change,
        hostile,
        crowded,
    )
}
