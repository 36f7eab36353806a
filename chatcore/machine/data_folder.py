"""The data folder: whether a site is in it that can be used, and what a new site is made of."""

import contextlib
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from chatcore.machine import sqlite_file
from chatcore.machine.limits import full_disk
from chatcore.machine.refusal import one_line, stop

DATABASE = "chatcore.sqlite3"
KEY_FILES = {"SECRET_KEY": "secret_key", "SEALING_KEYS": "sealing_keys"}
"""The variables of a site's two secrets, and the files that keep them where no variable is set."""
MEND = "make room or mend its owner and mode, or choose another folder (--data, CHATCORE_DATA)"
RESTORE = 'restore it (docs/operations.md, "Backup and restore")'


def missing_keys(folder: Path) -> list[str]:
    """The variables of those secrets that are neither set nor kept in the folder."""
    return [
        name
        for name, file in KEY_FILES.items()
        if not os.environ.get(name, "").strip() and not (folder / file).exists()
    ]


def holds_site(folder: Path, database: Path) -> bool:
    """Whether a site is here; False where nothing is. Refuses one that cannot be used as it is."""
    _refuse_unreachable(folder)
    if not database.exists():
        _refuse_lost(folder, database)
        return False
    if not database.is_file() or not database.stat().st_size:
        kind = "empty (0 bytes)" if database.is_file() else "no file"
        stop(f"{database} is {kind}: {RESTORE}; for a new site, move {folder} away.")
    for file in (database, sqlite_file.journal_of(database), database.parent):
        _refuse_read_only(file)
    if fault := sqlite_file.damage(database):
        stop(f"{database} is damaged ({one_line(fault)}): {RESTORE}.")
    for name in missing_keys(folder):
        lost = folder / KEY_FILES[name]
        stop(f"{lost} is missing, and {name} is not set: {RESTORE} before {database} is used.")
    return True


def refuse_full_disk(folder: Path) -> None:
    """Refuse to start where the disk of a folder, which need not be there yet, is full."""
    while not folder.exists():
        folder = folder.parent
    if words := full_disk(folder):
        stop(f"{words}: make room, then start again.")


def make_folders(*folders: Path) -> None:
    """Folders for files that come while the site runs."""
    try:
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        stop(f"{error.filename} cannot be made ({error.strerror}): {MEND}.")


def make_site(folder: Path, database: Path | None) -> None:
    """The folder with its keys and its empty database, or nothing at all."""
    made = [] if folder.exists() else [folder]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in missing_keys(folder):
            made += _put(folder / KEY_FILES[name], _write_secret)
        if database is not None:
            made += _put(database, sqlite_file.make)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            for path in reversed(made):
                path.rmdir() if path == folder else path.unlink()
        why = error.strerror if isinstance(error, OSError) else error
        stop(f"no site can be made in {folder} ({why}): {MEND}.")


def _put(file: Path, make: Callable[[Path], None]) -> list[Path]:
    """A file, whole or not at all; none where another process was first."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".new-") as drafts:
        draft = Path(drafts) / file.name
        make(draft)
        try:
            os.link(draft, file)
        except FileExistsError:
            return []
    return [file]


def _write_secret(file: Path) -> None:
    """A new secret that only its owner may read."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
        out.write(secrets.token_urlsafe(50))


def _refuse_unreachable(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        return
    except OSError as error:
        stop(f"{folder} cannot be used as the data folder ({error.strerror}): {MEND}.")


def _refuse_lost(folder: Path, database: Path) -> None:
    """A site whose database is gone is not a new site."""
    remains = [folder / name for name in KEY_FILES.values() if (folder / name).exists()]
    if sqlite_file.has_journal(database):
        remains.append(sqlite_file.journal_of(database))
    if remains:
        left = " and ".join(map(str, remains))
        stop(
            f"{database} is missing, but {left} of a site are there: {RESTORE}; "
            "for a new site, move these away."
        )


def _refuse_read_only(path: Path) -> None:
    if not path.exists() or os.access(path, os.R_OK | os.W_OK):
        return
    on_read_only_disk = os.statvfs(path).f_flag & os.ST_RDONLY
    why = "its disk is read-only" if on_read_only_disk else "permission denied"
    stop(f"{path} cannot be written ({why}): mend that, or run as the user that owns it.")
