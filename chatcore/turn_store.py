"""What does the database know of turns? Every read and write of a turn's life, as plain sync jobs.

They run on the writer (`chatcore.database`), each inside a transaction. A running turn holds a lease
by the database's clock: whoever lost it can no longer write, and its turn ends as interrupted.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
from django.db.models.functions import Now

from chatcore.accounts import Member
from chatcore.history import TURNS_READ, before, history_of
from chatcore.models import Thread, Turn
from chatcore.models.turns import TurnQuerySet
from chatcore.outcome import Outcome
from chatcore.titles import title_from
from routing import route as routes
from routing.services import snapshot
from routing.services.breaker import health
from routing.services.decide import decide
from routing.services.plan import Decision

LEASE = timedelta(seconds=15)
MOST_WAITING = 5


class Refused(Exception):
    """A request about a turn that cannot be met; `code` and text are for the client."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NewTurn(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks."""

    turn_id: UUID
    thread_id: UUID
    client_id: UUID
    kind: Literal["ask", "retry", "edit"]
    text: str = ""
    target: UUID | None = None
    """The turn to retry or edit."""
    wanted: str = ""
    lease_token: UUID
    source: str = "chat"


def new_turn(
    thread_id: UUID,
    client_id: UUID | None,
    *,
    kind: Literal["ask", "retry", "edit"],
    text: str = "",
    target: UUID | None = None,
    wanted: str = "",
    source: str = "chat",
) -> NewTurn:
    """What somebody asks, with ids of its own."""
    return NewTurn(
        turn_id=uuid4(),
        thread_id=thread_id,
        client_id=client_id or uuid4(),
        kind=kind,
        text=text,
        target=target,
        wanted=wanted,
        lease_token=uuid4(),
        source=source,
    )


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that is in the database."""

    turn_id: UUID
    client_id: UUID
    prompt: str
    duplicate: bool = False
    waits: bool = False
    """Another turn of the thread runs; this one has no decision yet."""
    decision: Decision | None = None
    replaces: UUID | None = None


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a running turn has come."""

    turn_id: UUID
    lease_token: UUID
    reply: str
    seq: int


def accept(member: Member, new: NewTurn) -> Accepted:
    """Insert a turn, decided and with its first attempt started unless it has to wait.

    Raises Refused; IntegrityError when another process inserts the same client id at this moment.
    """
    thread = _lock_thread(member, new.thread_id)
    recent = list(
        Turn.objects.filter(thread=thread).order_by("-created_at", "-id")[: TURNS_READ + 1]
    )
    known = next((turn for turn in recent if turn.client_id == new.client_id), None)
    if known is None and len(recent) > TURNS_READ:
        known = Turn.objects.filter(thread=thread, client_id=new.client_id).first()
    if known is not None:
        return _same_again(known, new)
    target = _target(new, recent)
    running = [turn for turn in recent if turn.status == Turn.Status.RUNNING]
    if len(running) > MOST_WAITING:
        raise Refused("busy", "Too many messages are waiting in this conversation.")
    prompt = new.text if new.kind != "retry" or target is None else target.prompt
    if target is not None:
        Turn.objects.filter(pk=target.pk).update(replaced=True)
        recent = [turn for turn in recent if turn.pk != target.pk]
    decision = None if running else _decide(thread, recent, prompt, new.wanted)
    _insert(thread, new, prompt, target, decision)
    _touch_thread(thread, prompt, decision)
    return Accepted(
        turn_id=new.turn_id,
        client_id=new.client_id,
        prompt=prompt,
        waits=bool(running),
        decision=decision,
        replaces=target.pk if target else None,
    )


def begin(turn_id: UUID, lease_token: UUID) -> Decision | None:
    """Decide a turn that waited; None when it must still wait, or no longer runs."""
    turn = (
        Turn.objects.select_related("thread")
        .filter(pk=turn_id, status=Turn.Status.RUNNING, lease_token=lease_token)
        .first()
    )
    if turn is None:
        raise Refused("interrupted", "This turn no longer runs here.")
    recent = before(turn)
    if any(other.status == Turn.Status.RUNNING for other in recent):
        return None
    decision = _decide(turn.thread, recent, turn.prompt, turn.wanted)
    Turn.objects.filter(pk=turn_id).update(
        intent=decision.route.intent,
        policy_version=decision.route.policy_version,
        route=routes.dump(decision.route).decode(),
    )
    _touch_thread(turn.thread, turn.prompt, decision)
    return decision


def note_attempts(turn_id: UUID, lease_token: UUID, route: bytes) -> None:
    """Make a further attempt durable before its call. Raises Refused when the lease is lost."""
    written = Turn.objects.filter(
        pk=turn_id, status=Turn.Status.RUNNING, lease_token=lease_token
    ).update(route=route.decode())
    if not written:
        raise Refused("interrupted", "This turn no longer runs here.")


def checkpoint(running: Sequence[Checkpoint]) -> tuple[set[UUID], set[UUID]]:
    """Renew leases and keep partial replies; gives the turns asked to stop, and those lost."""
    lost: set[UUID] = set()
    for point in running:
        mine = Turn.objects.filter(
            pk=point.turn_id, status=Turn.Status.RUNNING, lease_token=point.lease_token
        )
        if not mine.update(reply=point.reply, seq=point.seq, lease_expires_at=Now() + LEASE):
            lost.add(point.turn_id)
    ids = [point.turn_id for point in running]
    asked = Turn.objects.filter(pk__in=ids, stop_asked=True).values_list("pk", flat=True)
    return set(asked), lost


