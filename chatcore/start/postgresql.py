"""Whether PostgreSQL answers at the address in DATABASE_URL: what it answered is told, never a password."""

from typing import Any

import psycopg

from chatcore.machine.refusal import one_line, stop, without

CONNECT_S = 5
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
        _refuse_database(without(config["PASSWORD"], answer))
    if connection.execute("SHOW transaction_read_only").fetchone() == ("on",):
        connection.close()
        _refuse_database("it is read-only")
    return connection


def _refuse_database(answer: str) -> None:
    stop(f"DATABASE_URL: the database cannot be used ({answer}): mend the address or the server.")
