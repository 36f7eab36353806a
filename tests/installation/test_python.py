"""scripts/python takes the first supported Python that runs, not the first that is there."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.installation.programs import ROOT

NAMES = ("python3.12", "python3.11", "python3.13")


@pytest.fixture
def path(tmp_path):
    """A PATH on which every supported Python is a program that fails."""
    for name in ("dirname", "env"):
        (tmp_path / name).symlink_to(shutil.which(name))
    for name in NAMES:
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(path):
    return subprocess.run(
        [ROOT / "scripts" / "python", "-c", "import sys; print(sys.version)"],
        env=os.environ | {"PATH": str(path)},
        capture_output=True,
        text=True,
    )


class TestPython:
    def test_passes_over_one_that_does_not_run(self, path):
        name = f"python3.{sys.version_info.minor}"
        (path / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

        assert run(path).stdout == f"{sys.version}\n"

    def test_passes_over_one_whose_name_lies_about_its_version(self, path):
        name = next(name for name in NAMES if name != f"python3.{sys.version_info.minor}")
        (path / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

        assert run(path).returncode == 1

    def test_says_so_in_one_line_when_none_runs(self, path):
        said = run(path).stderr

        assert said.count("\n") == 1
        assert "3.11, 3.12 or 3.13" in said
