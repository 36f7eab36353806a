"""The simulator as a program of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]

WITHOUT_DJANGO = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "channels", "celery", "rest_framework", "redis"}:
            raise ImportError(f"{name} is blocked here")

sys.meta_path.insert(0, Blocked())
import routing.simulator
import routing.simulator.runner
"""


@contextmanager
def started(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program and the line that it printed once it listened."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            if process.poll() is None:
                process.kill()


class TestThePackage:
    def test_imports_where_there_is_no_django(self):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_DJANGO], cwd=ROOT, capture_output=True, text=True
        )

        assert done.stderr == ""
        assert done.returncode == 0


class TestTheProgram:
    @pytest.mark.parametrize(
        "command", [(sys.executable, "-m", "routing.simulator"), (str(ROOT / "scripts/simulate"),)]
    )
    def test_says_where_it_listens_and_answers_there(self, command):
        with started(*command, "--port", "0") as (_, line):
            said, _, url = line.rpartition(" ")

            assert said == "Simulator at"
            assert httpx.get(f"{url}/control/log").json() == []

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ends_at_once_when_it_is_told_to_even_with_a_stalled_stream(self, number):
        with started(sys.executable, "-m", "routing.simulator", "--port", "0") as (process, line):
            url = line.rpartition(" ")[2]
            body = {"model": "sim-stall-pace0", "stream": True}
            body["messages"] = [{"role": "user", "content": "hello"}]
            headers = {"authorization": "Bearer test-key"}
            path = f"{url}/openai/v1/chat/completions"
            with httpx.stream("POST", path, json=body, headers=headers) as response:
                assert response.status_code == 200
                os.kill(process.pid, number)

                assert process.wait(5) == 0
