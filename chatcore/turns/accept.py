"""Accepts turns: whether one may be taken, where it stands in its thread, and what is decided for it.

Plain sync jobs for the writer (`chatcore.db.writer`), each inside a transaction.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from chatcore.errors import Refused
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.turns.data import Accepted, NewTurn
from chatcore.turns.history import Line, history_of, line_to, look_around
from chatcore.turns.processes import here
from chatcore.turns.progress import mine
from chatcore.turns.titles import title_from
from routing import route as routes
from routing.route import Route
from routing.services import snapshot
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.health import health

MOST_WAITING = 5


def accept(*, member: Member, new: NewTurn, started_at: datetime) -> Accepted:
    """Insert a turn, decided and with its first attempt started unless it has to wait.

    Raises Refused; IntegrityError when another process inserts the same client id at this moment.
    """
    thread = _lock_thread(member, new.thread_id)
    around = look_around(thread, new.client_id)
    if around.known is not None:
        return _known_already(around.known, new, started_at)
    target, line = _target(thread, new, around.line)
    if around.unfinished > MOST_WAITING:
        raise Refused("busy", "Too many messages are waiting in this conversation.")
    _check_wanted(new.wanted)
    prompt = new.text if new.kind != "retry" or target is None else target.prompt
    decision = None if around.unfinished else _decide(thread, line, prompt, new.wanted)
    Turn(
        id=new.turn_id,
        thread=thread,
        organisation_id=thread.organisation_id,
        user_id=thread.owner_id,
        parent_id=target.parent_id if target else thread.head_id,
        position=thread.last_position + 1,
        client_id=new.client_id,
        replaces=target,
        source=new.source,
        wanted=new.wanted,
        prompt=prompt,
        process=here.id,
        started_at=started_at,
        **(_decided(decision.route) if decision else {}),
    ).save(force_insert=True)
    _touch_thread(
        thread, prompt, decision, head_id=new.turn_id, last_position=thread.last_position + 1
    )
    return Accepted(turn_id=new.turn_id, decision=decision, replaces=target.pk if target else None)


def accept_alone(
    *, organisation_id: int, user_id: int, new: NewTurn, decision: Decision, started_at: datetime
) -> None:
    """Insert a turn without a thread, decided and with its first attempt started."""
    if mine(new.turn_id).exists():  # the answer to its COMMIT was lost, and the job runs again
        return
    Turn(
        id=new.turn_id,
        organisation_id=organisation_id,
        user_id=user_id,
        client_id=new.client_id,
        source=new.source,
        wanted=new.wanted,
        prompt=new.text if new.keeps_text else "",
        process=here.id,
        started_at=started_at,
        **_decided(decision.route),
    ).save(force_insert=True)


def begin(turn_id: UUID, *, started_at: datetime) -> Decision | None:
    """Decide a turn that waited; None when it must still wait. Raises Refused when it is lost."""
    turn = mine(turn_id).select_related("thread").first()
    if turn is None or turn.thread is None:
        raise Refused("interrupted", "This turn no longer runs here.")
    earlier = Turn.objects.filter(thread=turn.thread, position__lt=turn.position)
    if earlier.filter(status=Turn.Status.RUNNING).exists():
        return None
    decision = _decide(turn.thread, line_to(turn.parent_id), turn.prompt, turn.wanted)
    # Nothing was locked: it may have ended while it was decided.
    if not mine(turn_id).update(started_at=started_at, **_decided(decision.route)):
        raise Refused("interrupted", "This turn no longer runs here.")
    _touch_thread(turn.thread, turn.prompt, decision)
    return decision


def _lock_thread(member: Member, thread_id: UUID | None) -> Thread:
    threads = Thread.objects.visible_to(
        user_id=member.user_id, organisation_id=member.organisation_id
    )
    thread = threads.select_for_update().filter(pk=thread_id).first() if thread_id else None
    if thread is None:
        raise Refused("not_found", "There is no such conversation.")
    return thread


def _known_already(known: Turn, new: NewTurn, started_at: datetime) -> Accepted:
    """The turn that the asker's id stands for. Raises Refused when it is another message's."""
    same = known.prompt == new.text if new.kind != "retry" else known.replaces_id == new.target
    if not same:
        raise Refused("id_reused", "This id was used for another message.")
    if known.pk == new.turn_id and known.status == Turn.Status.RUNNING:
        # It is this very turn: the answer to its COMMIT was lost, and the job runs again.
        decision = begin(known.pk, started_at=started_at)
        return Accepted(turn_id=known.pk, decision=decision, replaces=known.replaces_id)
    return Accepted(turn_id=known.pk, duplicate=True, replaces=known.replaces_id)


def _target(thread: Thread, new: NewTurn, line: Line) -> tuple[Turn | None, Line]:
    """The turn to retry or edit, and the line that the new turn goes on from."""
    if new.kind == "ask":
        return None, line
    place = next((at for at, turn in enumerate(line.turns) if turn.pk == new.target), None)
    if place is not None:
        target, line = line.turns[place], line.before(place)
    else:
        found = Turn.objects.filter(thread=thread, pk=new.target).first() if new.target else None
        if found is None:
            raise Refused("not_found", "There is no such turn.")
        target, line = found, line_to(found.parent_id)
    if target.status == Turn.Status.RUNNING:
        raise Refused("still_running", "This reply is still being written; stop it first.")
    return target, line


def _check_wanted(model: str) -> None:
    """Raises Refused when a deployment is asked for by name that staff do not offer."""
    deployment = snapshot.current().deployments.get(model)
    if model and (deployment is None or not deployment.offered):
        raise Refused("model_not_offered", "This model is not offered here.")


def _decide(thread: Thread, line: Line, prompt: str, wanted: str) -> Decision:
    facts = snapshot.current()
    health.follow(facts)
    decision = decide(
        snapshot=facts,
        health=health,
        prompt=prompt,
        history=history_of(thread, line),
        wanted=wanted or None,
    )
    decision.mark_first_attempt()
    return decision


def _decided(route: Route) -> dict[str, Any]:
    """What a row says of a turn that was decided and has not ended."""
    return {
        "intent": route.intent,
        "policy_version": route.policy_version,
        "route": routes.dump(route).decode(),
    }


def _touch_thread(thread: Thread, prompt: str, decision: Decision | None, **changed: Any) -> None:
    now = timezone.now()
    changed["updated_at"] = now
    if not thread.title:
        changed["title"] = title_from(prompt)
    if decision and decision.route.left_out_turns and thread.summary_wanted_at is None:
        # Python's clock, not Now(): SQLite keeps Now() with fewer digits, and then equals nothing.
        changed["summary_wanted_at"] = now
    Thread.objects.filter(pk=thread.pk).update(**changed)
