"""Searches for planted secrets, plain and encoded."""

import base64
import json
from urllib.parse import quote, quote_plus

import psycopg


def forms(secret: str) -> set[bytes]:
    """A text as it is, and as it may look after somebody has handled it."""
    raw = secret.encode()
    found = {raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode()}
    found |= {quote(secret, safe="").encode(), quote_plus(secret).encode()}
    found |= {json.dumps(secret)[1:-1].encode(), repr(secret)[1:-1].encode()}
    for shift in range(3):
        # Within a longer text it may begin at any of three places; its edges then mix with others.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            coded = encode(b"\0" * shift + raw)
            found.add(coded[4 if shift else 0 : -4])
    return found


def found_in(places: dict[str, bytes], secrets: dict[str, str]) -> list[str]:
    """Where which secret is."""
    return [
        f"{name} in {place}"
        for place, content in places.items()
        for name, secret in secrets.items()
        if any(form in content for form in forms(secret))
    ]


def dump(database_url: str) -> bytes:
    """Every row of every table of a PostgreSQL database, as text."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        rows = [
            str(row[0])
            for (table,) in tables
            for row in connection.execute(f"SELECT t::text FROM {table} t").fetchall()
        ]
    return "\n".join(rows).encode()
