"""Whether PostgreSQL and Redis answer at the addresses that the environment names.

What they answered is told, never the password.
"""

from typing import Any

import psycopg
import redis

from chatcore.machine.refusal import one_line, stop

CONNECT_S = 5
REDIS_S = 2.0
NOT_FOR_LIBPQ = {"pool", "server_side_binding", "assume_role", "isolation_level"}
"""Options of Django's, beside those of libpq."""


def connected(config: dict[str, Any]) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection to the PostgreSQL of a DATABASES entry, which takes writes."""
    options = {key: value for key, value in config["OPTIONS"].items() if key not in NOT_FOR_LIBPQ}
    where: dict[str, Any] = {"connect_timeout": CONNECT_S, "dbname": config["NAME"], **options}
    for name in ("host", "port", "user", "password"):
        where[name] = config[name.upper()] or None
    try:
        connection = psycopg.connect(**where)
    except psycopg.Error as error:
        answer = one_line(str(error).partition("\n")[0])
        _refuse_database(_without(config["PASSWORD"], answer))
    if connection.execute("SHOW transaction_read_only").fetchone() == ("on",):
        connection.close()
        _refuse_database("it is read-only")
    return connection


def _refuse_database(answer: str) -> None:
    stop(f"DATABASE_URL: the database cannot be used ({answer}): mend the address or the server.")


def has_tables(connection: "psycopg.Connection[tuple[Any, ...]]") -> bool:
    """Whether a site's tables are in this database."""
    found = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
    return found == (True,)


def refuse_silent_redis(url: str) -> None:
    """Refuse to start where Redis does not answer."""
    limits = {"socket_connect_timeout": REDIS_S, "socket_timeout": REDIS_S}
    try:
        client = redis.Redis.from_url(url, **limits)
    except ValueError as error:
        stop(f"REDIS_URL is not usable: {one_line(error)}")
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        answer = _without(client.get_connection_kwargs().get("password"), one_line(error))
        stop(f"REDIS_URL: Redis cannot be used ({answer}): mend the address or the server.")
    finally:
        client.close()


def _without(secret: str | None, words: str) -> str:
    return words.replace(secret, "...") if secret else words
