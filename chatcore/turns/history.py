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
        if not turn.replaced and turn.status != Turn.Status.RUNNING and turn.reply.strip()
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
            for turn in reversed(said)
        ),
        summary=thread.summary,
        unread=_unread(thread, newest_first),
    )


def _unread(thread: Thread, newest_first: Sequence[Turn]) -> int:
    """How many standing turns are older than those that were read."""
    if len(newest_first) < TURNS_READ:
        return 0
    older = Turn.objects.filter(thread=thread, position__lt=newest_first[-1].position)
    return older.filter(replaced=False).exclude(reply="").count()


def newest(thread: Thread) -> list[Turn]:
    """The last turns of a thread, newest first, as many as are read."""
    return list(Turn.objects.filter(thread=thread).order_by("-position")[:TURNS_READ])


def before(turn: Turn) -> list[Turn]:
    """The turns of its thread that came before a turn, newest first, as many as are read."""
    earlier = Turn.objects.filter(thread=turn.thread_id, position__lt=turn.position)
    return list(earlier.order_by("-position")[:TURNS_READ])
