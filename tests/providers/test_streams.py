"""Streams written by hand from what each vendor is known to send; `NAME.json` says what they show."""

import json
from pathlib import Path

import pytest

from tests.providers.outcomes import call, described, request
from tests.providers.readers import READERS
from tests.providers.vendor import reply, vendor

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent / "streams"
NAMES = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.sse"))


def _is_plain(name: str) -> bool:
    """Whole and well-formed, as the independent reader needs it."""
    agreed = json.loads((FOLDER / name).with_suffix(".json").read_text())
    whole = agreed["expected"]["error"] is None and not agreed["unreadable_events"]
    return whole and "mixed-line-ends" not in name


async def _play(name: str, size: int | None):
    agreed = json.loads((FOLDER / name).with_suffix(".json").read_text())
    body = (FOLDER / name).with_suffix(".sse").read_bytes()
    wire = name.partition("/")[0]
    async with vendor(reply(body, size=size)) as one:
        outcome = await call(wire, one.base_url, request(max_output_tokens=agreed["max_tokens"]))
    return agreed, body, wire, outcome


@pytest.mark.parametrize("size", [None, 7, 1], ids=["whole", "sevens", "bytes"])
@pytest.mark.parametrize("name", NAMES)
class TestAStream:
    async def test_ends_as_agreed(self, name, size):
        agreed, _, _, outcome = await _play(name, size)
        assert described(outcome) == agreed["expected"]

    async def test_says_what_was_agreed(self, name, size):
        agreed, _, _, outcome = await _play(name, size)
        said = (outcome.text, outcome.reasoning, outcome.citations)
        assert said == (agreed["text"], agreed["reasoning"], agreed["citations"])

    async def test_marks_what_is_missing(self, name, size):
        agreed, _, _, outcome = await _play(name, size)
        end = None if outcome.error else outcome.finished
        assert (end and end.truncated_reason) == agreed["truncated_reason"]
        assert (end.unreadable_events if end else 0) == agreed["unreadable_events"]

    async def test_raises_what_was_agreed(self, name, size):
        agreed, _, _, outcome = await _play(name, size)
        assert (outcome.error.code if outcome.error else None) == agreed["raises"]


@pytest.mark.parametrize("name", [name for name in NAMES if _is_plain(name)])
async def test_an_independent_reader_reads_the_same(name):
    _, body, wire, outcome = await _play(name, None)
    assert (outcome.text, outcome.reasoning, outcome.citations) == READERS[wire](body)


@pytest.mark.parametrize("wire", ["chat_completions", "kimi", "responses", "gemini"])
def test_each_wire_has_at_least_eight(wire):
    assert sum(name.startswith(f"{wire}/") for name in NAMES) >= 8
