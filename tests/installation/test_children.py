"""What `scripts/run` does about a web process that dies."""

import sys
from pathlib import Path

import pytest

from tests.installation.sites import Done, start

LOOK_AFTER = """
import sys, time
from pathlib import Path
from scripts.children import Parts, Program
from scripts.processes import Guard, Signals
guard, signals = Guard(), Signals()
web = Program("web process", ["sh", "-c", sys.argv[1]], Path(sys.argv[2]))
parts = Parts(guard, signals, Path("."), {}, [web])
parts.start(waiting=False)
parts.was_ready = sys.argv[3] == "ready"
try:
    while True:
        parts.look_after(time.monotonic())
        signals.pause(0.1)
finally:
    guard.dismiss()
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


def look_after(script: str, log: Path, state: str) -> Done:
    return start([sys.executable, "-c", LOOK_AFTER, script, log, state])


class TestAWebProcess:
    def test_that_never_was_ready_is_not_started_again(self, log: Path):
        done = look_after("echo chatcore: no site here; exit 1", log, "starting")

        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "chatcore: no site here\n"

    def test_that_dies_again_and_again_ends_the_site(self, log: Path):
        done = look_after("echo trouble; exit 3", log, "ready")

        assert done.returncode == 1
        assert [line.partition(";")[2] for line in done.stdout.splitlines()] == [
            " it starts again in 1 s.",
            " it starts again in 2 s.",
        ]
        assert f"The web process ended (exit code 3). See {log}." in done.stderr
        assert "died 3 times" in done.stderr
