"""The smoke evaluation's rows: what ships, when a run is due, who makes it, what staff may enter."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from chatcore.models import ApiToken, Organisation
from observability.models import (
    Incident,
    Recipient,
    SmokeCase,
    SmokeCheck,
    SmokeResult,
    SmokeRun,
    SmokeSettings,
)
from observability.models.smoke import GUESTS
from observability.schedules import SMOKE, make_schedules
from observability.smoke import claims, due
from observability.smoke.changes import changes
from observability.smoke.content import refused, shown
from observability.smoke.seeding import seed
from observability.smoke.verdicts import Answered, Expected, judge
from routing.models import Intent
from routing.route import PlannedRung
from routing.services import snapshot
from tests.factories import browser, make_attempt, make_route, make_user
from tests.observability.records import TODAY
from tests.services.ports import free_port

NIGHT = datetime(2026, 11, 23, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def seeded(db):
    call_command("seed")


@pytest.fixture
def ours(db):
    """The evaluation's own rows alone: quicker."""
    seed()
    make_schedules()


@pytest.fixture
def nobody_there(settings):
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"


@pytest.mark.usefixtures("ours")
class TestWhatShips:
    @pytest.mark.usefixtures("seeded")
    def test_is_eight_messages_that_the_router_takes_for_what_they_are(self):
        detector, previous = snapshot.refresh(force=True).detector, None
        cases = list(SmokeCase.objects.all())

        for case in cases:
            found = detector.detect(case.prompt, previous_intent=previous)
            assert (case.name, found.intent) == (case.name, case.intent)
            previous = found.intent
        assert len(cases) == 8
        assert len({case.intent for case in cases}) == 6

    def test_can_be_checked_as_it_stands(self):
        checks = list(SmokeCheck.objects.all())

        assert len(checks) > 8
        assert [
            refused(check.kind, check.value) for check in checks if refused(check.kind, check.value)
        ] == []

    def test_asks_at_the_end_about_what_was_said_two_turns_before(self):
        last = SmokeCase.objects.last()

        assert last.asks_about.name == "small talk again"

    def test_stays_as_staff_have_made_it(self):
        SmokeCase.objects.filter(shipped="maths").update(name="sums", prompt="What is 1 + 1?")
        SmokeCheck.objects.filter(case__shipped="maths").delete()
        SmokeSettings.objects.update(spend_cap_usd=2)

        seed()

        case = SmokeCase.objects.get(shipped="maths")
        assert (case.name, case.prompt, case.checks.count()) == ("sums", "What is 1 + 1?", 0)
        assert SmokeCase.objects.count() == 8
        assert SmokeSettings.objects.get().spend_cap_usd == 2


class TestACheck:
    @pytest.mark.parametrize(
        ("kind", "value", "answer", "fine"),
        [
            ("contains", "Lisbon", "You live in LISBON.", True),
            ("contains", "Lisbon", "You live in Porto.", False),
            ("not_contains", "sorry", "Of course.", True),
            ("not_contains", "sorry", "I am Sorry.", False),
            ("matches", r"\b391\b", "It is 391.", True),
            ("matches", r"\b391\b", "It is 3910.", False),
            ("json", "", '{"a": 1}', True),
            ("json", "", '```json\n{"a": 1}\n```', True),
            ("json", "", '```json\r\n{"a": 1}\r\n```', True),
            ("json", "", "Here it is: {}", False),
            ("json", "", '{"a": NaN}', False),
            ("json", "", "Infinity", False),
            ("max_words", "3", "one two three", True),
            ("max_words", "3", "one two three four", False),
        ],
    )
    def test_says_whether_an_answer_shows_it(self, kind, value, answer, fine):
        assert (shown(kind, value, answer) == "") is fine

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("matches", "(unclosed"),
            ("matches", r"(?<=back)reference"),
            ("matches", "((a{99}){99}){9}"),
            ("matches", "a*"),
            ("matches", "|x"),
            ("max_words", "a few"),
            ("max_words", "0"),
            ("contains", ""),
            ("contains", "\N{NO-BREAK SPACE}"),
            ("json", "yes"),
        ],
    )
    def test_is_refused_when_it_cannot_be_used(self, kind, value):
        assert refused(kind, value).endswith(".")


