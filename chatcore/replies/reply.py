"""The log of a reply that is being written, which any number of sockets follow.

It belongs to the web process, not to a socket. Each frame is encoded once for all its followers;
a follower that falls behind is sent joined deltas, or one snapshot.
"""

import asyncio
from bisect import bisect_right
from uuid import UUID

from chatcore.models import Turn
from chatcore.replies import frames
from chatcore.replies.frames import LEG
from chatcore.replies.outcome import Outcome

JOIN_FROM = 8
"""Deltas that a follower is behind by before they are joined into one."""


class Reply:
    """The log of one turn's reply, from its accept to its end."""

    def __init__(self, *, turn_id: UUID, thread_id: UUID | None = None) -> None:
        self.turn_id = turn_id
        self.thread_id = thread_id
        self.leg = 0
        self.waiting = False
        self.route_frame: str | None = None
        self.reset_frame: str | None = None
        self.last_frame: str | None = None
        self.ended = asyncio.Event()
        self._parts: list[str] = []
        self._ends: list[int] = []
        self._deltas: list[str] = []
        self._followers: set[Follower] = set()

    @property
    def length(self) -> int:
        """Characters of the current leg."""
        return self._ends[-1] if self._ends else 0

    @property
    def seq(self) -> int:
        return self.leg * LEG + self.length

    @property
    def text(self) -> str:
        """What a follower shows now."""
        return "".join(self._parts)

    def wait_for_earlier(self) -> None:
        """Note that another turn of the thread comes first."""
        self.waiting = True
        self._wake()

    def answer_by(self, outcome: Outcome, activity: str = "") -> None:
        """Say who answers; again when that changes. `activity`: what it does before its first words."""
        self.waiting = False
        self.route_frame = frames.encode(
            "route",
            turn=self.turn_id,
            seq=self.seq,
            intent=outcome.intent,
            provider=outcome.provider,
            model=outcome.model,
            label=outcome.label,
            reason=outcome.reason,
            cache_hit=outcome.cache_hit,
            **({"activity": activity} if activity else {}),
        )
        self._wake()

    def append(self, text: str) -> None:
        """Add the next words."""
        if not text:
            return
        text = text.replace("\x00", "\ufffd")  # which PostgreSQL cannot keep
        self._parts.append(text)
        self._ends.append(self.length + len(text))
        self._deltas.append(frames.encode("delta", turn=self.turn_id, seq=self.seq, text=text))
        self._wake()

    def reset(self, reason: str, *, leg: int | None = None) -> None:
        """Begin a new leg, the next one unless it is named: what was said no longer stands."""
        self.leg = self.leg + 1 if leg is None else leg
        self._parts, self._ends, self._deltas = [], [], []
        self.reset_frame = frames.encode("reset", turn=self.turn_id, seq=self.seq, reason=reason)
        self._wake()

    def end(self, outcome: Outcome) -> None:
        """End it with the frame that nothing follows."""
        self.last_frame = outcome.last_frame(self.turn_id, self.seq)
        self.ended.set()
        self._wake()

    def words_after(self, shown: int) -> list[tuple[int, str]]:
        """The deltas after so many characters of this leg, joined into one if they are many."""
        first = bisect_right(self._ends, shown)
        if first == len(self._ends):
            return []
        base = self.leg * LEG
        begins = self._ends[first - 1] if first else 0
        if begins == shown and len(self._ends) - first <= JOIN_FROM:
            ends = (base + end for end in self._ends[first:])
            return list(zip(ends, self._deltas[first:], strict=True))
        text = "".join(self._parts[first:])[shown - begins :]
        return [(self.seq, frames.encode("delta", turn=self.turn_id, seq=self.seq, text=text))]

    def follow(self, after: int) -> "Follower":
        """A follower that gets everything after a position."""
        follower = Follower(self, after)
        self._followers.add(follower)
        return follower

    def leave(self, follower: "Follower") -> None:
        """Let a follower go."""
        self._followers.discard(follower)

    def _wake(self) -> None:
        for follower in self._followers:
            follower.news.set()


def reply_of(turn: Turn) -> Reply:
    """A turn's reply as its row has it, ended if the turn has."""
    reply = Reply(turn_id=turn.pk, thread_id=turn.thread_id)
    mirror(turn, reply)
    return reply


def mirror(turn: Turn, reply: Reply) -> None:
    """Bring a reply up to what the row says: more words, another leg, the end."""
    outcome = Outcome.of(turn)
    leg = turn.seq // LEG
    if leg != reply.leg or not turn.reply.startswith(reply.text):
        reply.reset("restarted", leg=leg)
    if turn.provider and reply.route_frame is None:
        reply.answer_by(outcome)
    reply.append(turn.reply[reply.length :])
    if turn.status != Turn.Status.RUNNING:
        reply.end(outcome)


class Follower:
    """One socket's place in a reply."""

    def __init__(self, reply: Reply, after: int) -> None:
        self.news = asyncio.Event()
        self.news.set()
        self.finished = False
        self._reply = reply
        self._leg, self._shown = divmod(max(0, after), LEG)
        self._sent_waiting = False
        self._route_frame: str | None = None
        self._rejoin = self._leg != reply.leg or self._shown > reply.length
        """Its place is not one of the current leg: it is sent the whole text."""

    def take(self) -> list[tuple[int, str]]:
        """The frames that are due, each with its seq; the last one ends the follower."""
        self.news.clear()
        reply, due = self._reply, list[tuple[int, str]]()
        if reply.waiting and not self._sent_waiting:
            self._sent_waiting = True
            due.append((0, frames.encode("waiting", turn=reply.turn_id)))
        if self._rejoin:
            due += self._caught_up()
        elif self._leg != reply.leg:
            due += self._new_leg()
        due += self._route_if_new()
        due += self._new_words()
        if reply.last_frame is not None:
            due.append((reply.seq, reply.last_frame))
            self.finished = True
        return due

    def take_snapshot(self) -> list[tuple[int, str]]:
        """Everything at once, for a socket that has been too slow for the deltas."""
        self._rejoin = True
        return self.take()

    def _caught_up(self) -> list[tuple[int, str]]:
        reply = self._reply
        self._rejoin = False
        self._leg, self._shown = reply.leg, reply.length
        frame = frames.encode("snapshot", turn=reply.turn_id, seq=reply.seq, text=reply.text)
        return [(reply.seq, frame)]

    def _new_leg(self) -> list[tuple[int, str]]:
        reply = self._reply
        self._leg, self._shown = reply.leg, 0
        return [(reply.leg * LEG, reply.reset_frame)] if reply.reset_frame else []

    def _route_if_new(self) -> list[tuple[int, str]]:
        frame = self._reply.route_frame
        if frame is None or frame is self._route_frame:
            return []
        self._route_frame = frame
        return [(self._reply.leg * LEG + self._shown, frame)]

    def _new_words(self) -> list[tuple[int, str]]:
        due = self._reply.words_after(self._shown)
        self._shown = self._reply.length
        return due
