"""Tells errors that mean that the database is away from those that are a statement's own fault."""

import sqlite3

import psycopg
from django.db import InterfaceError, InternalError, OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests

LOST = (OperationalError, InterfaceError, InternalError)
"""What is raised while the database is away, or wants the transaction again: no job's own fault."""
_PASSING = ("08", "25006", "25P03", "40", "53", "55", "57")
"""Beginnings of SQLSTATE: connection, read-only (a failover), a transaction that was idle for too long
(a machine that slept), rollback, resources, locks, operators.
https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_CONNECTION_OF_NO_USE = ("08", "25006", "25P03", "57P")
_PASSING_IN_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
    }
)


def is_away(error: BaseException | None) -> bool:
    """Whether the same would succeed later: the database is away, full, or busy with others."""
    if not isinstance(error, LOST):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # The primary code is the low byte: https://www.sqlite.org/rescode.html
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _PASSING_IN_SQLITE
    if isinstance(cause, psycopg.Error):
        return cause.sqlstate is None or cause.sqlstate.startswith(_PASSING)
    return True


def is_out_of_reach(error: BaseException) -> bool:
    """Whether no connection could be had, however long was waited: to try again at once is no use."""
    return isinstance(error.__cause__, PoolTimeout | TooManyRequests)


def connection_died(error: BaseException) -> bool:
    """Whether a connection broke under a statement, or leads to a standby; a fresh one may do."""
    cause = error.__cause__
    return (
        isinstance(cause, psycopg.Error)
        and is_away(error)
        and not is_out_of_reach(error)
        and (cause.sqlstate is None or cause.sqlstate.startswith(_CONNECTION_OF_NO_USE))
    )
