"""A folder is taken for installed only if it is whole, and made from the lock as it is now."""

import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.installation.programs import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="class")
def checkout(tmp_path_factory):
    """A checkout whose Python locks name nothing, with the page's libraries already there."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    shutil.copy(ROOT / "package-lock.json", folder)
    for lock in LOCKS:
        (folder / lock).touch()
    install(folder)
    return folder


@pytest.fixture
def trace(checkout):
    """A file in the environment, which is gone when the environment was made anew."""
    file = checkout / ".venv" / "trace"
    file.touch()
    return file


def install(folder, *options):
    command = [sys.executable, "-P", "-m", "scripts.install", *options]
    subprocess.run(command, env={"PYTHONPATH": str(folder)}, check=True)


@contextmanager
def running_from(checkout):
    """A process that holds the environment as those of a site do."""
    hold = "from chatcore.machine.environment_in_use import hold; hold(); print(); input()"
    process = subprocess.Popen(
        [checkout / ".venv" / "bin" / "python", "-c", hold],
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        process.stdout.readline()
        yield
        process.kill()


class TestInstall:
    def test_leaves_a_whole_environment_alone(self, checkout, trace):
        install(checkout)

        assert trace.exists()

    def test_begins_anew_after_an_installation_that_never_ended(self, checkout, trace):
        (checkout / ".venv" / ".requirements.stamp").unlink()

        install(checkout)

        assert not trace.exists()

    def test_is_refused_while_a_site_runs_from_it(self, checkout, trace):
        (checkout / "requirements.lock").write_text("# newer\n")
        command = [sys.executable, "-P", "-m", "scripts.install"]
        with running_from(checkout):
            done = subprocess.run(
                command, env={"PYTHONPATH": str(checkout)}, capture_output=True, text=True
            )
        (checkout / "requirements.lock").write_text("")

        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"A site runs from {checkout}")
        assert "docs/operations.md" in line
        assert trace.exists()

    def test_begins_anew_when_the_lock_has_changed(self, checkout, trace):
        (checkout / "requirements.lock").write_text("# another\n")

        install(checkout)

        assert not trace.exists()

    def test_adds_what_tests_need_to_what_is_there(self, checkout, trace):
        install(checkout, "--dev")

        assert trace.exists()
        assert (checkout / ".venv" / ".requirements-dev.stamp").exists()

    def test_adds_it_again_when_the_rest_has_begun_anew(self, checkout):
        install(checkout, "--dev")
        (checkout / "requirements-dev.lock").write_text(f"absent==1 --hash=sha256:{'0' * 64}\n")
        vouch = "from scripts.install import *; stamp_path(VENV, LOCK).write_text(stamp(LOCK))"
        command = [sys.executable, "-P", "-c", vouch.replace("LOCK", "'requirements-dev'")]
        subprocess.run(command, env={"PYTHONPATH": str(checkout)}, check=True)
        (checkout / "requirements.lock").write_text("# yet another\n")

        with pytest.raises(subprocess.CalledProcessError):  # it looks for what is nowhere
            install(checkout, "--dev")
