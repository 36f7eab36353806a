"""Sites that can be broken: one is made once, and copied for each test."""

import shutil
from pathlib import Path

import pytest

from tests.installation.sites import manage_command, start


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site that nothing is wrong with, and that does not run."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    done = start(manage_command("migrate", "--verbosity", "0"), CHATCORE_DATA=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def site(whole_site: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole_site, tmp_path / "data"))
