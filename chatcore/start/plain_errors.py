"""Tells in one line what the surroundings did to a program, instead of a traceback."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from chatcore.machine.data_folder import RESTORE
from chatcore.machine.refusal import one_line, stop

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_WRITE = {errno.EROFS, errno.EACCES, errno.EPERM}
NO_FILES = {errno.EMFILE, errno.ENFILE}
NO_TABLES = (
    "the database has not all tables of this version: run manage.py migrate and manage.py seed."
)
SQLITE = {
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_IOERR: "look at its disk",
    sqlite3.SQLITE_READONLY: "mend the owner and mode of its file and folder",
    sqlite3.SQLITE_CANTOPEN: "mend the owner and mode of its file and folder",
    sqlite3.SQLITE_CORRUPT: RESTORE,
    sqlite3.SQLITE_NOTADB: RESTORE,
}
"""What to do about an error, by SQLite's primary result code."""

POSTGRESQL = {"OperationalError", "PoolTimeout", "DiskFull", "ReadOnlySqlTransaction"}
"""Errors of psycopg's that the server or the way to it is to blame for."""


@contextmanager
def in_one_line() -> Iterator[None]:
    """End the program with one line where the disk or the database is to blame; else raise on."""
    try:
        yield
    except Exception as error:
        if words := next(filter(None, map(_words, _chain(error))), ""):
            stop(words)
        raise


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in SQLITE:
            return f"the database cannot be used ({one_line(error)}): {SQLITE[code]}."
        if "no such table" in str(error):
            return NO_TABLES
    if type(error).__module__.startswith("psycopg"):  # not loaded where there is SQLite
        return _of_postgresql(type(error).__name__, one_line(error))
    if isinstance(error, OSError):
        return _of_the_machine(error)
    return ""


def _of_postgresql(kind: str, answer: str) -> str:
    if kind == "UndefinedTable":
        return NO_TABLES
    if kind in POSTGRESQL:
        return (
            f"DATABASE_URL: the database cannot be used ({answer}): mend the address or the server."
        )
    return ""


def _of_the_machine(error: OSError) -> str:
    where = f"{error.filename or 'a file'} cannot be used ({error.strerror})"
    if error.errno == errno.EADDRINUSE:  # another process has taken it since we looked
        return f"the port cannot be used ({error.strerror}); choose another with --port."
    if error.errno in NO_ROOM:
        return f"{where}: make room on its disk."
    if error.errno in NO_WRITE:
        return f"{where}: mend its owner and mode."
    if error.errno in NO_FILES:
        return f"{where}: raise the limit of open files (LimitNOFILE=, ulimit -n)."
    return ""
