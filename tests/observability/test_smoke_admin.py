"""The admin pages of the smoke evaluation, and who may use them."""

import pytest
from django.urls import reverse

from chatcore.models import Organisation
from observability.models import (
    SmokeCase,
    SmokeRun,
)
from observability.models.smoke import SERVICE_ORGANISATION
from routing.models import Intent
from tests.factories import browser, make_user
from tests.observability.smoke_results import result


@pytest.mark.usefixtures("smoke_rows")
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
        failed = result(deployment="a/one", latency_ms=5, cost_usd="0.1", status="failed")
        failed.run = run
        failed.save()

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
        acme, guests = (
            Organisation.objects.create(name=name) for name in ("Acme", SERVICE_ORGANISATION)
        )

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
