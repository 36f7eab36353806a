"""May this turn be taken, and what is decided for it? The beginning of a turn in the database.

Plain sync jobs for the writer (`chatcore.db.writer`), each inside a transaction. How a turn is kept
and ended there is `chatcore.turns.leases`.
"""

from typing import Any
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.models.turns import TurnQuerySet
from chatcore.turns.data import Accepted, NewTurn
from chatcore.turns.history import TURNS_READ, before, history_of, newest
from chatcore.turns.leases import LEASE
from chatcore.turns.titles import title_from
from routing import route as routes
from routing.services import snapshot
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.health import health

MOST_WAITING = 5


def accept(member: Member, new: NewTurn) -> Accepted:
    """Insert a turn, decided and with its first attempt started unless it has to wait.

    Raises Refused; IntegrityError when another process inserts the same client id at this moment.
    """
    thread = _lock_thread(member, new.thread_id)
    recent = newest(thread)
    known = next((turn for turn in recent if turn.client_id == new.client_id), None)
    if known is None and len(recent) == TURNS_READ:
        known = Turn.objects.filter(thread=thread, client_id=new.client_id).first()
    if known is not None:
        return _same_again(known, new)
    target = _target(new, recent)
    running = [turn for turn in recent if turn.status == Turn.Status.RUNNING]
    if len(running) > MOST_WAITING:
        raise Refused("busy", "Too many messages are waiting in this conversation.")
    _check_wanted(new.wanted)
    prompt = new.text if new.kind != "retry" or target is None else target.prompt
    if target is not None:
        Turn.objects.filter(pk=target.pk).update(replaced=True)
        target.replaced = True
    decision = None if running else _decide(thread, recent, prompt, new.wanted)
    position = recent[0].position + 1 if recent else 1
    _insert(thread, position, new, prompt, target, decision)
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
    """Decide a turn that waited; None when it must still wait. Raises Refused when it is lost."""
    mine = Turn.objects.filter(pk=turn_id, status=Turn.Status.RUNNING, lease_token=lease_token)
    turn = mine.select_related("thread").first()
    if turn is None:
        raise Refused("interrupted", "This turn no longer runs here.")
    recent = before(turn)
    if any(other.status == Turn.Status.RUNNING for other in recent):
        return None
    decision = _decide(turn.thread, recent, turn.prompt, turn.wanted)
    # Nothing was locked: it may have ended while it was decided.
    begun = mine.update(
        intent=decision.route.intent,
        policy_version=decision.route.policy_version,
        route=routes.dump(decision.route).decode(),
    )
    if not begun:
        raise Refused("interrupted", "This turn no longer runs here.")
    _touch_thread(turn.thread, turn.prompt, decision)
    return decision


def note_attempts(turn_id: UUID, lease_token: UUID, route: bytes) -> None:
    """Make a further attempt durable before its call. Raises Refused when the lease is lost."""
    written = Turn.objects.filter(
        pk=turn_id, status=Turn.Status.RUNNING, lease_token=lease_token
    ).update(route=route.decode())
    if not written:
        raise Refused("interrupted", "This turn no longer runs here.")


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


def _check_wanted(model: str) -> None:
    """Raises Refused when a deployment is asked for by name that staff do not offer."""
    deployment = snapshot.current().deployments.get(model)
    if model and (deployment is None or not deployment.offered):
        raise Refused("model_not_offered", "This model is not offered here.")


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
    facts = snapshot.current()
    health.follow(facts)
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
    thread: Thread,
    position: int,
    new: NewTurn,
    prompt: str,
    target: Turn | None,
    decision: Decision | None,
) -> None:
    route = decision.route if decision else None
    Turn(
        id=new.turn_id,
        thread=thread,
        position=position,
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
    # Python's clock, not Now(): SQLite keeps Now() with fewer digits, and then equals nothing.
    now = timezone.now()
    changed: dict[str, Any] = {"updated_at": now}
    if not thread.title:
        changed["title"] = title_from(prompt)
    if decision and decision.route.left_out_turns and thread.summary_wanted_at is None:
        changed["summary_wanted_at"] = now
    Thread.objects.filter(pk=thread.pk).update(**changed)
