"""How the site connects to PostgreSQL, and how it comes back after that was away.

psycopg_pool alone waits longer and longer between its tries to connect, and gives up while others
still wait.
"""

import contextlib
import logging
import time
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

logger = logging.getLogger(__name__)
WAIT_S = 5.0
"""For so long a request waits for a connection: a short restart of PostgreSQL is not noticed."""
TRY_AGAIN_S = 0.5
"""Between two tries to reach a PostgreSQL that is away."""
TOLD_EVERY_S = 30.0
SETTINGS = {
    # Nothing of ours holds a lock for long: waiting for one must not stop everybody's turns.
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "log_parameter_max_length_on_error": "0",
}
LINE = {
    # A server that vanished without a word is noticed within seconds, not after the kernel's minutes.
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
_told_at = float("-inf")


def options(given: dict[str, Any]) -> dict[str, Any]:
    """Django's OPTIONS; what DATABASE_URL says after its `?` comes on top of ours."""
    ours = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    return {
        **LINE,
        **given,
        # Of two words about one setting PostgreSQL obeys the last.
        "options": f"{ours} {given.get('options', '')}".strip(),
        # Values travel apart from statements: no log of statements, no report of a deadlock and no
        # view of what runs holds anybody's words or session.
        "server_side_binding": True,
        # Never with `max_waiting`: psycopg_pool keeps those who gave up in its queue until it has a
        # connection again, and a queue that is full lets nobody try to connect, `try_again` included.
        "pool": {
            "min_size": 1,
            "max_size": 8,
            "timeout": WAIT_S,
            "reconnect_timeout": TRY_AGAIN_S,
            "reconnect_failed": try_again,
        },
    }


def try_again(pool: ConnectionPool[Any]) -> None:
    """Called by a pool that gave up: whoever waits for a connection has not, so it begins anew."""
    global _told_at
    if time.monotonic() > _told_at + TOLD_EVERY_S:
        _told_at = time.monotonic()
        logger.warning("PostgreSQL cannot be reached; it is tried again twice a second")
    with contextlib.suppress(psycopg.OperationalError):
        pool.putconn(pool.getconn(timeout=0.01))
