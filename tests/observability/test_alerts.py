"""Staff hear once of what only they can repair: a refused key, a model that is gone, a failed evaluation."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from django.core import mail as django_mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from chatcore.db.writer import writer
from chatcore.models import Organisation, User
from chatcore.turns.signals import TurnFinished, turn_finished
from observability.alerts import close_incident, mails, raise_incident, refusals
from observability.alerts.refusals import OF_KEYS, OF_MODELS
from observability.models import Incident, IncidentMail, Recipient
from observability.smtp import is_set_up
from observability.tasks import STEPS
from routing.models import Deployment, Ladder, Provider, ProviderKey
from routing.providers import errors
from routing.providers.errors import Cools, ProviderError
from routing.route import Attempt, Route
from routing.seeding import seed
from routing.services import credentials, policy
from tests.observability import programs
from tests.observability.records import record
from tests.services.smtp import Mailbox, mail_server

KEY = Incident.Kind.KEY_REFUSED
SUBJECT = "openai / test key"
Status = IncidentMail.Status


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    with mail_server() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = box.host, box.port
        settings.EMAIL_TIMEOUT = 5
        yield box


@pytest.fixture
def site(db, settings) -> None:
    """The shipped tables, with one key of OpenAI's and one of Kimi's."""
    settings.ENV_KEYS = dict.fromkeys(("openai", "gemini", "perplexity", "kimi"), "")
    settings.ENV_BASE_URLS = {}
    seed()
    for slug in ("openai", "kimi"):
        settings.ENV_KEYS[slug] = "test-key"
        ProviderKey.objects.create(
            provider=Provider.objects.get(slug=slug),
            label="test key",
            source=ProviderKey.Source.ENVIRONMENT,
        )


@pytest.fixture
def boss(db) -> User:
    return User.objects.create(username="boss", is_superuser=True, email="boss@example.com")


def refuse(subject: str = SUBJECT, text: str = "It refused the key.") -> None:
    raise_incident(kind=KEY, subject=subject, text=text)


def fail(text: str = "Two cases failed.") -> None:
    raise_incident(kind=Incident.Kind.SMOKE_FAILED, subject="smoke evaluation", text=text)


def sweep() -> None:
    """The steps of the minute's sweep that are about incidents, in their order."""
    for step in (mails.mail_incidents, refusals.close_what_works_again):
        assert step in STEPS
        step()


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

    def test_that_sweep_at_once_send_one_mail(self, mailbox, boss, tmp_path: Path):
        fail()
        job = "from observability.alerts.mails import mail_incidents; mail_incidents()"
        workers = [programs.start(job, mailbox, tmp_path) for _ in range(2)]

        assert [worker.wait(60) for worker in workers] == [0, 0]
        assert [message["To"] for message in mailbox.messages] == ["boss@example.com"]
        assert IncidentMail.objects.get().status == Status.SENT


class TestWhatStaffAreToldOf:
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
        assert "Staff were not told" in caplog.text

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


@pytest.mark.usefixtures("site", "boss")
class TestTheMail:
    def test_says_what_happened_what_users_notice_and_what_to_do(self, mailbox, settings):
        settings.SITE_URL = "https://chat.example.com"
        refuse(text="Asked for openai/luna, openai refused the key (HTTP 401).")
        sweep()

        (message,) = mailbox.messages
        body = message.get_content()
        assert message["Subject"] == f"[Chatcore] A provider refuses the key {SUBJECT}"
        assert "Asked for openai/luna, openai refused the key (HTTP 401)." in body
        assert "These ladders still serve, by their other rungs: ambiguous_or_other," in body
        assert "https://chat.example.com/admin/routing/providerkey/" in body
        key = Incident.objects.get().pk
        assert f"https://chat.example.com/admin/observability/incident/{key}/change/" in body

    def test_names_the_ladders_that_have_nobody_else(self, mailbox):
        lonely = Ladder.objects.get(name="social_chat")
        lonely.rungs.exclude(deployment__provider__slug="openai").delete()
        policy.publish(author=None)
        refuse()
        sweep()

        body = mailbox.messages[0].get_content()
        assert "no answer from these ladders, which have nobody else: social_chat." in body

    def test_says_where_another_key_serves(self, mailbox, boss):
        credentials.add_key(
            provider=Provider.objects.get(slug="openai"),
            label="spare",
            value="test-key-0123456789",
            enabled=True,
            by=boss,
        )
        refuse()
        sweep()

        assert "Another key of this provider serves meanwhile" in mailbox.messages[0].get_content()


