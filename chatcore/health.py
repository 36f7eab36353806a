"""Is the process alive, and is it ready for people? Never a question to a vendor."""

import msgspec
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chatcore.database import read
from chatcore.gate import Send
from chatcore.streams import send_json
from routing.services import snapshot


class Readiness:
    """What is known of this process."""

    def __init__(self) -> None:
        self.draining = False
        self._migrated = False

    async def checks(self) -> dict[str, bool | str]:
        """Name -> true, or what is missing."""
        return await read(self._look)

    def _look(self) -> dict[str, bool | str]:
        found: dict[str, bool | str] = {
            "accepting": "the process is ending" if self.draining else True
        }
        found["migrations"] = self._migrations()
        if found["migrations"] is True:
            found |= _routing()
        return found

    def _migrations(self) -> bool | str:
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
    return {
        "snapshot": True,
        "providers": True if usable else "no model can be called: add a provider key",
    }


readiness = Readiness()


async def healthz(send: Send) -> None:
    """200 while the event loop runs."""
    await send_json(send, 200, b'{"alive":true}')


async def readyz(send: Send) -> None:
    """200 once everything is there, else 503 naming what is missing."""
    try:
        checks = await readiness.checks()
    except Exception as error:  # the database is down: that is the answer, not a fault of ours
        checks = {"database": type(error).__name__}
    ready = all(value is True for value in checks.values())
    body = msgspec.json.encode({"ready": ready, "checks": checks})
    await send_json(send, 200 if ready else 503, body)
