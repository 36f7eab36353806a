"""Every recorded reply of a vendor gives the answer that was agreed for it.

The recordings are not part of the repository: CHATCORE_RECORDINGS names their folder, or they lie in
`shared/recordings` beside the checkout. The streams in `streams/` hold the same facts and are always run.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.providers.outcomes import call, described, request
from tests.providers.readers import READERS, Read
from tests.providers.vendor import reply, vendor

pytestmark = pytest.mark.anyio


def _folder() -> Path | None:
    named = os.environ.get("CHATCORE_RECORDINGS")
    places = [Path(named)] if named else []
    places += [above / "shared" / "recordings" for above in Path(__file__).resolve().parents]
    return next((place for place in places if (place / "expected.json").is_file()), None)


FOLDER = _folder()
EXPECTED = json.loads((FOLDER / "expected.json").read_text()) if FOLDER else {}


def _wire(name: str, meta: dict[str, Any]) -> str:
    vendor_name, _, file = name.partition("/")
    if vendor_name == "openai":
        of_responses = (
            file.startswith("responses") or meta["request"].get("path") == "/v1/responses"
        )
        return "responses" if of_responses else "chat_completions"
    if vendor_name == "perplexity":
        return "responses" if file.startswith("agent") else "sonar"
    return vendor_name


async def _replay(name: str, size: int | None):
    assert FOLDER is not None
    body = (FOLDER / name).read_bytes()
    meta = json.loads((FOLDER / name).with_suffix(".meta.json").read_text())
    wire = _wire(name, meta)
    framing = {"content-length", "content-encoding", "transfer-encoding", "connection"}
    headers = {k: v for k, v in meta["headers"].items() if k not in framing}
    content_type = headers.pop("content-type", "application/json")
    asked = request(max_output_tokens=meta["request"].get("max_tokens"))
    said = reply(body, meta["status"], size=size, content_type=content_type, **headers)
    async with vendor(said) as one:
        outcome = await call(wire, one.base_url, asked)
    return body, wire, outcome, meta["shows"].startswith("EXCERPT")


@pytest.mark.parametrize("size", [None, 1], ids=["whole", "bytes"])
@pytest.mark.parametrize("name", EXPECTED)
class TestARecordedReply:
    async def test_gives_what_was_agreed(self, name, size):
        _, _, outcome, is_excerpt = await _replay(name, size)
        assert described(outcome, is_excerpt=is_excerpt) == EXPECTED[name]

    async def test_says_what_its_bytes_say(self, name, size):
        body, wire, outcome, _ = await _replay(name, size)
        refused = EXPECTED[name]["error"] and not outcome.text
        read: Read = ("", "", []) if refused else READERS[wire](body)
        assert (outcome.text, outcome.reasoning, outcome.citations) == read
