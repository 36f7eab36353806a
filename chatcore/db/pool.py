"""Finds connections that PostgreSQL has ended, and replaces them before anybody uses one.

A restart of PostgreSQL ends every connection that waits in the pool. The pool's own health check asks
the server at each checkout, and finds the dead ones one by one, with a longer pause after each
(https://github.com/psycopg/psycopg/blob/master/psycopg_pool/psycopg_pool/pool.py). Here the kernel is
asked, which costs no round trip, and the first dead one replaces them all.
"""

import select
import threading
import time
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

DRAINED_EVERY_S = 1.0
_lock = threading.Lock()
_drained_at = float("-inf")


def replace_dead(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Called with each connection that leaves the pool: one that has ended gives way to a living one."""
    if connection.vendor == "postgresql" and _has_ended(connection):
        connection.close()
        _drain(connection)
        connection.connect()


def start_anew() -> None:
    """After a connection died in use: give it back, and replace all that wait in the pool."""
    connection.close()
    _drain(connection)


def _has_ended(connection: BaseDatabaseWrapper) -> bool:
    """Nothing is to be read from a connection at rest, except that it has ended, or some notice."""
    try:
        descriptor = connection.connection.fileno()
    except psycopg.OperationalError:
        return True
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0)) and not connection.is_usable()


def _drain(connection: Any) -> None:
    global _drained_at
    pool = getattr(connection, "pool", None)
    with _lock:
        if pool is None or time.monotonic() < _drained_at + DRAINED_EVERY_S:
            return
        _drained_at = time.monotonic()
    pool.drain()