class TestTheRung:
    @pytest.mark.parametrize(
        ("passed_over", "unavailable", "verdict"),
        [
            ("no key", False, "passed"),
            ("cooling for another 12 s", True, "failed"),
            ("its breaker is open for another 12 s", True, "failed"),
        ],
    )
    def test_is_the_first_that_is_set_up_even_while_it_rests(
        self, passed_over, unavailable, verdict
    ):
        check = _rung(
            PlannedRung(
                deployment="openai/best",
                label="Best",
                provider="OpenAI",
                passed_over=passed_over,
                unavailable=unavailable,
            )
        )

        assert check.verdict == verdict
        assert ("openai/best stands before it and rests: " in check.detail) is unavailable


@pytest.mark.usefixtures("ours", "nobody_there")
class TestTheNight:
    def test_has_one_run_however_often_the_worker_looks(self):
        with time_machine.travel(NIGHT, tick=False):
            due.make_due()
            due.make_due()
        with time_machine.travel(NIGHT + timedelta(minutes=5), tick=False):
            due.make_due()

        run = SmokeRun.objects.get()
        assert (run.trigger, run.night, run.verdict) == ("night", NIGHT.date(), "outage")

    def test_is_made_up_for_on_the_same_day_where_the_machine_was_off(self):
        for hour, runs in ((0, 0), (15, 1), (16, 1)):
            with time_machine.travel(NIGHT.replace(hour=hour), tick=False):
                due.make_due()
            assert SmokeRun.objects.count() == runs

    def test_before_the_site_was_there_is_not_made_up_for(self):
        SmokeSettings.objects.update(created_at=NIGHT + timedelta(hours=1))
        with time_machine.travel(NIGHT + timedelta(hours=2), tick=False):
            due.make_due()

        assert not SmokeRun.objects.exists()

    def test_has_none_while_staff_have_switched_it_off(self):
        PeriodicTask.objects.filter(name=SMOKE).update(enabled=False)
        with time_machine.travel(NIGHT, tick=False):
            due.make_due()

        assert not SmokeRun.objects.exists()

    def test_that_fails_like_the_one_before_is_the_same_incident(self):
        for days in range(2):
            with time_machine.travel(NIGHT + timedelta(days=days), tick=False):
                due.make_due()

        incident = Incident.objects.get(kind=Incident.Kind.SMOKE_FAILED)
        assert (incident.times_seen, incident.closed_at) == (2, None)
        assert "cannot be reached" in incident.text
        assert f"/observability/smokerun/{SmokeRun.objects.latest('pk').pk}/" in incident.text

    def test_stands_in_the_schedule(self):
        task = PeriodicTask.objects.get(name=SMOKE)

        assert (task.task, task.crontab.hour, task.crontab.minute) == (
            "observability.smoke_eval",
            "1",
            "0",
        )


