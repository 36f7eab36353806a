"""What was said before a prompt, as routing takes it?"""

from collections.abc import Sequence

from chatcore.models import Thread, Turn
from routing.services.context import History, PastTurn

TURNS_READ = 40


def history_of(thread: Thread, newest_first: Sequence[Turn]) -> History:
    """The last turns that have a reply and still stand, and the summary of those before."""
    said = [
        turn
        for turn in newest_first
        if not turn.replaced and turn.status != Turn.Status.RUNNING and turn.reply
    ]
    until = thread.summarised_until
    return History(
        turns=tuple(
            PastTurn(
                prompt=turn.prompt,
                reply=turn.reply,
                intent=turn.intent,
                summarised=until is not None and turn.created_at <= until,
            )
            for turn in reversed(said[:TURNS_READ])
        ),
        summary=thread.summary,
        unread=max(0, len(said) - TURNS_READ),
    )


def before(turn: Turn) -> list[Turn]:
    """The turns of its thread that came before a turn, newest first, as many as are read."""
    earlier = Turn.objects.filter(thread=turn.thread_id, created_at__lt=turn.created_at)
    return list(earlier.order_by("-created_at", "-id")[: TURNS_READ + 1])
