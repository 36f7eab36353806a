"""What a mail says of a week is true also where a part of it is not known, or nothing was called."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import msgspec
import pytest

from observability.models import SmokeRun
from observability.rollup.gather import gather
from observability.rollup.mail import Mail, render
from observability.rollup.report import dump, load
from tests.observability import rollup_samples
from tests.observability.programs import ROOT
from tests.observability.records import WEEK_ENDING, call, moment, record

WORKFLOW = ROOT / ".github" / "workflows" / "weekly-rollup.yml"


def mail() -> Mail:
    return render(gather(WEEK_ENDING, None), (), path="/x/")


@pytest.mark.django_db
class TestTheChangeOfTheCost:
    def test_is_not_told_where_only_one_week_is_known_whole(self):
        call(10, cost="1", started_at=moment(-3))
        call(10, cost=None)
        call(1, cost="0.5")

        assert mail().subject.endswith(": at least $0.5000 for 11 turns")

    def test_is_told_where_both_lack_a_part(self):
        call(1, cost=None, started_at=moment(-3))
        call(1, cost="1", started_at=moment(-3))
        call(1, cost=None)
        call(1, cost="2")

        assert mail().subject.endswith("(+100 %)")


@pytest.mark.django_db
class TestTheForecast:
    def test_is_a_lower_bound_where_the_week_began_in_another_month(self):
        """29 November has the call without a price; December is known whole, as far as it went."""
        for day in range(7):
            record(cost="1", started_at=datetime(2026, 11, 29, 1, tzinfo=UTC) + timedelta(days=day))
        record(cost=None, started_at=datetime(2026, 11, 29, 2, tzinfo=UTC))

        made = gather(datetime(2026, 12, 6, tzinfo=UTC).date(), None)

        assert made.month.forecast_usd == Decimal("31")
        text = " ".join(render(made, (), path="/x/").text.split())
        assert "Forecast for the whole month: at least $31.00." in text


@pytest.mark.django_db
class TestTheSmokeEvaluation:
    def ran(self, *verdicts: str) -> str:
        for verdict in verdicts:
            run = SmokeRun.objects.create(trigger="admin", status="ended", verdict=verdict)
            SmokeRun.objects.filter(pk=run.pk).update(created_at=moment(2))
        text = " ".join(mail().text.split())
        return text.lower().partition("smoke evaluation ")[2]

    def test_did_not_run(self):
        assert "it did not run this week." in self.ran()

    def test_that_met_an_outage_did_run_and_did_not_pass(self):
        said = self.ran("outage")
        assert "it ran 1 time, and none passed. no case failed; what else was in the way" in said

    def test_that_passed_passed(self):
        assert "it ran 2 times, and 2 passed." in self.ran("passed", "passed")


class TestAReportThatWasStoredBefore:
    def test_is_read_without_the_count_of_runs(self):
        raw = msgspec.json.decode(dump(rollup_samples.ordinary()))
        raw.pop("smoke_runs", None)

        assert load(msgspec.json.encode(raw).decode()).smoke_runs is None


class TestTheWorkflow:
    """Its last step, with a program in the command's place that fails and says so."""

    @pytest.mark.parametrize(
        ("said", "shown"),
        [
            ("jane@example.com: not sent.\nCommandError: 1 mail of 1 not surely sent.", "CommandE"),
            (
                "jane@example.com: sent.\nTraceback (most recent call last):\n"
                '  File "x.py", line 1, in y\n    y()\n'
                "django.db.utils.OperationalError: no route\nDETAIL: jane@example.com",
                "django.db.utils.OperationalError: no route",
            ),
        ],
    )
    def test_says_what_failed_and_names_nobody(self, tmp_path: Path, said: str, shown: str):
        (tmp_path / "scripts").mkdir()
        command = tmp_path / "scripts" / "weekly_rollup"
        command.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n")
        command.chmod(0o755)
        step = dedent(WORKFLOW.read_text().rpartition("run: |\n")[2])
        env = {**os.environ, "WEEK_ENDING": ""}

        done = subprocess.run(
            ["bash", "-e", "-c", step],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

        assert done.returncode == 1
        assert shown in done.stdout
        assert "jane" not in done.stdout + done.stderr
