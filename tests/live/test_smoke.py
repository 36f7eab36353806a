"""The smoke evaluation's command against a real site, whole and with faults planted in it."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live.conftest import make_site
from tests.live.site import ROOT, Site
from tests.services.ports import free_port

CASES = [
    "small talk",
    "write code",
    "explain that code",
    "a rewrite",
    "maths",
    "small talk again",
    "a vague request",
    "what was said before",
]
INTENTS = {
    "social_chat",
    "coding_help",
    "qa_retrieval",
    "editing_writing",
    "reasoning_math",
    "ambiguous_or_other",
}

ROUNDS = [
    "nothing",
    "first round",
    "second round",
    "second round again",
    "all dead",
    "no server",
    "for show",
    "limit reached",
]


@pytest.fixture(scope="module")
def smoke_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = make_site(tmp_path_factory.mktemp("smoke"), "uvicorn", "live_smoke")
    try:
        site.env["CHATCORE_URL"] = site.open().url
        yield site
    finally:
        site.close()


@pytest.fixture(scope="module")
def as_shipped(smoke_site: Site) -> dict[str, Any]:
    """What `scripts/smoke_eval --json` says of a site that nobody has changed."""
    done = _script(smoke_site, "--base-url", smoke_site.webs[0].url, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def planted(smoke_site: Site, as_shipped: dict[str, Any]) -> dict[str, Any]:
    """What the command said of each planted fault, and what was left of all visits."""
    here, nowhere = smoke_site.webs[0].url, f"http://127.0.0.1:{free_port()}"
    program = f"from tests.live.smoke_plants import run_all; run_all({here!r}, {nowhere!r})"
    said: dict[str, Any] = json.loads(smoke_site.manage("shell", "-v", "0", "-c", program))
    return said


def _script(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts" / "smoke_eval"), *arguments],
        env=site.env,
        capture_output=True,
        text=True,
        timeout=60,
    )


class TestASiteAsItShips:
    def test_passes_all_eight_cases(self, as_shipped):
        assert as_shipped["verdict"] == "passed"
        assert [case["name"] for case in as_shipped["cases"]] == CASES

    def test_has_everything_judged(self, as_shipped):
        checks = [check for case in as_shipped["cases"] for check in case["checks"]]

        assert {check["verdict"] for check in checks} == {"passed"}
        assert len(checks) > 8 * 7

    def test_meets_all_six_intents(self, as_shipped):
        assert {case["intent"] for case in as_shipped["cases"]} == INTENTS

    def test_sends_every_earlier_turn_along(self, as_shipped):
        assert [case["context_turns"] for case in as_shipped["cases"]] == list(range(8))


class TestAPlantedFault:
    @pytest.mark.parametrize(
        ("round_", "case", "check"),
        [
            ("first round", "a rewrite", "intent: taken for"),  # its intent is switched off
            ("first round", "write code", "status: HTTP 502, providers_unavailable"),  # dead ladder
            ("first round", "maths", r"matches \b391\b: nothing in the answer"),  # wrong content
            ("first round", "what was said before", "context: 0 of 5 earlier turns were sent"),
            ("first round", "what was said before", "does not contain “Lisbon”"),
            ("first round", "small talk", "latency: "),
            ("second round", "a rewrite", "answer: no words came"),  # empty answer
            ("second round", "maths", "status: HTTP 502, content_filter"),  # status not 200
            ("second round", "write code", "rung: openai/sim-ok-pace0 answered, rung 2 of 2"),
            ("second round", "small talk", "cost: "),
            (
                "second round again",
                "write code",
                "rung: openai/sim-ok-pace0 answered, rung 2 of 2; "
                "openai/sim-404-tagx8 stands before it and rests: cooling for another",
            ),
        ],
    )
    def test_fails_and_is_named_with_its_case(self, planted, round_, case, check):
        said = planted["said"][round_]
        line = next(line for line in said["out"].splitlines() if f". {case}: " in line)

        assert (said["exit"], said["verdict"]) == (1, "failed")
        assert f"{case}: failed" in line
        assert check in line.partition("FAILED")[2]

    @pytest.mark.parametrize(
        ("round_", "unharmed"),
        [
            ("first round", ["small talk again", "a vague request"]),
            ("second round", ["small talk again", "a vague request", "what was said before"]),
        ],
    )
    def test_fails_no_other_case(self, planted, round_, unharmed):
        lines = planted["said"][round_]["out"].splitlines()

        for case in unharmed:
            assert any(f". {case}: passed;" in line for line in lines)

    def test_is_told_from_what_was_there_when_all_was_well(self, planted):
        changes = planted["said"]["first round"]["changes"]

        assert r"maths: matches \b391\b is failed, was passed" in changes
        assert "write code: status is failed, was passed" in changes

    def test_is_the_same_trouble_until_a_run_passes(self, planted):
        said = planted["said"]

        assert [said[name]["open"] for name in ROUNDS] == [0, 1, 1, 1, 1, 1, 0, 1]


class TestAnOutage:
    def test_is_a_server_whose_providers_are_all_dead(self, planted):
        said = planted["said"]["all dead"]

        assert (said["exit"], said["verdict"]) == (1, "outage")
        assert "OUTAGE: No provider could answer any of the 8 cases." in said["out"]

    def test_is_a_server_that_is_not_there(self, planted):
        said = planted["said"]["no server"]

        assert (said["exit"], said["verdict"]) == (1, "outage")
        assert "OUTAGE: The site cannot be reached" in said["out"]
        assert said["out"].count(": not run.") == 8


class TestARun:
    def test_stops_at_its_spending_limit(self, planted):
        said = planted["said"]["limit reached"]

        assert (said["exit"], said["verdict"]) == (1, "capped")
        assert "The spending limit is reached" in said["out"]
        assert said["out"].count(": not run.") >= 1
        assert said["out"].count(": passed;") >= 1

    def test_does_not_judge_what_a_model_for_show_says(self, planted):
        said = planted["said"]["for show"]
        line = next(line for line in said["out"].splitlines() if ". maths: " in line)

        assert said["exit"] == 0
        assert r"not judged: matches \b391\b, has at most 20 words" in line
        assert "2 checks could not be judged" in said["out"]
        assert "PASSED" in said["out"]

    def test_is_never_counted_as_chat(self, planted):
        assert planted["left"]["sources"] == ["smoke"]
        assert planted["left"]["sources of others"] == ["api"]

    def test_leaves_no_open_token_and_no_conversation(self, planted):
        assert planted["left"]["open tokens"] == 0
        assert planted["left"]["open threads"] == 0
        assert planted["left"]["may sign in"] is False

    def test_is_answered_by_providers_however_lately_the_same_was_asked(self, planted):
        assert planted["left"]["answered from the cache"] == 0


class TestTheCommand:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--base-url", "chat.example.org"], "--base-url is not usable"),
            (["--data", "/nowhere/at/all"], "--data is not usable"),
        ],
    )
    def test_says_in_one_line_what_it_cannot_use(self, smoke_site, arguments, words):
        done = _script(smoke_site, *arguments)

        assert done.returncode == 1
        assert done.stdout == ""
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1

    def test_meets_strangers_with_what_to_do(self, smoke_site):
        stranger = {**smoke_site.env, "SECRET_KEY": "another site's secret key for tests"}
        done = subprocess.run(
            [str(ROOT / "scripts" / "smoke_eval"), "--base-url", smoke_site.webs[0].url],
            env=stranger,
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert done.returncode == 1
        assert "--data names the data folder of the site that is meant" in done.stdout
