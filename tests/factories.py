"""Things to test with. The cast: Alice and Bob work at Acme, Carol at Globex."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from chatcore.models import ApiToken, Membership, Organisation, Role, Thread, Turn, User
from routing import route as routes
from routing.providers.usage import Usage
from routing.route import Attempt, IntentScore, PlannedRung, Route

PASSWORD = "a password for tests"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def make_user(username: str, **fields: Any) -> User:
    """Somebody with an account, who belongs to no organisation yet."""
    return User.objects.create_user(username, password=PASSWORD, **fields)


def make_member(
    username: str, organisation: Organisation, role: str = Role.MEMBER, **fields: Any
) -> User:
    """Somebody who may chat, and do what their role says."""
    user = make_user(username, **fields)
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


def browser(user: User, **options: Any) -> Client:
    """A browser in which somebody is signed in."""
    client = Client(**options)
    client.force_login(user)
    return client


def organisation_of(user: User) -> Organisation:
    """The first organisation that somebody came to belong to."""
    return user.memberships.earliest("pk").organisation


def make_thread(owner: User, **fields: Any) -> Thread:
    """A thread of a member."""
    fields.setdefault("organisation", organisation_of(owner))
    return Thread.objects.create(owner=owner, **fields)


def make_turn(thread: Thread, prompt: str = "Why is the sky blue?", **fields: Any) -> Turn:
    """A finished turn after the thread's last one, unless fields say otherwise."""
    fields.setdefault("status", Turn.Status.COMPLETE)
    created_at = fields.pop("created_at", None)
    if fields["status"] != Turn.Status.RUNNING:
        fields.setdefault("finished_at", created_at or timezone.now())
    now = Thread.objects.get(pk=thread.pk)
    replaced = fields.get("replaces")
    fields.setdefault("position", now.last_position + 1)
    fields.setdefault("parent_id", replaced.parent_id if replaced else now.head_id)
    turn = Turn.objects.create(
        thread=thread,
        organisation_id=thread.organisation_id,
        user_id=thread.owner_id,
        client_id=uuid4(),
        prompt=prompt,
        **fields,
    )
    if created_at is not None:
        Turn.objects.filter(pk=turn.pk).update(created_at=created_at, started_at=created_at)
        turn.refresh_from_db()
    thread.head, thread.last_position = turn, max(now.last_position, fields["position"])
    thread.save(update_fields=["head", "last_position"])
    return turn


def make_turn_alone(user: User, **fields: Any) -> Turn:
    """A finished turn without a thread: a summary, unless fields say otherwise."""
    created_at = fields.pop("created_at", None) or timezone.now()
    fields.setdefault("status", Turn.Status.COMPLETE)
    if fields["status"] != Turn.Status.RUNNING:
        fields.setdefault("finished_at", created_at)
    turn = Turn.objects.create(
        organisation=organisation_of(user),
        user=user,
        source=fields.pop("source", "summary"),
        started_at=created_at,
        **fields,
    )
    Turn.objects.filter(pk=turn.pk).update(created_at=created_at)
    turn.refresh_from_db()
    return turn


def make_token(user: User, **fields: Any) -> str:
    """A program's token on a member's behalf: its text."""
    text = ApiToken.make()
    fields.setdefault("organisation", organisation_of(user))
    ApiToken.objects.create(
        name="a program",
        user=user,
        digest=ApiToken.digest_of(text),
        last_four=text[-4:],
        **fields,
    )
    return text


def make_route(**fields: Any) -> Route:
    """A request that Gemini was too busy for, so that OpenAI answered it."""
    fields.setdefault("attempts", [make_attempt(1, failed=True), make_attempt(2)])
    fields.setdefault("policy_version", 3)
    return Route(
        intent="coding_help",
        reason="coding help: asks for a function",
        ladder="coding_help",
        scores=(IntentScore("coding_help", 0.9, ("keyword: function",)),),
        rungs=(
            PlannedRung(deployment="gemini/flash", label="Flash", provider="Gemini"),
            PlannedRung(deployment="openai/luna", label="Luna", provider="OpenAI"),
            PlannedRung(deployment="kimi/k3", label="K3", provider="Kimi", passed_over="no key"),
        ),
        context_tokens=321,
        **fields,
    )


def make_attempt(number: int, *, failed: bool = False) -> Attempt:
    """One call: the failed kind was refused at once, the other answered in 900 ms."""
    if failed:
        return Attempt(
            number=number,
            deployment="gemini/flash",
            provider="gemini",
            rung=0,
            status="failed",
            error="rate_limit",
            http_status=429,
            started_ms=5,
            ended_ms=45,
            cost_usd=Decimal(0),
            cost_source="computed",
        )
    return Attempt(
        number=number,
        deployment="openai/luna",
        provider="openai",
        rung=1,
        status="ok",
        started_ms=50,
        opened_ms=120,
        first_token_ms=210,
        ended_ms=950,
        model_answered="luna-2026-10",
        finish_reason="stop",
        raw_finish_reason="completed",
        usage=Usage(input_tokens=200, output_tokens=40, cache_read_tokens=128),
        usage_source="reported",
        cost_usd=Decimal("0.000345678"),
        cost_source="computed",
        price=7,
        reply_characters=160,
    )


def route_text(route: Route | None = None) -> str:
    """A route as a turn keeps it."""
    return routes.dump(route or make_route()).decode()