def finish(point: Checkpoint, outcome: Outcome, route: bytes, *, finished_at: datetime) -> bool:
    """The one final write; False when the turn was no longer ours to end."""
    return bool(
        Turn.objects.filter(
            pk=point.turn_id, status=Turn.Status.RUNNING, lease_token=point.lease_token
        ).update(
            **outcome.columns(),
            reply=point.reply,
            seq=point.seq,
            route=route.decode(),
            finished_at=finished_at,
            lease_token=None,
            lease_expires_at=None,
        )
    )


def end_orphans() -> int:
    """End turns whose process died: their text is kept, their open attempt is unknown."""
    ended = 0
    orphans = Turn.objects.filter(status=Turn.Status.RUNNING, lease_expires_at__lt=Now())
    for turn in orphans[:200]:
        ended += Turn.objects.filter(
            pk=turn.pk, status=Turn.Status.RUNNING, lease_token=turn.lease_token
        ).update(
            status=Turn.Status.INTERRUPTED,
            error_code="interrupted",
            route=_with_unknown_attempt(turn.route),
            finished_at=Now(),
            lease_token=None,
            lease_expires_at=None,
        )
    return ended


def ask_stop(member: Member, turn_id: UUID) -> bool:
    """Note that a turn shall stop, wherever it runs; False when it has ended already.

    Raises Refused for a turn that this member cannot see.
    """
    turns = _visible(member).filter(pk=turn_id)
    if turns.filter(status=Turn.Status.RUNNING).update(stop_asked=True):
        return True
    if not turns.exists():
        raise Refused("not_found", "There is no such turn.")
    return False


def look_up(member: Member, turn_id: UUID) -> Turn:
    """A turn as its row is now. Raises Refused."""
    turn = _visible(member).filter(pk=turn_id).first()
    if turn is None:
        raise Refused("not_found", "There is no such turn.")
    return turn


def may_see_thread(member: Member, thread_id: UUID) -> bool:
    """Whether a thread is this member's."""
    return (
        Thread.objects.visible_to(user_id=member.user_id, organisation_id=member.organisation_id)
        .filter(pk=thread_id)
        .exists()
    )


def check_wanted(model: str | None) -> str:
    """The deployment that somebody asks for by name. Raises Refused when staff do not offer it."""
    if model is None:
        return ""
    deployment = snapshot.current().deployments.get(model)
    if deployment is None or not deployment.offered:
        raise Refused("model_not_offered", "This model is not offered here.")
    return model


def _visible(member: Member) -> TurnQuerySet:
    return Turn.objects.visible_to(user_id=member.user_id, organisation_id=member.organisation_id)


def _lock_thread(member: Member, thread_id: UUID) -> Thread:
    thread = (
        Thread.objects.visible_to(user_id=member.user_id, organisation_id=member.organisation_id)
        .select_for_update()
        .filter(pk=thread_id)
        .first()
    )
    if thread is None:
        raise Refused("not_found", "There is no such conversation.")
    return thread


def _same_again(known: Turn, new: NewTurn) -> Accepted:
    same = known.prompt == new.text if new.kind != "retry" else known.replaces_id == new.target
    if not same:
        raise Refused("id_reused", "This id was used for another message.")
    return Accepted(
        turn_id=known.pk,
        client_id=known.client_id,
        prompt=known.prompt,
        duplicate=True,
        replaces=known.replaces_id,
    )


def _target(new: NewTurn, recent: list[Turn]) -> Turn | None:
    """The turn to replace: only the thread's last one can be."""
    if new.kind == "ask":
        return None
    standing = [turn for turn in recent if not turn.replaced]
    if not standing or standing[0].pk != new.target:
        known = any(turn.pk == new.target for turn in recent)
        raise Refused(
            "not_last" if known else "not_found",
            "Only the last message can be sent again." if known else "There is no such turn.",
        )
    if standing[0].status == Turn.Status.RUNNING:
        raise Refused("still_running", "This reply is still being written; stop it first.")
    return standing[0]


def _decide(thread: Thread, newest_first: list[Turn], prompt: str, wanted: str) -> Decision:
    facts = snapshot.refresh()
    health.as_of(facts.revision)
    decision = decide(
        snapshot=facts,
        health=health,
        prompt=prompt,
        history=history_of(thread, newest_first),
        wanted=wanted or None,
    )
    decision.mark_first_attempt()
    return decision


def _insert(
    thread: Thread, new: NewTurn, prompt: str, target: Turn | None, decision: Decision | None
) -> None:
    route = decision.route if decision else None
    Turn(
        id=new.turn_id,
        thread=thread,
        client_id=new.client_id,
        replaces=target,
        source=new.source,
        wanted=new.wanted,
        prompt=prompt,
        lease_token=new.lease_token,
        lease_expires_at=Now() + LEASE,
        intent=route.intent if route else "",
        policy_version=route.policy_version if route else None,
        route=routes.dump(route).decode() if route else "",
    ).save(force_insert=True)


def _touch_thread(thread: Thread, prompt: str, decision: Decision | None) -> None:
    changed: dict[str, Any] = {"updated_at": Now()}
    if not thread.title:
        changed["title"] = title_from(prompt)
    if decision and decision.route.left_out_turns and thread.summary_wanted_at is None:
        changed["summary_wanted_at"] = Now()
    Thread.objects.filter(pk=thread.pk).update(**changed)


def _with_unknown_attempt(raw: str) -> str:
    if not raw:
        return raw
    route = routes.load(raw)
    for attempt in route.attempts:
        if attempt.status == "started":
            attempt.status = "unknown"
    return routes.dump(route).decode()
