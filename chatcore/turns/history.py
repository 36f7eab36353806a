"""What was said before a prompt: the line of a turn's parents, as routing takes it."""

from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from chatcore.models import Thread, Turn
from routing.services.context import History, PastTurn

TURNS_READ = 40
_READ = """t.id, t.thread_id, t.parent_id, t.replaces_id, t.position, t.client_id,
    t.status, t.prompt, t.reply, t.intent"""
_LINE = f"""
    WITH RECURSIVE line AS (
        SELECT {_READ}, 1 AS depth FROM chatcore_turn t WHERE t.id = %(start)s
        UNION ALL
        SELECT {_READ}, line.depth + 1 FROM chatcore_turn t JOIN line ON t.id = line.parent_id
        WHERE line.depth < {TURNS_READ}
    )
    SELECT * FROM line
"""
_NEW_TURN = f"""{_LINE}
    UNION ALL
    SELECT {_READ}, 0 FROM chatcore_turn t
    WHERE t.thread_id = %(thread)s AND t.client_id = %(client)s
    UNION ALL
    SELECT {_READ}, -1 FROM chatcore_turn t
    WHERE t.thread_id = %(thread)s AND t.status = 'running'
"""
_SINCE = f"""
    WITH RECURSIVE line AS (
        SELECT {_READ} FROM chatcore_turn t WHERE t.id = %(start)s
        UNION ALL
        SELECT {_READ} FROM chatcore_turn t JOIN line ON t.id = line.parent_id
        WHERE t.id <> %(until)s
    )
    SELECT * FROM line
"""
_DISTANCE = """
    WITH RECURSIVE line AS (
        SELECT id, parent_id, 0 AS steps FROM chatcore_turn WHERE id = %(start)s
        UNION ALL
        SELECT t.id, t.parent_id, line.steps + 1 FROM chatcore_turn t JOIN line ON t.id = line.parent_id
        WHERE line.id <> %(until)s
    )
    SELECT steps FROM line WHERE id = %(until)s
"""
NOBODY = UUID(int=0)
"""The id of no turn, for queries that need one."""


class Line(msgspec.Struct, frozen=True):
    """The newest turns of a line, newest first, as many as are read."""

    turns: list[Turn]
    whole: bool
    """Whether it begins with the first turn of the thread, or the first that was not purged."""

    def before(self, place: int) -> "Line":
        """What comes before one of its turns."""
        return Line(self.turns[place + 1 :], self.whole)


class Around(msgspec.Struct, frozen=True):
    """What must be known of a thread for a new turn."""

    line: Line
    known: Turn | None
    """The turn that has the same id of the asker's."""
    unfinished: int


def line_to(turn_id: UUID | None) -> Line:
    """The line that ends with a turn."""
    if turn_id is None:
        return Line([], True)
    rows = list(Turn.objects.raw(_LINE, {"start": _key(turn_id)}))
    return _line(rows)


def look_around(thread: Thread, client_id: UUID | None) -> Around:
    """The line of a thread's head, and what else a new turn has to heed, in one statement."""
    rows = list(
        Turn.objects.raw(
            _NEW_TURN,
            {
                "start": _key(thread.head_id or NOBODY),
                "thread": _key(thread.pk),
                "client": _key(client_id or NOBODY),
            },
        )
    )
    return Around(
        line=_line([row for row in rows if _depth(row) > 0]),
        known=next((row for row in rows if _depth(row) == 0), None),
        unfinished=sum(_depth(row) < 0 for row in rows),
    )


def line_since(turn_id: UUID | None, until: UUID | None) -> list[Turn]:
    """The line that ends with a turn, oldest first, from just after another turn on.

    All of it where that other turn is not on the line.
    """
    if turn_id is None or turn_id == until:
        return []
    keys = {"start": _key(turn_id), "until": _key(until or NOBODY)}
    return sorted(Turn.objects.raw(_SINCE, keys), key=lambda turn: turn.position or 0)


def history_of(thread: Thread, line: Line) -> History:
    """The last turns of a line that have a reply, and the summary of those before."""
    covered = next(
        (place for place, turn in enumerate(line.turns) if turn.pk == thread.summarised_to_id),
        None,
    )
    unread, unread_summarised = _unread(thread, line, covered is not None)
    return History(
        turns=tuple(
            PastTurn(
                prompt=turn.prompt,
                reply=turn.reply,
                intent=turn.intent,
                summarised=covered is not None and place >= covered,
            )
            for place, turn in reversed(list(enumerate(line.turns)))
            if turn.status != Turn.Status.RUNNING and turn.reply.strip()
        ),
        summary=thread.summary if covered is not None or unread_summarised else "",
        unread=unread,
        unread_summarised=unread_summarised,
    )


def _unread(thread: Thread, line: Line, is_covered: bool) -> tuple[int, int]:
    """How many turns are older than those that were read, and how many of them are summarised."""
    if line.whole:
        return 0, 0
    oldest = line.turns[-1]
    unread = Turn.objects.filter(thread=thread, position__lt=oldest.position).count()
    if is_covered:
        return unread, unread
    if thread.summarised_to_id is None or oldest.parent_id is None:
        return unread, 0
    between = _distance(oldest.parent_id, thread.summarised_to_id)
    return unread, 0 if between is None else max(0, unread - between)


def _distance(turn_id: UUID, until: UUID) -> int | None:
    """How many steps it is from a turn back to another; None where that is not on its line."""
    with connection.cursor() as cursor:
        cursor.execute(_DISTANCE, {"start": _key(turn_id), "until": _key(until)})
        found = cursor.fetchone()
    return None if found is None else int(found[0])


def _line(rows: list[Turn]) -> Line:
    rows.sort(key=_depth)
    return Line(rows, whole=len(rows) < TURNS_READ)


def _depth(row: Any) -> int:
    return int(row.depth)


def _key(turn_or_thread: UUID) -> Any:
    """An id as the database's driver takes it."""
    return Turn._meta.pk.get_db_prep_value(turn_or_thread, connection)
