"""Says whether the process is alive, and whether it is ready for people. It never asks a vendor."""

import asyncio
from urllib.parse import urlsplit

import msgspec
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chatcore.db.reader import read
from chatcore.db.refused_writes import refused_writes
from chatcore.maintenance import background
from chatcore.streaming.asgi_http import Send, send_json
from chatcore.turns.running import running
from routing.services import snapshot
from routing.services.snapshot import LOCAL

ANSWER_S = 2.0
"""A balancer does not wait longer for a word."""


class Readiness:
    """What is known of this process."""

    def __init__(self) -> None:
        self.warnings: dict[str, str] = {}
        """What the last look found that does not keep people from chatting."""
        self._migrated = False
        self._looking: asyncio.Task[dict[str, bool | str]] | None = None

    async def checks(self) -> dict[str, bool | str]:
        """Name -> true, or what is missing."""
        if running.draining:
            return {"accepting": "the process is ending"}
        async with asyncio.timeout(ANSWER_S):
            found = await asyncio.shield(self._one_look())
        if address := found.pop("only_local", None):
            found["local_model"] = await _answers(str(address))
        return found

    def _one_look(self) -> "asyncio.Task[dict[str, bool | str]]":
        """Questions that come while the database is away share one look at it."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(read(self._look))
        return self._looking

    def _look(self) -> dict[str, bool | str]:
        found: dict[str, bool | str] = {"accepting": True}
        found["migrations"] = self._migrations()
        found["writable"] = refused_writes.problem() or True
        if found["migrations"] is True:
            found |= _routing()
            self.warnings = background.problems()
        return found

    def _migrations(self) -> bool | str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not self._migrated:
            executor = MigrationExecutor(connection)
            left = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if left:
                return f"{len(left)} migrations are not applied"
            self._migrated = True
        return True


def _routing() -> dict[str, bool | str]:
    try:
        facts = snapshot.refresh()
    except RuntimeError as error:
        return {"snapshot": str(error)}
    usable = [row for row in facts.deployments.values() if not row.disabled]
    if usable and all(row.provider == LOCAL for row in usable):
        return {"snapshot": True, "only_local": usable[0].base_url}
    return {"snapshot": True}


async def _answers(address: str) -> bool | str:
    """Whether something listens at an address."""
    parts = urlsplit(address)
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except OSError:
        return "the local model, the only provider, does not answer yet"
    writer.close()
    return True


readiness = Readiness()


async def healthz(send: Send) -> None:
    """200 while the event loop runs."""
    await send_json(send, 200, b'{"alive":true}')


async def readyz(send: Send) -> None:
    """200 once everything is there, else 503 naming what is missing.

    A worker or a clock that is missing stands among the warnings: people can chat without them.
    """
    warnings: dict[str, str] = {}
    try:
        checks = await readiness.checks()
        warnings = readiness.warnings
    except TimeoutError:
        checks = {"database": f"it has not answered for {ANSWER_S:.0f} seconds"}
    except Exception as error:  # the database is down: that is the answer, not a fault of ours
        checks = {"database": type(error).__name__}
    ready = all(value is True for value in checks.values())
    body = msgspec.json.encode({"ready": ready, "checks": checks, "warnings": warnings})
    await send_json(send, 200 if ready else 503, body)
