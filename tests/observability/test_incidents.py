"""Trouble is one incident however often it is seen, until it is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from observability.alerts import close_incident, raise_incident
from observability.models import Incident
from routing.models import Deployment, ProviderKey
from tests.observability.incident_world import KEY, SUBJECT, make_keys, refuse, sweep
from tests.observability.records import record


@pytest.fixture
def site(db, settings, shipped) -> None:
    settings.ENV_KEYS = dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), "")
    settings.ENV_BASE_URLS = {}
    shipped()
    make_keys(settings)


@pytest.mark.django_db
class TestAnIncident:
    def test_is_one_however_often_it_is_seen(self):
        refuse(text="first")
        refuse(text="again")

        incident = Incident.objects.get()
        assert (incident.times_seen, incident.text, incident.closed_at) == (2, "again", None)

    def test_is_another_for_another_subject(self):
        refuse()
        refuse("kimi / test key")

        assert Incident.objects.count() == 2

    def test_ends_once_with_a_reason(self):
        refuse()

        assert close_incident(kind=KEY, subject=SUBJECT, because="It works again.")
        assert not close_incident(kind=KEY, subject=SUBJECT)
        assert Incident.objects.get().closed_because == "It works again."

    def test_goes_on_where_the_trouble_comes_back_within_the_hour(self):
        refuse()
        close_incident(kind=KEY, subject=SUBJECT)
        refuse()

        incident = Incident.objects.get()
        assert (incident.times_seen, incident.closed_at) == (2, None)

    def test_is_a_new_one_where_it_comes_back_later(self):
        refuse()
        close_incident(kind=KEY, subject=SUBJECT)
        Incident.objects.update(closed_at=timezone.now() - timedelta(hours=2))
        refuse()

        assert Incident.objects.count() == 2


@pytest.mark.django_db(transaction=True)
class TestSeveralProcesses:
    def test_that_see_the_same_open_one_incident(self):
        barrier = Barrier(8)

        def see() -> None:
            barrier.wait()
            try:
                refuse()
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(see) for _ in range(8)]:
                done.result()

        assert Incident.objects.get().times_seen == 8


@pytest.mark.usefixtures("site")
class TestARefusedKey:
    def test_is_over_when_it_is_taken_again(self):
        refuse()
        record(provider="openai", key_label="test key", started_at=timezone.now())
        sweep()

        assert Incident.objects.get().closed_because == "It has been taken since."

    def test_is_not_over_by_an_answer_from_before(self):
        record(provider="openai", key_label="test key", started_at=timezone.now())
        refuse()
        sweep()

        assert Incident.objects.get().closed_at is None

    def test_is_not_over_by_another_keys_answer_or_by_another_failure(self):
        refuse()
        now = timezone.now()
        record(provider="openai", key_label="another", started_at=now)
        record(
            provider="openai", key_label="test key", started_at=now, status="failed", error="auth"
        )
        sweep()

        assert Incident.objects.get().closed_at is None

    def test_is_over_when_staff_switch_it_off(self):
        refuse()
        ProviderKey.objects.filter(provider__slug="openai").update(enabled=False)
        sweep()

        assert Incident.objects.get().closed_because == "The key is switched off or removed."


@pytest.mark.usefixtures("site")
class TestAModelThatIsGone:
    def test_is_over_when_it_answers_again(self):
        deployment = Deployment.objects.filter(provider__slug="openai").first()
        raise_incident(kind=Incident.Kind.MODEL_GONE, subject=deployment.name, text="Gone.")
        sweep()
        assert Incident.objects.get().closed_at is None
        record(deployment=deployment.name, started_at=timezone.now())
        sweep()

        assert Incident.objects.get().closed_because == "It has answered since."

    def test_is_over_when_staff_take_it_away(self):
        raise_incident(kind=Incident.Kind.MODEL_GONE, subject="openai/never-there", text="Gone.")
        sweep()

        assert Incident.objects.get().closed_because == "The model is switched off or removed."
