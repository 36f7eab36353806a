"""A folder is taken for installed only if it is whole, and made from the lock as it is now."""

import shutil
import subprocess
import sys

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


class TestInstall:
    def test_leaves_a_whole_environment_alone(self, checkout, trace):
        install(checkout)

        assert trace.exists()

    def test_begins_anew_after_an_installation_that_never_ended(self, checkout, trace):
        (checkout / ".venv" / ".requirements.stamp").unlink()

        install(checkout)

        assert not trace.exists()

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