@pytest.mark.django_db
class TestAClaim:
    def test_is_had_by_one(self):
        asked, _ = claims.ask_for("admin")

        assert claims.take(timezone.now()) == asked
        assert claims.take(timezone.now()) is None

    def test_is_lost_to_whoever_ended_the_run_meanwhile(self):
        claims.ask_for("admin")
        run = claims.take(TODAY)
        assert run is not None
        claims.hold(run, TODAY)
        claims.abandoned(TODAY + claims.CLAIM)

        with pytest.raises(claims.Lost):
            claims.hold(run, TODAY)

    @pytest.mark.usefixtures("ours")
    def test_of_a_worker_that_died_ends_as_aborted_and_staff_hear_of_it(self):
        claims.ask_for("admin")
        run = claims.take(TODAY)
        ApiToken.objects.create(
            name=f"smoke evaluation {run.pk}",
            user=make_user("guest"),
            organisation=_organisation(),
            digest="x",
            last_four="xxxx",
            source="smoke",
        )

        with time_machine.travel(TODAY + claims.CLAIM, tick=False):
            due.make_due()

        run.refresh_from_db()
        assert (run.status, run.verdict) == ("ended", "aborted")
        assert ApiToken.objects.get().revoked_at is not None
        assert Incident.objects.get(kind=Incident.Kind.SMOKE_FAILED).closed_at is None

    @pytest.mark.usefixtures("ours")
    def test_of_one_that_died_is_no_news_where_a_later_run_has_passed(self):
        with time_machine.travel(TODAY, tick=False) as clock:
            died = claims.begin_at_once("command")
            clock.shift(timedelta(minutes=1))
            passed = claims.begin_at_once("command")
            passed.verdict = "passed"
            claims.end(passed)
            clock.shift(claims.CLAIM)

            due.make_due()

        died.refresh_from_db()
        assert died.verdict == "aborted"
        assert not Incident.objects.exists()


@pytest.mark.usefixtures("ours", "nobody_there")
class TestTheCommandWithoutAWorker:
    def run(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit):
            call_command("smoke_eval", *arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    def test_mails_staff(self, mailbox):
        Recipient.objects.create(email="ops@example.org")

        _, err = self.run()

        (told,) = mailbox.messages
        assert told["Subject"].startswith("[Chatcore] The smoke evaluation failed")
        assert err == ""

    def test_says_whom_it_could_not_mail_and_why(self, mailbox):
        mailbox.trouble = "refuse address for now"
        Recipient.objects.create(email="ops@example.org")

        _, err = self.run()

        (line,) = err.splitlines()
        assert line.startswith("The mail to ops@example.org could not go out")
        assert "4" in line

    def test_says_that_nobody_is_told(self, mailbox):
        _, err = self.run()

        assert err.startswith("Nobody was told by mail: nobody receives the weekly rollup")

    def test_ends_what_broke_off(self, mailbox):
        with time_machine.travel(TODAY - claims.CLAIM, tick=False):
            died = claims.begin_at_once("command")

        self.run()

        died.refresh_from_db()
        assert died.verdict == "aborted"

    def test_says_nothing_of_this_site_where_it_asks_another(self, settings):
        elsewhere = f"http://127.0.0.1:{free_port()}"

        out, err = self.run("--base-url", elsewhere)

        assert "no incident begins or ends with this run" in out
        assert err == ""
        assert not Incident.objects.exists()


class TestTheChanges:
    def test_name_what_flipped_who_answered_and_what_became_slow_or_dear(self):
        good = [_result(deployment="a/one", latency_ms=900, cost_usd="0.0010", status="passed")]
        now = [_result(deployment="b/two", latency_ms=4000, cost_usd="0.0030", status="failed")]
        now[0].policy_version = 4

        assert changes(now, good) == [
            "policy version 4 instead of 3",
            "maths: status is failed, was passed",
            "maths: b/two answered, last time a/one",
            "maths: took 4,000 ms, last time 900 ms",
            "maths: cost $0.003, last time $0.001",
        ]

    def test_are_none_where_all_is_as_it_was(self):
        good = [_result(deployment="a/one", latency_ms=900, cost_usd="0.001", status="passed")]
        now = [_result(deployment="a/one", latency_ms=1500, cost_usd="0.0012", status="passed")]

        assert changes(now, good) == []


@pytest.mark.usefixtures("ours")
class TestTheAdmin:
    @pytest.fixture
    def staff(self):
        Intent.objects.create(name="editing_writing", label="writing")
        return browser(make_user("staff", is_superuser=True))

    def test_asks_for_one_run_however_often_the_button_is_pressed(self, staff):
        for _ in range(2):
            answer = staff.post(reverse("admin:observability_smokerun_run"), follow=True)

        run = SmokeRun.objects.get()
        assert (run.trigger, run.status, run.asked_by.username) == ("admin", "queued", "staff")
        assert "A run is waiting already." in answer.content.decode()
        assert answer["Refresh"] == "5"

    def test_shows_a_run_with_its_results_and_no_longer_looks_again(self, staff):
        run = SmokeRun.objects.create(
            trigger="night", status="ended", verdict="failed", why="1 of 8 cases failed."
        )
        result = _result(deployment="a/one", latency_ms=5, cost_usd="0.1", status="failed")
        result.run = run
        result.save()

        answer = staff.get(reverse("admin:observability_smokerun_change", args=[run.pk]))

        assert "<strong>Failed</strong> status" in answer.content.decode()
        assert "Refresh" not in answer

    def test_adds_a_case_with_its_checks(self, staff):
        answer = staff.post(reverse("admin:observability_smokecase_add"), _typed())

        assert answer.status_code == 302, answer.content.decode()
        case = SmokeCase.objects.get(name="a haiku")
        assert [str(check) for check in case.checks.all()] == ["matches (?i)snow"]

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"checks-0-value": "(snow"}, "This is not a pattern of RE2"),
            ({"answerer": "named"}, "Choose the model that must answer."),
            ({"position": "1", "asks_about": "first"}, "is not asked before this one"),
        ],
    )
    def test_refuses_what_could_not_be_asked_or_checked(self, staff, typed, words):
        if typed.get("asks_about"):
            typed = {**typed, "asks_about": SmokeCase.objects.first().pk}

        answer = staff.post(reverse("admin:observability_smokecase_add"), _typed(**typed))

        assert words in answer.content.decode()

    def test_does_not_offer_its_own_organisation_among_the_others(self, staff):
        acme, guests = (Organisation.objects.create(name=name) for name in ("Acme", GUESTS))

        overview = staff.get("/admin/overview/").content.decode()
        attempts = staff.get(reverse("admin:observability_attemptrecord_changelist"))

        assert f'<option value="{acme.pk}"' in overview
        assert f'<option value="{guests.pk}"' not in overview
        assert f"organisation_id={acme.pk}" in attempts.content.decode()
        assert f"organisation_id={guests.pk}" not in attempts.content.decode()

    def test_keeps_what_ships(self, staff):
        case = SmokeCase.objects.first()

        answer = staff.post(
            reverse("admin:observability_smokecase_delete", args=[case.pk]), {"post": "yes"}
        )

        assert answer.status_code == 403


