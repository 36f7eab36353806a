"""Checks an SQLite file without changing it, makes a new one, and writes its journal into it."""

import contextlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

CHECK_S = 2.0
"""How long a file is searched for damage at a start: a gigabyte on a usual disk."""


def damage(file: Path) -> str:
    """What is wrong with a file, in SQLite's words, or "". Nothing is written.

    A file with no journal beside it is opened as one that nobody changes, which makes no other files.
    One with a journal (of a process that runs, or was killed) can only be read together with it.
    """
    how = "mode=ro" if has_journal(file) else "immutable=1"
    address = f"file:{quote(str(file))}?{how}"
    try:
        with closing(sqlite3.connect(address, uri=True, check_same_thread=False)) as database:
            return _first_fault(database)
    except sqlite3.DatabaseError as error:
        return str(error)


def _first_fault(database: sqlite3.Connection) -> str:
    bell = threading.Timer(CHECK_S, database.interrupt)
    bell.start()
    try:
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY):
            return ""  # it is large, or in use: nothing was found so far
        raise
    finally:
        bell.cancel()
        bell.join()
    return "" if found == "ok" else str(found)


def journal_of(file: Path) -> Path:
    """SQLite's write-ahead log of a file, which holds the newest changes."""
    return file.with_name(f"{file.name}-wal")


def has_journal(file: Path) -> bool:
    """Whether changes stand in the journal that the file alone may not hold."""
    journal = journal_of(file)
    return journal.exists() and journal.stat().st_size > 0


def make(file: Path) -> None:
    """An empty database. Raises OSError or sqlite3.Error."""
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode=WAL")


def fold(file: Path) -> None:
    """Write the journal into the file, so that it alone holds everything, and remove it.

    For when all others are gone. Where it fails nothing is lost: the next start reads the journal.
    """
    if not journal_of(file).exists():
        return
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
