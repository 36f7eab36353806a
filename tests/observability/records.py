"""Records made by hand, for weeks whose figures can be worked out on paper."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec

from observability.models import AttemptRecord
from observability.rollup.gather import gather
from observability.rollup.report import Recommendation

WEEK_ENDING = datetime(2026, 11, 22, tzinfo=UTC).date()
SUNDAY = datetime(2026, 11, 15, tzinfo=UTC)
"""The first moment of that week."""
TODAY = SUNDAY + timedelta(days=7, hours=12)
"""When the tests of this folder take place, whatever the machine's clock says; see conftest.py."""


def moment(day: float) -> datetime:
    """So many days into the week; its last moment is just before 7."""
    return SUNDAY + timedelta(days=day)


def record(day: float = 1, cost: str | None = "0.5", **fields: Any) -> AttemptRecord:
    """One answered turn of one call, unless fields say otherwise; `cost` None: no price is known."""
    values: dict[str, Any] = {
        "turn_id": uuid4(),
        "organisation_id": 1,
        "user_id": 1,
        "source": "chat",
        "concludes": True,
        "turn_status": "complete",
        "intent": "coding_help",
        "confidence": 4.0,
        "policy_version": 1,
        "ladder": "coding_help",
        "number": 1,
        "deployment": "openai/luna",
        "provider": "openai",
        "model_asked": "luna",
        "status": "ok",
        "input_tokens": 100,
        "output_tokens": 20,
        "usage_source": "reported",
        "cost_usd": None if cost is None else Decimal(cost),
        "cost_source": "unknown" if cost is None else "computed",
        "started_at": moment(day),
    }
    return AttemptRecord.objects.create(**{**values, **fields})


def fallback(day: float = 1, *, error: str = "timeout", cost: str = "0.5") -> None:
    """A turn that Gemini failed at first, so that OpenAI answered it."""
    turn = uuid4()
    record(
        day,
        "0",
        turn_id=turn,
        concludes=False,
        fallback_used=True,
        deployment="gemini/flash",
        provider="gemini",
        status="failed",
        error=error,
        input_tokens=None,
        output_tokens=None,
        usage_source="none",
    )
    record(day, cost, turn_id=turn, number=2, fallback_used=True)


def cached(day: float = 1, saved: str = "0.5", **fields: Any) -> None:
    """A turn that the reply cache answered."""
    fields = {"number": 0, "deployment": "", "provider": "", "input_tokens": None, **fields}
    record(day, "0", cache_hit=True, saved_usd=Decimal(saved), output_tokens=None, **fields)


def call(times: int, **fields: Any) -> None:
    """So many of them on Monday."""
    for _ in range(times):
        record(1, **fields)


def advice(kind: str, organisation_id: int | None = None) -> list[Recommendation]:
    """What of one kind is advised after the week; with plain spaces."""
    found = gather(WEEK_ENDING, organisation_id).recommendations
    return [
        msgspec.structs.replace(
            each, explanation=each.explanation.replace("\N{NO-BREAK SPACE}", " ")
        )
        for each in found
        if each.kind == kind
    ]