@pytest.mark.usefixtures("boss")
class TestEachMail:
    def test_comes_once_however_often_it_is_swept(self, mailbox):
        fail()
        for _ in range(3):
            fail()
            sweep()

        assert len(mailbox.messages) == 1

    def test_goes_to_whoever_gets_the_rollup_of_all(self, mailbox):
        Recipient.objects.create(email="ops@example.com")
        Recipient.objects.create(email="off@example.com", active=False)
        acme = Organisation.objects.create(name="Acme")
        Recipient.objects.create(email="acme@example.com", organisation=acme)
        fail()
        sweep()

        assert [message["To"] for message in mailbox.messages] == ["ops@example.com"]

    def test_is_not_repeated_where_nobody_knows_whether_it_arrived(self, mailbox):
        mailbox.trouble = "drop after mail"
        fail()
        sweep()
        mailbox.trouble = ""
        IncidentMail.objects.update(changed_at=timezone.now() - timedelta(hours=1))
        sweep()

        assert len(mailbox.messages) == 1
        assert IncidentMail.objects.get().status == Status.UNCERTAIN

    def test_is_sent_later_where_the_server_would_not_take_it(self, mailbox):
        mailbox.trouble = "refuse mail for now"
        fail()
        sweep()
        mailbox.trouble = ""
        sweep()
        assert not mailbox.messages
        assert "refused the mail" in IncidentMail.objects.get().words
        IncidentMail.objects.update(changed_at=timezone.now() - timedelta(hours=1))
        sweep()

        assert len(mailbox.messages) == 1

    def test_is_given_up_where_the_address_is_refused(self, mailbox):
        mailbox.trouble = "refuse address"
        fail()
        sweep()

        assert IncidentMail.objects.get().status == Status.REFUSED

    def test_is_uncertain_where_its_worker_died(self, mailbox):
        fail()
        incident = Incident.objects.get()
        Incident.objects.update(addressed_at=timezone.now())
        IncidentMail.objects.create(
            incident=incident,
            address="boss@example.com",
            status=Status.SENDING,
            changed_at=timezone.now() - timedelta(hours=1),
        )
        sweep()

        assert not mailbox.messages
        assert IncidentMail.objects.get().status == Status.UNCERTAIN

    def test_is_not_sent_of_what_is_over(self, mailbox):
        fail()
        close_incident(kind=Incident.Kind.SMOKE_FAILED, subject="smoke evaluation")
        sweep()

        assert not mailbox.messages


class TestWithoutAnybodyToTell:
    def test_the_page_says_that_there_is_no_mail_server(self, boss, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert not is_set_up()
        fail()
        sweep()

        assert mails.NO_SERVER in self._page(boss)
        assert not hasattr(django_mail, "outbox") or not django_mail.outbox

    def test_the_page_says_that_nobody_has_an_address(self, boss, mailbox):
        type(boss).objects.update(email="")
        fail()
        sweep()

        assert mails.NOBODY in self._page(boss)
        assert not mailbox.messages

    def test_whoever_comes_later_is_told(self, boss, mailbox):
        type(boss).objects.update(email="")
        fail()
        sweep()
        type(boss).objects.update(email="late@example.com")
        sweep()

        assert [message["To"] for message in mailbox.messages] == ["late@example.com"]

    def _page(self, user) -> str:
        browser = Client()
        browser.force_login(user)
        listed = browser.get("/admin/observability/incident/")
        assert listed.status_code == 200
        key = Incident.objects.get().pk
        shown = browser.get(f"/admin/observability/incident/{key}/change/").content.decode()
        assert "Two cases failed." in shown
        return shown
