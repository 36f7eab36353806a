"""What stops `scripts/run` is one line that names the cause and what to do, and nothing is written."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.installation.sites import (
    bound_by_modes,
    contents,
    few_files,
    refusal,
    run_command,
    start,
    start_on_full_disk,
)

DATABASE = "chatcore.sqlite3"
RESTORE = 'docs/operations.md, "Backup and restore"'


def empty(site: Path) -> None:
    (site / DATABASE).write_bytes(b"")


def lose(site: Path) -> None:
    (site / DATABASE).unlink()


def halve(site: Path) -> None:
    os.truncate(site / DATABASE, (site / DATABASE).stat().st_size // 2)


def overwrite_the_middle(site: Path) -> None:
    with (site / DATABASE).open("r+b") as file:
        file.seek((site / DATABASE).stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xaa" * 40_960)


def replace_by_text(site: Path) -> None:
    (site / DATABASE).write_text("Notes of the last meeting\n" * 400)


def lose_a_key(site: Path) -> None:
    (site / "sealing_keys").unlink()


class TestADatabaseThatIsNoLongerWhole:
    @pytest.mark.parametrize(
        ("damage", "cause"),
        [
            (empty, f"{DATABASE} is empty (0 bytes)"),
            (lose, f"{DATABASE} is missing, but "),
            (halve, f"{DATABASE} is damaged (database disk image is malformed)"),
            (overwrite_the_middle, f"{DATABASE} is damaged ("),
            (replace_by_text, f"{DATABASE} is damaged (file is not a database)"),
            (lose_a_key, "sealing_keys is missing, and SEALING_KEYS is not set"),
        ],
    )
    def test_is_named_and_not_touched(
        self, site: Path, damage: Callable[[Path], None], cause: str
    ) -> None:
        damage(site)
        before = contents(site)

        line = refusal(start(run_command(site)))

        assert cause in line
        assert RESTORE in line
        assert contents(site) == before


class TestAFolderThatCannotBeUsed:
    def test_is_refused_where_the_database_is_read_only(self, site: Path):
        (site / DATABASE).chmod(0o444)

        line = refusal(start(run_command(site), before=bound_by_modes))

        assert f"{site / DATABASE} cannot be written (permission denied)" in line
        assert "the user that owns it" in line

    def test_is_refused_where_it_is_read_only_itself(self, site: Path):
        site.chmod(0o500)
        before = contents(site)

        line = refusal(start(run_command(site), before=bound_by_modes))

        assert f"{site} cannot be written (permission denied)" in line
        assert contents(site) == before

    @pytest.mark.parametrize("where", ["file", "file/below", "locked/below"])
    def test_is_refused_where_it_cannot_be_made(self, tmp_path: Path, where: str):
        (tmp_path / "file").touch()
        (tmp_path / "locked").mkdir(mode=0o500)
        before = contents(tmp_path)

        line = refusal(start(run_command(tmp_path / where), before=bound_by_modes))

        assert f"{tmp_path / where} cannot be used" in line
        assert "choose another folder (--data, CHATCORE_DATA)" in line
        assert contents(tmp_path) == before


class TestAFullDisk:
    def test_stops_the_first_start(self, tmp_path: Path):
        (tmp_path / "nothing").mkdir()
        disk = tmp_path / "disk"

        line = refusal(start_on_full_disk(run_command(disk), disk, tmp_path / "nothing"))

        assert str(disk) in line
        assert "make room" in line

    def test_stops_a_later_start(self, whole_site: Path, tmp_path: Path):
        disk = tmp_path / "disk"

        line = refusal(start_on_full_disk(run_command(disk), disk, whole_site))

        assert "disk" in line


class TestTheMachine:
    def test_allows_too_few_open_files(self, tmp_path: Path):
        line = refusal(start(run_command(tmp_path / "data"), before=few_files(64)))

        assert "only 64 files may be open at once" in line
        assert "LimitNOFILE=" in line
        assert contents(tmp_path) == {}

    def test_has_given_the_port_to_another(self, tmp_path: Path):
        command = run_command(tmp_path / "data")
        with socket.create_server(("127.0.0.1", int(str(command[2])))):
            line = refusal(start(command))

        assert f"Port {command[2]} cannot be used (" in line
        assert "--port" in line
        assert contents(tmp_path) == {}

    def test_has_no_server_at_the_address_of_the_database(self, tmp_path: Path):
        """What only the installed packages can find out leaves no folder behind either."""
        url = "postgresql://chatcore:hunter-two@127.0.0.1:1/chatcore"

        line = refusal(start(run_command(tmp_path / "data"), DATABASE_URL=url))

        assert "DATABASE_URL: the database cannot be used (" in line
        assert "hunter-two" not in line
        assert contents(tmp_path) == {}
