"""Makes a claimed run and reaches its verdict."""

from collections.abc import Sequence

from observability.models import SmokeResult, SmokeRun
from observability.smoke import runs
from observability.smoke.changes import changes, checks_of, last_good
from observability.smoke.conversation import Conversation, OnResult

Verdict = SmokeRun.Verdict
LONGEST_WHY = 300
NOBODY = "providers_unavailable"


def evaluate(run: SmokeRun, *, base_url: str, on_result: OnResult) -> None:
    """Make a claimed run against the site at `base_url`; afterwards `run` says how it ended.

    `on_result` is called with each result. Raises `runs.Lost` when another has ended the run
    meanwhile; what else is raised has ended it as aborted.
    """
    run.base_url = base_url
    run.save(update_fields=["base_url"])
    conversation = Conversation(run, on_result)
    try:
        conversation.hold()
        run.verdict, run.why = _verdict(conversation)
        if good := last_good(run):
            run.changes = changes(conversation.results, list(good.results.all()))
    except runs.Lost:
        raise
    except BaseException as error:
        run.verdict, run.why = Verdict.ABORTED, f"It broke off on our side: {type(error).__name__}."
        runs.end(run)
        raise
    if not runs.end(run):
        raise runs.Lost


def not_judged(results: Sequence[SmokeResult]) -> int:
    """How many checks could not be judged."""
    return sum(check.verdict == "not judged" for result in results for check in checks_of(result))


def failed_checks(result: SmokeResult) -> list[str]:
    """The names of the checks that failed."""
    return [check.name for check in checks_of(result) if check.verdict == "failed"]


def _verdict(conversation: Conversation) -> tuple[str, str]:
    results = conversation.results
    asked = [result for result in results if result.verdict != SmokeResult.Verdict.NOT_RUN]
    if conversation.away:
        return Verdict.OUTAGE, f"The site cannot be reached: {conversation.away}."[:LONGEST_WHY]
    if asked and all(result.error_code == NOBODY for result in asked):
        return Verdict.OUTAGE, f"No provider could answer any of the {len(asked)} cases."
    if conversation.rejected:
        return Verdict.FAILED, f"The site did not let us in: {conversation.rejected}."[:LONGEST_WHY]
    if conversation.capped:
        left = len(results) - len(asked)
        words = f"The spending limit is reached: {left} of {len(results)} cases were not run."
        return Verdict.CAPPED, f"{words} {_failures(asked)}".strip()[:LONGEST_WHY]
    if not asked:
        return Verdict.FAILED, "There is no case to ask: all are switched off."
    if words := _failures(asked):
        return Verdict.FAILED, words[:LONGEST_WHY]
    unsure = not_judged(asked)
    rest = f" {unsure} checks could not be judged." if unsure else ""
    return Verdict.PASSED, f"All {len(asked)} cases passed.{rest}"


def _failures(asked: Sequence[SmokeResult]) -> str:
    """Which cases failed, and by what; "" when none did."""
    failed = [
        f"{result.name} ({', '.join(failed_checks(result))})"
        for result in asked
        if result.verdict == SmokeResult.Verdict.FAILED
    ]
    if not failed:
        return ""
    return f"{len(failed)} of {len(asked)} cases failed: {'; '.join(failed)}."
