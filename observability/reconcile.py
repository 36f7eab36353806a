"""Is every turn recorded, exactly? What a killed process had not written yet is rebuilt from its turns.

A turn's row holds its whole route, so that its records can be made again as they would have been.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chatcore.db.errors import LOST
from chatcore.models import Turn
from chatcore.turns.signals import TurnFinished, finished_of
from observability.log import log_turn, log_unreadable, recorded, rows_of
from observability.models import AttemptRecord
from routing import route as routes

logger = logging.getLogger(__name__)
SETTLED = timedelta(seconds=5)
"""After its end a turn's records may still be on their way for so long."""
RECENT = timedelta(hours=1)
BATCH = 200
Key = tuple[int, bool, int | None, int | None, Decimal | None]


class Proof(msgspec.Struct, kw_only=True):
    """What a look at the turns found, and what it mended."""

    turns: int = 0
    mended: int = 0
    """Turns that had no record, and have them now."""
    differing: list[UUID] = []
    """Turns whose records are not what their route says. They are told, never rewritten."""

    @property
    def in_words(self) -> str:
        """One sentence for a log, a page or a shell."""
        wrong = f" {len(self.differing)} differ from their route: " if self.differing else ""
        named = ", ".join(str(turn_id) for turn_id in self.differing[:5])
        return f"{self.turns} turns proved, {self.mended} of them recorded anew.{wrong}{named}"


def mend_recent() -> int:
    """Record the turns of the last hour that have no records; gives their number."""
    now = timezone.now()
    recent = _ended(now).filter(created_at__gte=now - RECENT)
    proof = Proof()
    proof.turns = _walk(recent.exclude(Exists(_records())), partial(_prove, proof=proof))
    if proof.turns:
        logger.warning("Turns without records: %s", proof.in_words)
    return proof.mended


def prove(*, since: datetime | None = None) -> Proof:
    """Compare every turn still kept (that came since a moment, UTC) with its records, and mend.

    It reads in small batches, and writes each turn's records in a transaction of their own.
    """
    proof = Proof()
    turns = _ended(timezone.now())
    turns = turns if since is None else turns.filter(created_at__gte=since)
    proof.turns = _walk(turns, partial(_prove, proof=proof))
    if proof.mended or proof.differing:
        logger.warning("Reconciled: %s", proof.in_words)
    return proof


def _ended(now: datetime) -> QuerySet[Turn]:
    return Turn.objects.filter(finished_at__lt=now - SETTLED).exclude(status=Turn.Status.RUNNING)


def _records() -> QuerySet[AttemptRecord]:
    return AttemptRecord.objects.filter(turn_id=OuterRef("pk"))


def _walk(turns: QuerySet[Turn], look: Callable[[Sequence[Turn]], None]) -> int:
    """Look at all turns, oldest first, a batch at a time; gives their number."""
    seen = 0
    after = Q()
    while batch := list(_without_texts(turns.filter(after))[:BATCH]):
        look(batch)
        seen += len(batch)
        last = batch[-1]
        after = Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk)
    return seen


def _without_texts(turns: QuerySet[Turn]) -> QuerySet[Turn]:
    """In order, without the texts, which nothing here needs."""
    return turns.defer("prompt", "reply").order_by("created_at", "pk")


def record_missing(turns: Sequence[Turn]) -> set[UUID]:
    """Record those turns that have no records; gives those that were refused."""
    known = recorded([turn.pk for turn in turns])
    refused = set()
    for turn in turns:
        try:
            if turn.pk not in known:
                _record(turn)
        except LOST:
            raise
        except Exception:
            logger.exception("Turn %s stays: it could not be recorded", turn.pk)
            refused.add(turn.pk)
    return refused


def _record(turn: Turn) -> None:
    try:
        finished = _finished(turn)
    except msgspec.MsgspecError:
        _record_unreadable(turn)
    else:
        log_turn(finished)


def _record_unreadable(turn: Turn) -> None:
    logger.error("The route of turn %s cannot be read", turn.pk)
    log_unreadable(finished_of(turn, routes.undecided()))


def _prove(batch: Sequence[Turn], proof: Proof) -> None:
    told = _told([turn.pk for turn in batch])
    for turn in batch:
        try:
            if _is_mended(turn, told.get(turn.pk), proof):
                proof.mended += 1
        except LOST:
            raise
        except Exception:
            logger.exception("Turn %s could not be proved", turn.pk)
            proof.differing.append(turn.pk)


def _is_mended(turn: Turn, told: set[Key] | None, proof: Proof) -> bool:
    """Whether it had no records and has them now; what differs is noted."""
    try:
        finished = _finished(turn)
    except msgspec.MsgspecError:
        proof.differing.append(turn.pk)
        if told is None:
            _record_unreadable(turn)
        return False
    if told is None:
        log_turn(finished)
        return True
    if told != {_key(row) for row in rows_of(finished)}:
        proof.differing.append(turn.pk)
    return False


def _told(turn_ids: Sequence[UUID]) -> dict[UUID, set[Key]]:
    """What the records say of each of these turns; those without any are left out."""
    told: dict[UUID, set[Key]] = defaultdict(set)
    for row in AttemptRecord.objects.filter(turn_id__in=turn_ids).order_by():
        told[row.turn_id].add(_key(row))
    return told


def _key(row: AttemptRecord) -> Key:
    """What a record and its attempt must agree on."""
    return (row.number, row.concludes, row.input_tokens, row.output_tokens, row.cost_usd)


def _finished(turn: Turn) -> TurnFinished:
    return finished_of(turn, routes.load(turn.route) if turn.route else routes.undecided())
