"""A week of records with a bit of everything, and how the overview is asked for it."""

import re
from html import unescape

from django.test import Client

from chatcore.models import Organisation, User
from observability.models import AttemptRecord
from observability.overview.aggregate import Overview, aggregate
from observability.overview.question import Question, QuestionForm
from tests.observability.records import cached, fallback, moment, record

NOW = moment(6.5)
"""Saturday noon."""
WEEK = {"start": "2026-11-15", "end": "2026-11-21"}
EXACT = ("0.000000000001", "0.123456789012", "1.999999999999")


def make_week(acme: Organisation, globex: Organisation) -> None:
    """A bit of everything, on several days, in two organisations."""
    for day, cost in enumerate(EXACT):
        record(day, cost, user_id=day, time_to_first_token_ms=100 + day)
    fallback(3)
    record(3.2, "0.25", turn_status="failed", error_code="providers_unavailable", status="failed")
    record(4, "0.5", truncated=True, truncated_reason="token_limit", intent="social_chat")
    cached(5, "0.7")
    record(5.5, "9", source="smoke")
    record(-1, "7")
    record(7, "7")
    AttemptRecord.objects.update(organisation_id=globex.pk)
    AttemptRecord.objects.filter(time_to_first_token_ms=101).update(organisation_id=acme.pk)


def account(name: str, **fields: bool) -> User:
    """Somebody who comes in without a password: hashing one takes its time."""
    return User.objects.create(username=name, **fields)


def form(**typed: str) -> QuestionForm:
    """The form with what somebody typed."""
    return QuestionForm(typed, now=NOW)


def question(**typed: str) -> Question:
    """What is asked when somebody typed this."""
    one = form(**typed)
    assert one.is_valid(), one.errors
    return one.question()


def seen(**typed: str) -> Overview:
    """The answer to it."""
    return aggregate(question(**typed), now=NOW)


def words(client: Client, address: str) -> str:
    """What a page says, without its tags."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    bare = re.sub(r"<(script|style).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())
