"""The sections of a rollup about caches, speed, single turns, and what the site spent itself."""

from observability import wording
from observability.rollup.document import Section
from observability.rollup.report import ExpensiveTurn, FailedCase, Report, SmokeRuns
from observability.tables import Row, Table


def caches(report: Report) -> Section:
    """The cached share and what it saved."""
    caching, said = report.caching, []
    if caching.replies_share is None:
        said.append("No turns, so nothing could come from the reply cache.")
    elif not caching.replies_share:
        said.append("No turn was answered from the reply cache.")
    else:
        said.append(
            f"{wording.per_cent(caching.replies_share)} of the turns "
            f"({report.week.cached_turns:,} of {report.week.turns:,}) were answered from the reply "
            f"cache, which saved {wording.money(caching.saved_usd)}: what those replies had cost when "
            f"they were made."
        )
    if caching.prompt_share is not None:
        part = wording.per_cent(caching.prompt_share) if caching.prompt_share else "None"
        said.append(
            f"{part} of the input tokens ({report.week.cache_read_tokens:,} of "
            f"{report.week.input_tokens:,}) were read from the vendors' prompt caches, at their "
            f"lower price."
        )
    return Section(title="What the caches saved", paragraphs=tuple(said))


def speed(report: Report) -> Section:
    """How long people waited for the first word."""
    title = "Time to first token"
    measured = report.speed
    if measured.p50_ms is None:
        return Section(title=title, paragraphs=("No reply was timed this week.",))
    pairs = (
        ("Half within (p50)", measured.p50_ms, measured.p50_before_ms),
        ("95 in 100 within (p95)", measured.p95_ms, measured.p95_before_ms),
    )
    compared = report.before is not None
    table = Table(
        caption="From the message's coming to the first word of its reply",
        headers=("Share of turns", "This week", "Before")
        if compared
        else ("Share of turns", "This week"),
        rows=tuple(
            Row(
                name=name,
                cells=(wording.duration(now), wording.duration(then))
                if compared
                else (wording.duration(now),),
            )
            for name, now, then in pairs
        ),
    )
    return Section(title=title, tables=(table,))


def most_expensive(report: Report) -> Section:
    """Single turns that cost most."""
    if not report.most_expensive:
        nothing = "No turn cost anything that is known."
        return Section(title="The most expensive turns", paragraphs=(nothing,))
    table = Table(
        headers=("Turn", "Tokens", "Cost"),
        rows=tuple(_turn(one) for one in report.most_expensive),
    )
    return Section(title="The most expensive turns", tables=(table,))


def _turn(turn: ExpensiveTurn) -> Row:
    # A member is named with the organisation where there is more than one.
    facts = [wording.name(fact) for fact in (turn.member, turn.intent, turn.model) if fact]
    if not turn.path:
        facts.append("purged since")
    return Row(
        name=turn.reference,
        detail=", ".join(facts),
        cells=(f"{turn.input_tokens + turn.output_tokens:,}", wording.money(turn.cost_usd)),
        url=wording.link(turn.path),
    )


def own_spending(report: Report) -> Section:
    """What was spent by the site, which is in no other figure."""
    title = "What the site spent itself"
    if not report.own_spending:
        nothing = "Nothing: no smoke evaluation and no summary called a model this week."
        return Section(title=title, paragraphs=(nothing,))
    table = Table(
        caption="In no other figure of this mail",
        headers=("What for", "Calls", "Tokens", "Cost"),
        rows=tuple(
            Row(
                name=wording.name(line.label or line.key),
                cells=(
                    f"{line.figures.calls:,}",
                    f"{line.figures.input_tokens + line.figures.output_tokens:,}",
                    wording.cost(line.figures, "≥ "),
                ),
            )
            for line in report.own_spending
        ),
    )
    return Section(title=title, tables=(table,))


def smoke(report: Report) -> tuple[Section, ...]:
    """How the nightly evaluation went; nothing where the report does not tell."""
    said = () if report.smoke_runs is None else (_runs(report, report.smoke_runs),)
    rows = tuple(_case(one) for one in report.failed_smoke)
    table = Table(caption="Cases that failed", headers=("Case", "Failed", "Runs"), rows=rows)
    if not said and not rows:
        return ()
    tables = (table,) if rows else ()
    return (Section(title="Smoke evaluation", paragraphs=said, tables=tables),)


def _runs(report: Report, runs: SmokeRuns) -> str:
    if not runs.ended:
        return "It did not run this week."
    said = f"It ran {wording.counted(runs.ended, 'time')}, and {runs.passed or 'none'} passed."
    if runs.passed < runs.ended and not report.failed_smoke:
        return f"{said} No case failed; what else was in the way stands on each run's page."
    return said


def _case(one: FailedCase) -> Row:
    return Row(
        name=wording.name(one.case),
        detail=wording.name(one.check),
        cells=(f"{one.failed:,}", f"{one.runs:,}"),
    )
