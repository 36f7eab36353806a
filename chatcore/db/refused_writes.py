"""Whether the database takes writes: asked by `/readyz`, which must not write at every poll.

The disk and the server are asked, and a write that was refused counts for some seconds more.
"""

import logging
import os
import sqlite3
import time

from django.db import connection

from chatcore.conf import environment
from chatcore.machine import limits

logger = logging.getLogger(__name__)
COUNTS_S = 10.0
SAID_EVERY_S = 60.0
REFUSED_BY_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR}
REFUSED_BY_POSTGRESQL = {"53100", "25006"}  # disk_full, read_only_sql_transaction


class RefusedWrites:
    """The last write that the database refused for want of room or of the right to write."""

    def __init__(self) -> None:
        self._refused_at = self._said_at = float("-inf")
        self._why = ""

    def note(self, error: BaseException | None) -> None:
        """Look at what a write came to. Errors of any other kind are not counted."""
        cause = error.__cause__ if error is not None else None
        if not _is_refusal(cause):
            return
        self._refused_at, self._why = time.monotonic(), _name_of(cause)
        if self._refused_at - self._said_at >= SAID_EVERY_S:
            self._said_at = self._refused_at
            logger.error("The database takes no writes: %s. Look at its disk and mode", self._why)

    def problem(self) -> str:
        """Why no write can be expected to succeed now, or ""."""
        if time.monotonic() - self._refused_at < COUNTS_S:
            return f"the last write was refused ({self._why})"
        return _of_the_file() if connection.vendor == "sqlite" else _of_the_server()


refused_writes = RefusedWrites()


def _name_of(cause: BaseException | None) -> str:
    return getattr(cause, "sqlite_errorname", "") or type(cause).__name__


def _is_refusal(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in REFUSED_BY_SQLITE
    return getattr(cause, "sqlstate", None) in REFUSED_BY_POSTGRESQL


def _of_the_file() -> str:
    file = environment.sqlite_file(connection.settings_dict)
    if file is None:
        return ""
    if not os.access(file, os.R_OK | os.W_OK):
        return "the database file is gone" if not file.exists() else "its file is read-only"
    return "its disk is full" if limits.full_disk(file.parent) else ""


def _of_the_server() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return "the database is read-only" if cursor.fetchone() == ("on",) else ""
