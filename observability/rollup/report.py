"""The content of a weekly rollup as plain data, kept as JSON; the mail, the page and the CSV render it.

It holds no text of anybody's conversation. Lists are sorted as they should be shown. An empty list
means that there was nothing of the kind, and whoever renders it says so in words.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from observability.figures import Figures


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one intent, model, organisation or member came to."""

    key: str
    """The intent's name, `<provider>/<model>`, an id; "" for what has none, e.g. a cached reply."""
    label: str
    figures: Figures


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One of the week's seven days (UTC)."""

    date: date
    figures: Figures


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """The month of the week's last day, until the week's end."""

    start: date
    figures: Figures
    forecast_usd: Decimal | None
    """For the whole month; None where there is too little to go by, or nothing left to forecast."""
    explanation: str
    """How the forecast was made, or why there is none: a sentence."""


class Caching(msgspec.Struct, frozen=True, kw_only=True):
    """What was not paid for, or less. Shares are 0 to 1, None where there is nothing to share."""

    replies_share: float | None
    """Of the turns: answered from the reply cache."""
    saved_usd: Decimal
    """What those replies had cost when they were made."""
    prompt_share: float | None
    """Of the input tokens: read from the vendors' prompt caches."""


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Time to first token, ms; None without any."""

    p50_ms: int | None
    p95_ms: int | None
    p50_before_ms: int | None
    p95_before_ms: int | None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was met."""

    key: str
    """The code, or `<provider>/<model>`."""
    label: str
    """In words."""
    count: int


class ExpensiveTurn(msgspec.Struct, frozen=True, kw_only=True):
    """One of the most expensive turns."""

    reference: str
    """As users quote it; the admin's search takes it."""
    path: str
    """The turn's page in the admin; "" when it has been purged."""
    member: str
    organisation: str
    intent: str
    model: str
    cost_usd: Decimal
    input_tokens: int
    output_tokens: int


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to change, or to know."""

    kind: str
    """For programs, e.g. `rung_never_wins`."""
    title: str
    explanation: str
    """Why, with the numbers in it."""
    path: str
    """Where in the admin it is changed, e.g. `/admin/routing/ladder/3/change/`; "" if nowhere."""


class FailedCase(msgspec.Struct, frozen=True, kw_only=True):
    """One smoke case that failed in the week."""

    case: str
    check: str
    """What it failed at, in words."""
    failed: int
    runs: int


class SmokeRuns(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of the smoke evaluation that ended."""

    ended: int
    passed: int


class Cell(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The finest partition, for the CSV: its cells add up to the headline to the last digit."""

    date: date
    organisation: str
    member: str
    intent: str
    model: str
    turns: int
    calls: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    reasoning_tokens: int
    search_queries: int
    cost_usd: Decimal
    unpriced_calls: int
    estimated_calls: int
    saved_usd: Decimal


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One week of one organisation, or of all."""

    organisation_id: int | None
    """None: all organisations."""
    organisation: str
    """Its name; "" for all."""
    start: datetime
    """The week's first moment (UTC)."""
    end: datetime
    """The first moment after it: a Sunday 00:00 UTC."""
    so_far: datetime | None = None
    """The moment (UTC) at which it was made, where the week was not over; None: the whole week."""
    week: Figures
    before: Figures | None
    """The week before; None when there are no records from before this week."""
    month: Month
    days: tuple[Day, ...]
    """Seven, also those without traffic."""
    intents: tuple[Line, ...]
    models: tuple[Line, ...]
    organisations: tuple[Line, ...]
    """One line in an organisation's own report."""
    members: tuple[Line, ...]
    caching: Caching
    speed: Speed
    failures: tuple[Tally, ...]
    """Turns that failed, by what their users were told."""
    fallbacks: tuple[Tally, ...]
    """Calls that failed in turns that another rung answered, by error."""
    truncations: tuple[Tally, ...]
    most_expensive: tuple[ExpensiveTurn, ...]
    unpriced: tuple[Tally, ...]
    """Calls without a known price, by model: why a cost is `at least`."""
    estimated: tuple[Tally, ...]
    """Calls whose tokens or cost are our estimate, by model."""
    own_spending: tuple[Line, ...]
    """What the site spent itself (smoke evaluation, summaries); in no other figure."""
    recommendations: tuple[Recommendation, ...]
    """Empty: nothing to change."""
    failed_smoke: tuple[FailedCase, ...]
    smoke_runs: SmokeRuns | None = None
    """None: one organisation's report, or one that was stored before they were counted."""
    cells: tuple[Cell, ...]

    @property
    def week_ending(self) -> date:
        """The Sunday at whose 00:00 UTC it ends; its last day is the Saturday before."""
        return self.end.date()


def dump(report: Report) -> str:
    """The report as JSON, amounts as exact strings."""
    return msgspec.json.encode(report).decode()


def load(raw: str) -> Report:
    """The report that `dump` wrote. Raises msgspec.ValidationError for anything else."""
    return msgspec.json.decode(raw, type=Report)
