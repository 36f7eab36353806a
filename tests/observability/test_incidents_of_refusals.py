"""The provider errors that only staff can repair become incidents."""

from uuid import uuid4

import pytest
from django.utils import timezone

from chatcore.db.writer import writer
from chatcore.turns.signals import TurnFinished, turn_finished
from observability.alerts import refusals
from observability.alerts.refusals import OF_KEYS, OF_MODELS
from observability.models import Incident
from routing.providers import errors
from routing.providers.errors import Cools, ProviderError
from routing.route import Attempt, Route
from tests.observability.incident_world import KEY, SUBJECT


def finished(**fields) -> TurnFinished:
    attempt = {
        "number": 1,
        "deployment": "openai/luna",
        "provider": "openai",
        "rung": 0,
        "key": "test key",
        "status": "failed",
        "error": "auth",
        "http_status": 401,
    }
    return TurnFinished(
        turn_id=uuid4(),
        thread_id=uuid4(),
        organisation_id=1,
        user_id=1,
        source="chat",
        status="complete",
        route=Route(
            intent="coding_help",
            reason="",
            policy_version=1,
            ladder="coding_help",
            attempts=[Attempt(**{**attempt, **fields})],
        ),
        started_at=timezone.now(),
        latency_ms=10,
        time_to_first_token_ms=None,
    )


class TestARefusal:
    def test_is_every_error_after_which_a_key_or_a_model_rests(self):
        resting: dict[Cools, set[str]] = {Cools.KEY: set(), Cools.DEPLOYMENT: set()}
        for error in vars(errors).values():
            if isinstance(error, type) and issubclass(error, ProviderError):
                resting.get(error.cools, set()).add(getattr(error, "code", ""))

        assert resting[Cools.KEY] == set(OF_KEYS)
        assert resting[Cools.DEPLOYMENT] == set(OF_MODELS)

    def test_names_the_key_by_its_label_and_says_what_happened(self):
        (found,) = refusals.refusals(finished())

        assert (found.kind, found.subject) == (KEY, SUBJECT)
        assert "Asked for openai/luna, openai refused the key" in found.text
        assert found.text.endswith("(HTTP 401).")

    def test_names_a_model_that_is_gone(self):
        (found,) = refusals.refusals(finished(error="model_not_found", http_status=404))

        assert (found.kind, found.subject) == (Incident.Kind.MODEL_GONE, "openai/luna")

    @pytest.mark.parametrize("error", ["", "timeout", "rate_limit", "parameter_refused"])
    def test_is_nothing_else(self, error: str):
        assert not list(refusals.refusals(finished(error=error)))


@pytest.mark.anyio
@pytest.mark.django_db(transaction=True)
class TestTheListener:
    @pytest.fixture(autouse=True)
    def _close_the_writer(self):
        yield
        writer.close()

    async def test_hears_of_a_turn_that_has_ended(self):
        await turn_finished.asend_robust("chatcore", finished=finished())

        assert (await writer.run(Incident.objects.get)).subject == SUBJECT

    async def test_lets_nothing_rise_into_the_chat(self, caplog):
        ended = finished(http_status="\0")  # a text that no column takes

        results = await turn_finished.asend_robust("chatcore", finished=ended)

        assert [error for _, error in results if error] == []
        assert "No incident could be raised" in caplog.text

    async def test_hears_of_a_model_that_refuses_one_message_after_the_other(self):
        for _ in range(2):
            await turn_finished.asend_robust("chatcore", finished=finished(error="invalid_request"))
            assert await writer.run(Incident.objects.count) == 0
        await turn_finished.asend_robust("chatcore", finished=finished(error="invalid_request"))

        incident = await writer.run(Incident.objects.get)
        assert (incident.kind, incident.subject) == (
            Incident.Kind.NOT_UNDERSTOOD,
            "openai/luna",
        )

    async def test_hears_nothing_of_a_refusal_between_answers(self):
        for error in ("protocol", "", "protocol", "timeout", "protocol"):
            await turn_finished.asend_robust("chatcore", finished=finished(error=error))

        assert await writer.run(Incident.objects.count) == 0
