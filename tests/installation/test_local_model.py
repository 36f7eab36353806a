"""The local model answers as an OpenAI-compatible server does, and lives no longer than its parent."""

import json
import subprocess
import sys
import urllib.request

import pytest

from tests.installation.programs import ROOT, Watched, python
from tests.services.ports import free_port

# Starts the model, says its number and its first line, and waits to be ended.
PARENT = """
    import subprocess, sys
    command = [sys.executable, "scripts/local_model.py", "--port", "{port}"]
    model = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    print(model.pid, model.stdout.readline(), flush=True)
    input()
"""


@pytest.fixture
def started():
    """The parent, the model's process and its port, once the model listens."""
    port = free_port()
    with python(PARENT.format(port=port)) as parent:
        model = Watched(int(parent.stdout.readline().split()[0]))
        yield parent, model, port
        parent.kill()
        assert model.ends_within(10)


def chunks(port, **options):
    """The stream of an answer, as decoded JSON."""
    body = {
        "model": "smollm2-135m",
        "messages": [{"role": "user", "content": "Count slowly to ten."}],
        "stream": True,
        "max_tokens": 24,
        **options,
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(body).encode()
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        lines = [line.decode().strip() for line in response]
    events = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


class TestLocalModel:
    def test_streams_words(self, started):
        _, _, port = started

        streamed = chunks(port, ignore_eos=True)

        pieces = [c["choices"][0]["delta"].get("content") for c in streamed if c["choices"]]
        assert len([piece for piece in pieces if piece]) >= 10

    def test_tells_its_usage_at_the_end_when_asked(self, started):
        _, _, port = started

        last = chunks(port, ignore_eos=True, stream_options={"include_usage": True})[-1]

        assert last["choices"] == []
        assert last["usage"]["completion_tokens"] == 24
        assert last["usage"]["prompt_tokens"] > 0

    def test_ends_with_its_parent(self, started):
        parent, model, _ = started

        parent.kill()

        assert model.ends_within(10)

    def test_says_in_one_line_that_its_packages_are_missing(self):
        program = str(ROOT / "scripts" / "local_model.py")
        command = [sys.executable, "-S", program, "--port", "1"]

        result = subprocess.run(command, capture_output=True, text=True)

        assert result.returncode == 0
        assert result.stdout.count("\n") == 1
        assert "not installed" in result.stdout