def _rung(before):
    """The verdict on the rung where only the model for show below `before` was asked."""
    route = make_route(attempts=[make_attempt(1)])
    route.rungs = (before, PlannedRung(deployment="openai/luna", label="Luna", provider="OpenAI"))
    said = Answered(status=200, reply="Yes.", route=route, latency_ms=5)
    show = Expected(said_before=0, context_turns=0, for_show=frozenset({"openai/luna"}))
    return {check.name: check for check in judge(SmokeCase(), [], said, show)}["rung"]


def _typed(**fields):
    return {
        "name": "a haiku",
        "position": "90",
        "enabled": "on",
        "prompt": "Write a haiku about snow.",
        "intent": "editing_writing",
        "answerer": "any",
        "deployment": "",
        "asks_about": "",
        "latency_limit_ms": "30000",
        "cost_limit_usd": "0.05",
        "checks-TOTAL_FORMS": "1",
        "checks-INITIAL_FORMS": "0",
        "checks-0-kind": "matches",
        "checks-0-value": "(?i)snow",
        **fields,
    }


def _organisation():
    return Organisation.objects.create(name="Guests")


def _result(*, deployment, latency_ms, cost_usd, status):
    return SmokeResult(
        name="maths",
        place=5,
        verdict=status,
        checks=[{"name": "status", "verdict": status, "detail": ""}],
        deployment=deployment,
        policy_version=3,
        latency_ms=latency_ms,
        cost_usd=Decimal(cost_usd),
    )
