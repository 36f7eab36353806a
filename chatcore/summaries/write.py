"""Writes summaries of long conversations, for models whose window they no longer fit.

The old turns are read a piece at a time, each together with the summary so far, so that a model
with a window of a thousand tokens can do it too.
"""

import asyncio
import logging
from collections.abc import Iterator

from django.utils import timezone

from chatcore.models import Turn
from chatcore.summaries import summary_store
from chatcore.summaries.summary_store import Claim
from chatcore.turns.alone import answer_alone
from routing.providers import http
from routing.services import snapshot
from routing.services.context import MESSAGE_OVERHEAD, History, room_for_prompt
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.estimate import estimate_tokens
from routing.services.health import health

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


class NotWritten(Exception):
    """No model wrote the summary; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


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
        code = error.code if isinstance(error, NotWritten) else type(error).__name__
        pause = summary_store.put_off(claim, now=timezone.now())
        logger.warning("Thread %s has no summary (%s); again in %s", claim.thread_id, code, pause)
        return
    if done:
        summary_store.finish(claim)
    else:
        summary_store.release(claim)


def _write_pieces(claim: Claim) -> bool:
    """Some pieces more; whether all turns are covered now. Raises NotWritten."""
    turns = summary_store.unsummarised(claim)
    room = _room_for_piece() if turns else 0
    for number, (text, last) in enumerate(_pieces(turns, room)):
        if number == PIECES_A_THREAD:
            return False
        summary = asyncio.run(_ask(claim, _decide(_prompt(claim.summary, text))))
        if not summary_store.keep(claim, summary, to=last.pk, now=timezone.now()):
            return False
    return True


def _room_for_piece() -> int:
    """Tokens of conversation that the smallest model of the ladder takes beside the rest.

    Demo models count only where there is no other: they would cut the work of all into small pieces.
    """
    facts = snapshot.refresh()
    candidates = _decide("").candidates
    if not candidates:
        raise NotWritten("providers_unavailable")
    real = [candidate for candidate in candidates if not candidate.deployment.demo]
    room = min(room_for_prompt(candidate.deployment) for candidate in real or candidates)
    rest = estimate_tokens(facts.policy.persona) + estimate_tokens(_prompt("", ""))
    return max(
        SMALLEST_PIECE,
        min(LARGEST_PIECE, room - rest - LONGEST_SUMMARY - 3 * MESSAGE_OVERHEAD),
    )


def _pieces(turns: list[Turn], room: int) -> Iterator[tuple[str, Turn]]:
    """The turns joined to pieces of at most `room` tokens, each with its last turn."""
    lines: list[str] = []
    used = 0
    last: Turn | None = None
    for turn in turns:
        line = _clip(f"User: {turn.prompt.strip()}", room // 2) + "\n"
        line += _clip(f"Assistant: {turn.reply.strip()}", room - estimate_tokens(line))
        size = estimate_tokens(line)
        if last is not None and used + size > room:
            yield "\n".join(lines), last
            lines, used = [], 0
        lines.append(line)
        used += size
        last = turn
    if last is not None and lines:
        yield "\n".join(lines), last


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
    """A summary from the ladder that staff chose. Raises NotWritten."""
    try:
        outcome, text = await answer_alone(
            organisation_id=claim.organisation_id,
            user_id=claim.user_id,
            source="summary",
            decision=decision,
        )
    finally:
        await http.aclose_all()  # the clients belong to this loop, which ends here
    if outcome.status != "complete":
        raise NotWritten(outcome.error_code)
    return _bounded(text)


def _bounded(text: str) -> str:
    """The summary at its longest, ended after a sentence where there is one."""
    text = " ".join(text.split())
    if estimate_tokens(text) <= LONGEST_SUMMARY:
        return text
    text = _clip(text, LONGEST_SUMMARY)
    end = max(text.rfind(mark) for mark in (". ", "! ", "? ", "。"))
    return text[: end + 1] if end > len(text) // 2 else text
