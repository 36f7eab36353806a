"""`manage.py` works on a site that is there, and makes none by accident."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.installation.sites import KEYS, contents, manage_command, refusal, start

ANA: list[str | Path] = manage_command(
    "createsuperuser", "--noinput", "--username", "ana", "--email", "ana@example.org"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder to work in that has no `data`, as a checkout before its first start."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


def people(site: Path) -> list[str]:
    with closing(sqlite3.connect(site / "chatcore.sqlite3")) as database:
        return [name for (name,) in database.execute("SELECT username FROM chatcore_user")]


class TestWithoutTheEnvironmentFile:
    @pytest.mark.parametrize("command", [ANA, manage_command("migrate")], ids=["any", "migrate"])
    def test_a_command_says_what_is_missing_and_makes_nothing(self, checkout: Path, command):
        line = refusal(start(command, cwd=checkout))

        assert f"there is no site in {checkout / 'data'}" in line
        for name in ("CHATCORE_DATA", "--data", "DATABASE_URL", "SECRET_KEY", "SEALING_KEYS"):
            assert name in line
        assert contents(checkout) == {}

    def test_a_command_that_needs_no_site_runs(self, checkout: Path):
        done = start(manage_command("check"), cwd=checkout)

        assert done.returncode == 0
        assert contents(checkout) == {}


class TestOnASiteThatIsBroken:
    def test_a_command_names_the_damage(self, site: Path):
        (site / "chatcore.sqlite3").write_bytes(b"")
        before = contents(site)

        line = refusal(start(ANA, CHATCORE_DATA=site))

        assert "chatcore.sqlite3 is empty (0 bytes)" in line
        assert contents(site) == before

    def test_a_command_names_the_address_of_a_database_that_does_not_answer(self, tmp_path: Path):
        url = "postgresql://chatcore:hunter-two@127.0.0.1:1/chatcore"

        line = refusal(start(ANA, env=KEYS, DATABASE_URL=url, CHATCORE_DATA=tmp_path))

        assert "DATABASE_URL: the database cannot be used (" in line
        assert "hunter-two" not in line


class TestANewSite:
    def test_is_made_by_migrate_where_its_folder_is_named(self, whole_site: Path):
        """And its keys are for its owner only."""
        for name in ("secret_key", "sealing_keys"):
            assert (whole_site / name).stat().st_mode & 0o777 == 0o600
        assert people(whole_site) == []

    def test_is_not_made_beside_the_keys_of_an_old_one(self, site: Path):
        (site / "chatcore.sqlite3").unlink()
        before = contents(site)

        line = refusal(start(manage_command("migrate"), CHATCORE_DATA=site))

        assert "for a new site, move these away" in line
        assert contents(site) == before


class TestTheOptionData:
    def test_says_to_every_command_which_site_is_meant(self, site: Path):
        keys = (site / "secret_key").read_bytes(), (site / "sealing_keys").read_bytes()

        done = start([*ANA, "--data", site])

        assert done.returncode == 0, done.stderr
        assert people(site) == ["ana"]
        assert keys == ((site / "secret_key").read_bytes(), (site / "sealing_keys").read_bytes())

    def test_is_refused_where_there_is_no_such_folder(self, tmp_path: Path):
        line = refusal(start(manage_command("--data", tmp_path / "nothing", "reconcile")))

        assert f"--data is not usable: there is no folder {tmp_path / 'nothing'}" in line
