"""A turn without a thread has the life and the record of any other, and nobody but staff sees it."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.replies.outcome import Outcome
from chatcore.turns import orphans
from chatcore.turns.accept import accept_alone
from chatcore.turns.alone import answer_alone
from chatcore.turns.data import NewTurn
from observability.log import log_turns
from observability.models import AttemptRecord
from observability.reconcile import prove
from routing import route as routes
from routing.services import snapshot
from routing.services.context import History
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.health import health
from routing.simulator import Simulator
from tests.chatcore.life.world import row, told
from tests.factories import make_turn_alone

PROMPT = "Write down in short what was said."


def decided() -> Decision:
    return decide(
        snapshot=snapshot.current(),
        health=health,
        prompt=PROMPT,
        history=History(),
        ladder="summary",
    )


async def answer(asker: Member) -> tuple[Outcome, str]:
    return await answer_alone(
        organisation_id=asker.organisation_id,
        user_id=asker.user_id,
        source="summary",
        decision=decided(),
    )


@pytest.mark.anyio
@pytest.mark.django_db(transaction=True)
class TestATurnAlone:
    async def test_is_told_of_as_its_row_says_without_a_text(self, asker: Member, thread: Thread):
        async with told() as heard:
            outcome, text = await answer(asker)

        turn = await read(Turn.objects.get)
        assert (outcome.status, bool(text)) == ("complete", True)
        assert (turn.status, turn.prompt, turn.reply) == ("complete", "", "")
        assert (turn.thread_id, turn.position, turn.source) == (None, None, "summary")
        assert (turn.organisation_id, turn.user_id) == (asker.organisation_id, asker.user_id)
        assert turn.input_tokens
        (finished,) = heard
        assert (finished.turn_id, finished.thread_id) == (turn.pk, None)
        assert finished.started_at == turn.started_at

    async def test_costs_what_it_cost_though_its_process_died(
        self, asker: Member, thread: Thread, simulator: Simulator
    ):
        simulator.outage("openai", "ok-tokens2000-pace20")
        answering = asyncio.create_task(answer(asker))
        turn = await self._begun()
        assert [one.status for one in routes.load(turn.route).attempts] == ["started"]

        await writer.run(lambda: Turn.objects.update(process=uuid.uuid4()))  # another's, and dead
        ended = await writer.run(orphans.end_orphans)
        await writer.run(lambda: log_turns(ended))
        answering.cancel()

        stored = await row(turn.pk)
        record = await read(AttemptRecord.objects.get)
        assert (stored.status, (await answering)[0].status) == ("interrupted", "interrupted")
        assert (record.turn_id, record.status, record.source) == (turn.pk, "unknown", "summary")
        assert record.input_tokens

    async def test_is_one_turn_when_the_answer_to_its_commit_is_lost(
        self, asker: Member, thread: Thread
    ):
        def job() -> None:
            accept_alone(
                organisation_id=asker.organisation_id,
                user_id=asker.user_id,
                new=new,
                decision=decision,
                started_at=timezone.now(),
            )

        new = NewTurn(thread_id=None, client_id=None, kind="ask", source="summary")
        decision = decided()
        await writer.run(job)
        await writer.run(job)

        assert await read(Turn.objects.count) == 1

    async def _begun(self) -> Turn:
        async with asyncio.timeout(20):
            while (turn := await read(Turn.objects.first)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return turn


@pytest.mark.django_db
class TestItsRow:
    def test_is_shown_to_no_end_user(self, alice):
        turn = make_turn_alone(alice, prompt="swifts")
        client = Client()
        client.force_login(alice)

        assert client.get(f"/api/turns/{turn.pk}/").status_code == 404
        assert client.get("/api/threads/?search=swifts").json()["results"] == []

    def test_has_its_page_in_the_admin(self, staff):
        turn = make_turn_alone(staff)
        client = Client()
        client.force_login(staff)

        page = client.get(f"/admin/chatcore/turn/{turn.pk}/change/")
        listed = client.get("/admin/chatcore/turn/")
        assert "a call of its own (summary)" in page.content.decode()
        assert turn.pk.hex[:12] in listed.content.decode()

    def test_is_recorded_like_any_other_when_that_was_missed(self, alice):
        turn = make_turn_alone(alice, created_at=timezone.now() - timedelta(minutes=1))

        proof = prove()

        record = AttemptRecord.objects.get()
        assert (proof.mended, record.turn_id, record.thread_id) == (1, turn.pk, None)
        assert (record.organisation_id, record.user_id) == (turn.organisation_id, alice.pk)
        assert prove().differing == []
