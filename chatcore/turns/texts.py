"""Tells which running replies are due to be written to their rows.

A text is written when it has grown by half, or after ten seconds: so what is written stays in
proportion to its length.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from chatcore.replies.frames import LEG
from chatcore.replies.reply import Reply

GROWTH = 1.5
LONGEST_S = 10.0


class _Kept(msgspec.Struct, frozen=True):
    seq: int
    at: float


class KeptTexts:
    """What the rows of the running replies hold."""

    def __init__(self) -> None:
        self._kept: dict[UUID, _Kept] = {}

    def due(self, replies: Iterable[Reply], *, now: float) -> list[Reply]:
        """The replies to be written now, in the order of their ids; `now` is a monotonic second."""
        replies = list(replies)
        self._kept = {
            reply.turn_id: self._kept.get(reply.turn_id) or _Kept(0, now) for reply in replies
        }
        due = [reply for reply in replies if self._is_due(reply, now)]
        return sorted(due, key=lambda reply: reply.turn_id)

    def note(self, turn_id: UUID, *, seq: int, now: float) -> None:
        """A reply was written as far as `seq`."""
        self._kept[turn_id] = _Kept(seq, now)

    def _is_due(self, reply: Reply, now: float) -> bool:
        kept = self._kept[reply.turn_id]
        if reply.seq == kept.seq:
            return False
        leg, length = divmod(kept.seq, LEG)
        return reply.leg != leg or reply.length >= GROWTH * length or now - kept.at >= LONGEST_S
