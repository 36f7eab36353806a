"""Records what a killed process had not recorded, and proves that records say what their turns do.

A turn's row holds its whole route, so that its records can be made again as they would have been.
Nothing is recorded that is older than records are kept.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chatcore.db.errors import LOST
from chatcore.models import Retention, Turn
from chatcore.turns.signals import TurnFinished, finished_of
from observability.log import log_turn, log_unreadable, recorded, rows_of
from observability.models import AttemptRecord, ProofPoint
from routing import route as routes

logger = logging.getLogger(__name__)
SETTLED = timedelta(seconds=5)
"""After its end a turn's records may still be on their way for so long."""
RECENT = timedelta(hours=1)
LONGEST_TURN = timedelta(days=1)
"""No turn runs for longer; so far the nightly proof goes back beyond the one before."""
ALL_EVERY = timedelta(days=30)
"""How often all turns are proved, and not only those since the last proof."""
BATCH = 200
READ = (
    "thread",
    "organisation",
    "user",
    "source",
    "status",
    "error_code",
    "route",
    "latency_ms",
    "time_to_first_token_ms",
    "created_at",
    "started_at",
)
"""The columns of a turn that its records are made of; not its texts."""
COMPARED = ("number", "concludes", "input_tokens", "output_tokens", "cost_usd")
"""What a record and its attempt must agree on."""
Key = tuple[Any, ...]


class Proof(msgspec.Struct, kw_only=True):
    """What a comparison of turns and records found, and what it mended."""

    turns: int = 0
    mended: int = 0
    """Turns that had no record, and have them now."""
    differing: list[UUID] = []
    """Turns whose records are not what their route says. They are reported, never rewritten."""

    @property
    def in_words(self) -> str:
        """The result as a sentence for a log, a page or a shell."""
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


def prove_new(*, now: datetime) -> Proof:
    """Prove the turns since the last proof, and every month all of them."""
    point = ProofPoint.current()
    is_all = point.all_proved_at is None or point.all_proved_at <= now - ALL_EVERY
    since = None if is_all or point.proved_until is None else point.proved_until - LONGEST_TURN
    proof = prove(since=since)
    point.proved_until = now
    if is_all:
        point.all_proved_at = now
    point.save()
    return proof


def _ended(now: datetime) -> QuerySet[Turn]:
    before = now - SETTLED
    ended = Turn.objects.filter(finished_at__lt=before).exclude(status=Turn.Status.RUNNING)
    # What these say of `created_at` can be looked up in an index.
    return ended.filter(created_at__lt=before, created_at__gte=_kept_since(now))


def _kept_since(now: datetime) -> datetime:
    """Older records are removed, so their turns count as recorded."""
    return Retention.current().records_kept_since(now)


def _records() -> QuerySet[AttemptRecord]:
    return AttemptRecord.objects.filter(turn_id=OuterRef("pk"))


def _walk(turns: QuerySet[Turn], look: Callable[[Sequence[Turn]], None]) -> int:
    """Look at turns, oldest first, a batch at a time; gives their number."""
    seen = 0
    ordered = turns.only(*READ).order_by("created_at", "pk")
    batch = list(ordered[:BATCH])
    while batch:
        look(batch)
        seen += len(batch)
        at, last = batch[-1].created_at, batch[-1].pk
        # The first condition alone can be looked up in an index.
        rest = ordered.filter(Q(created_at__gt=at) | Q(pk__gt=last), created_at__gte=at)
        batch = list(rest[:BATCH])
    return seen


def record_missing(turns: Sequence[Turn]) -> set[UUID]:
    """Record those turns that have no records; gives those that were refused.

    One whose record would be removed for its age is left alone.
    """
    since = _kept_since(timezone.now())
    kept = [turn for turn in turns if turn.created_at >= since]
    known = recorded([turn.pk for turn in kept])
    refused = set()
    for turn in kept:
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
    found = _recorded_keys([turn.pk for turn in batch])
    for turn in batch:
        try:
            if _is_mended(turn, found.get(turn.pk), proof):
                proof.mended += 1
        except LOST:
            raise
        except Exception:
            logger.exception("Turn %s could not be proved", turn.pk)
            proof.differing.append(turn.pk)


def _is_mended(turn: Turn, found: set[Key] | None, proof: Proof) -> bool:
    """Whether it had no records and has them now; what differs is noted."""
    try:
        finished = _finished(turn)
    except msgspec.MsgspecError:
        proof.differing.append(turn.pk)
        if found is None:
            _record_unreadable(turn)
        return False
    if found is None:
        log_turn(finished)
        return True
    if found != {_key(row) for row in rows_of(finished)}:
        proof.differing.append(turn.pk)
    return False


def _recorded_keys(turn_ids: Sequence[UUID]) -> dict[UUID, set[Key]]:
    """What the records say of each of these turns; those without any are left out."""
    found: dict[UUID, set[Key]] = defaultdict(set)
    rows = AttemptRecord.objects.filter(turn_id__in=turn_ids).order_by()
    for turn_id, *key in rows.values_list("turn_id", *COMPARED):
        found[turn_id].add(tuple(key))
    return found


def _key(row: AttemptRecord) -> Key:
    return tuple(getattr(row, name) for name in COMPARED)


def _finished(turn: Turn) -> TurnFinished:
    return finished_of(turn, routes.load(turn.route) if turn.route else routes.undecided())
