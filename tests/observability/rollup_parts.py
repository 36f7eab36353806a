"""The parts of reports, made of cells so that they agree."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from observability.figures import Figures
from observability.rollup.report import (
    Caching,
    Cell,
    Day,
    ExpensiveTurn,
    FailedCase,
    Line,
    Month,
    Recommendation,
    Report,
    SmokeRuns,
    Speed,
    Tally,
)

END = datetime(2026, 11, 22, tzinfo=UTC)
DAYS = [date(2026, 11, 15) + timedelta(days=n) for n in range(7)]
INTENTS = ["small talk", "coding help", "questions and facts", "editing", "reasoning", "the rest"]
MODELS = {
    "openai/gpt-5.2-luna": "GPT-5.2 Luna",
    "gemini/gemini-3-flash": "Gemini 3 Flash",
    "perplexity/sonar-pro": "Sonar Pro",
    "kimi/k3-thinking": "Kimi K3",
    "local/smollm2-135m": "SmolLM2 (tiny demo model)",
}
PRICES = [Decimal(n) for n in ("0.000003751", "0.00000041", "0.0000093", "0.000001625", "0")]


def cells(members: list[str], organisation: str = "Acme", factor: int = 1) -> list[Cell]:
    """Some traffic, the same every time: everybody asks on every day."""
    made = []
    for n, (day, member) in enumerate((day, member) for day in DAYS for member in members):
        model = n * 7 % 5
        turns = (3 + n * 5 % 11) * factor
        tokens_in, tokens_out = turns * (412 + n * 37 % 800), turns * (155 + n * 61 % 400)
        made.append(
            Cell(
                date=day,
                organisation=organisation,
                member=member,
                intent=INTENTS[n % 6],
                model=list(MODELS.values())[model],
                turns=turns,
                calls=turns + n % 2,
                input_tokens=tokens_in,
                output_tokens=tokens_out,
                cache_read_tokens=tokens_in // 5,
                reasoning_tokens=0,
                search_queries=0,
                cost_usd=(tokens_in + 4 * tokens_out) * PRICES[model],
                unpriced_calls=0,
                estimated_calls=1 if n % 9 == 0 else 0,
                saved_usd=Decimal(0),
            )
        )
    return made


def figures_of(some: list[Cell], **more: Any) -> Figures:
    """What cells come to."""
    counts = [
        "turns",
        "calls",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "unpriced_calls",
        "estimated_calls",
    ]
    values: dict[str, Any] = {name: sum(getattr(cell, name) for cell in some) for name in counts}
    values["cost_usd"] = sum((cell.cost_usd for cell in some), Decimal(0))
    values["people"] = len({cell.member for cell in some})
    return Figures(**{**values, **more})


def lines_of(some: list[Cell], field: str) -> tuple[Line, ...]:
    """The most expensive first."""
    keys = {label: key for key, label in MODELS.items()}
    names = {getattr(cell, field) for cell in some}
    lines = [
        Line(
            key=keys.get(name, name),
            label=name,
            figures=figures_of([cell for cell in some if getattr(cell, field) == name]),
        )
        for name in names
    ]
    return tuple(sorted(lines, key=lambda line: (-line.figures.cost_usd, line.label)))


def report_of(some: list[Cell], **more: Any) -> Report:
    """A report whose parts agree with the cells."""
    week = figures_of(some)
    if week.turns > 300:
        week = figures_of(
            some,
            failed_turns=11,
            fallback_turns=35,
            truncated_turns=17,
            cached_turns=week.turns // 12,
        )
    before = figures_of(cells(["ana", "bob"], factor=20), people=11)
    values: dict[str, Any] = {
        "organisation_id": 1,
        "organisation": "Acme",
        "start": END - timedelta(days=7),
        "end": END,
        "week": week,
        "before": before,
        "month": Month(
            start=date(2026, 11, 1),
            figures=figures_of(some + cells(["ana"], factor=3)),
            forecast_usd=Decimal("61.2"),
            explanation="Reckoned from the last seven days' daily mean for the nine days to come.",
        ),
        "days": tuple(
            Day(date=day, figures=figures_of([cell for cell in some if cell.date == day]))
            for day in DAYS
        ),
        "intents": lines_of(some, "intent"),
        "models": lines_of(some, "model"),
        "organisations": lines_of(some, "organisation"),
        "members": lines_of(some, "member"),
        "caching": Caching(replies_share=0.083, saved_usd=Decimal("0.81234"), prompt_share=0.2),
        "speed": Speed(p50_ms=640, p95_ms=4210, p50_before_ms=655, p95_before_ms=2890),
        "failures": (
            Tally(key="providers_unavailable", label="no model could answer", count=9),
            Tally(key="interrupted", label="broke off: a server went away", count=2),
        ),
        "fallbacks": (
            Tally(key="rate_limit", label="had too many requests", count=31),
            Tally(key="timeout", label="was silent for too long", count=4),
        ),
        "truncations": (Tally(key="stopped", label="stopped by the user", count=17),),
        "most_expensive": tuple(
            ExpensiveTurn(
                reference=f"0{n}4f9c81ab3{n}",
                path="" if n == 3 else f"/admin/chatcore/turn/0{n}4f9c81-ab3{n}/change/",
                member="ana",
                organisation="Acme",
                intent="coding help",
                model="GPT-5.2 Luna",
                cost_usd=Decimal("0.9123") / n,
                input_tokens=88_000 // n,
                output_tokens=7_200 // n,
            )
            for n in range(1, 6)
        ),
        "unpriced": (),
        "estimated": (Tally(key="gpt", label="GPT-5.2 Luna", count=week.estimated_calls),),
        "own_spending": (
            Line(
                key="smoke",
                label="Smoke evaluation",
                figures=Figures(calls=56, turns=56, input_tokens=9123, cost_usd=Decimal("0.0213")),
            ),
        ),
        "recommendations": (
            Recommendation(
                kind="rung_never_wins",
                title="Kimi K3 never answers for coding help",
                explanation="It is rung 3 of the ladder coding_help and was asked 41 times; all 41 "
                "calls failed, mostly because its key was refused. Set a new key or take it off.",
                path="/admin/routing/ladder/2/change/",
            ),
            Recommendation(
                kind="cheaper_rung",
                title="Gemini 3 Flash would have answered small talk for less",
                explanation="Small talk cost $4.12 this week. Had Gemini 3 Flash, rung 2 of the same "
                "ladder, answered those turns, they would have cost $0.31.",
                path="/admin/routing/ladder/1/change/",
            ),
            Recommendation(
                kind="price_changes",
                title="GPT-5.2 Luna becomes dearer on 1 December 2026",
                explanation="Input from $1.25 to $1.50 a million tokens. This week would have cost "
                "$0.77 more.",
                path="/admin/routing/price/9/change/",
            ),
        ),
        "smoke_runs": SmokeRuns(ended=7, passed=5),
        "failed_smoke": (
            FailedCase(
                case="a follow-up that explains code",
                check="the answer does not mention the function's name",
                failed=2,
                runs=7,
            ),
        ),
        "cells": tuple(some),
    }
    return Report(**{**values, **more})
