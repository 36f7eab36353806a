"""What was said earlier, in short, for models whose window a long conversation no longer fits?

The old turns are read a piece at a time, each together with the summary so far, so that a model
with a window of a thousand tokens can do it too.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from chatcore.models import Turn
from chatcore.summaries import summary_store
from chatcore.summaries.summary_store import Claim
from chatcore.turns.signals import TurnFinished, turn_finished
from chatcore.turns.tracing import end_turn_span, turn_span
from routing.providers import http
from routing.providers.messages import TextDelta
from routing.route import Route
from routing.services import snapshot
from routing.services.climb_events import Answering
from routing.services.context import MESSAGE_OVERHEAD, History, room_for_prompt
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.estimate import estimate_tokens
from routing.services.health import health
from routing.services.ladder import LadderExhausted
from routing.services.route_and_call import route_and_call

LADDER = "summary"
THREADS_A_SWEEP = 3
PIECES_A_THREAD = 4
LONGEST_SUMMARY = 240
"""Tokens."""
LARGEST_PIECE = 4000
"""Tokens, however large the window."""
SMALLEST_PIECE = 100
TASK = (
    "Below is what a conversation was about so far, and the part that follows. Write down in at most "
    "six short sentences what matters for going on with it: names, facts, figures, decisions, open "
    "questions. Use the conversation's language. Write the summary only."
)

logger = logging.getLogger(__name__)


def summarise_due(*, limit: int = THREADS_A_SWEEP) -> int:
    """Write the summaries that are wanted; gives how many threads were worked on."""
    worked = 0
    for thread in summary_store.due(now=timezone.now(), limit=limit):
        if claim := summary_store.claim(thread, now=timezone.now()):
            worked += 1
            _summarise(claim)
    return worked


def _summarise(claim: Claim) -> None:
    try:
        done = _write_pieces(claim)
    except Exception as error:
        code = error.code if isinstance(error, LadderExhausted) else type(error).__name__
        pause = summary_store.put_off(claim, now=timezone.now())
        logger.warning("Thread %s has no summary (%s); again in %s", claim.thread_id, code, pause)
        return
    if done:
        summary_store.finish(claim)
    else:
        summary_store.release(claim)


def _write_pieces(claim: Claim) -> bool:
    """Some pieces more; whether all turns are covered now. Raises LadderExhausted."""
    turns = summary_store.unsummarised(claim)
    room = _room_for_piece() if turns else 0
    for number, (text, until) in enumerate(_pieces(turns, room)):
        if number == PIECES_A_THREAD:
            return False
        with turn_span():
            summary = asyncio.run(_ask(claim, _decide(_prompt(claim.summary, text))))
        if not summary_store.keep(claim, summary, until=until, now=timezone.now()):
            return False
    return True


def _room_for_piece() -> int:
    """Tokens of conversation that the smallest model of the ladder takes beside the rest.

    Demo models count only where there is no other: they would cut the work of all into small pieces.
    """
    facts = snapshot.refresh()
    candidates = _decide("").candidates
    if not candidates:
        raise LadderExhausted("providers_unavailable")
    real = [candidate for candidate in candidates if not candidate.deployment.demo]
    room = min(room_for_prompt(candidate.deployment) for candidate in real or candidates)
    rest = estimate_tokens(facts.policy.persona) + estimate_tokens(_prompt("", ""))
    return max(
        SMALLEST_PIECE,
        min(LARGEST_PIECE, room - rest - LONGEST_SUMMARY - 3 * MESSAGE_OVERHEAD),
    )


def _pieces(turns: list[Turn], room: int) -> Iterator[tuple[str, datetime]]:
    """The turns joined to pieces of at most `room` tokens, each with its last turn's time."""
    lines: list[str] = []
    used = 0
    until: datetime | None = None
    for turn in turns:
        line = _clip(f"User: {turn.prompt.strip()}", room // 2) + "\n"
        line += _clip(f"Assistant: {turn.reply.strip()}", room - estimate_tokens(line))
        size = estimate_tokens(line)
        if until is not None and used + size > room:
            yield "\n".join(lines), until
            lines, used = [], 0
        lines.append(line)
        used += size
        until = turn.created_at
    if until is not None and lines:
        yield "\n".join(lines), until


def _clip(text: str, tokens: int) -> str:
    """As much of a text's beginning as fits."""
    if estimate_tokens(text) <= tokens:
        return text
    length = len(text)
    while length and estimate_tokens(text[:length]) > tokens - 1:
        length = length * 9 // 10
    return text[:length] + "…"


def _prompt(summary: str, piece: str) -> str:
    return f"{TASK}\n\nSo far: {summary or 'nothing yet'}\n\nWhat follows:\n{piece}"


def _decide(prompt: str) -> Decision:
    facts = snapshot.refresh()
    health.follow(facts)
    return decide(
        snapshot=facts,
        health=health,
        prompt=prompt,
        history=History(),
        ladder=LADDER,
    )


async def _ask(claim: Claim, decision: Decision) -> str:
    """A summary from the ladder that staff chose, told to whoever listens. Raises LadderExhausted."""
    started_at, began = timezone.now(), time.monotonic()

    def stopwatch() -> int:
        return round((time.monotonic() - began) * 1000)

    status, text = "failed", ""
    try:
        text = _bounded(await _collect(decision, stopwatch, started_at))
        if not text:
            raise LadderExhausted("empty_answer")
        status = "complete"
    finally:
        finished = TurnFinished(
            turn_id=uuid4(),
            thread_id=claim.thread_id,
            organisation_id=claim.organisation_id,
            user_id=claim.user_id,
            source="summary",
            status=status,
            route=decision.route,
            started_at=started_at,
            latency_ms=stopwatch(),
            time_to_first_token_ms=_first_token_ms(decision.route),
        )
        await turn_finished.asend_robust("chatcore", finished=finished)
        end_turn_span(status)
        await http.aclose_all()  # the clients belong to this loop, which ends here
    return text


async def _collect(decision: Decision, stopwatch: Callable[[], int], started_at: datetime) -> str:
    pieces: list[str] = []
    events = route_and_call(
        decision=decision,
        health=health,
        stopwatch=stopwatch,
        started_at=started_at,
        on_attempt=_nothing_to_note,
        supply=snapshot.current,
    )
    async with aclosing(events):
        async for event in events:
            match event:
                case Answering():
                    pieces = []
                case TextDelta(text):
                    pieces.append(text)
    return "".join(pieces)


async def _nothing_to_note(route: Route) -> None:
    """A summary has no row of its own that could say which attempt is under way."""


def _first_token_ms(route: Route) -> int | None:
    return next((a.first_token_ms for a in route.attempts if a.first_token_ms is not None), None)


def _bounded(text: str) -> str:
    """The summary at its longest, ended after a sentence where there is one."""
    text = " ".join(text.split())
    if estimate_tokens(text) <= LONGEST_SUMMARY:
        return text
    text = _clip(text, LONGEST_SUMMARY)
    end = max(text.rfind(mark) for mark in (". ", "! ", "? ", "。"))
    return text[: end + 1] if end > len(text) // 2 else text
