"""Keeps the table of running processes: this one's own row, and the end of those that died.

Plain sync jobs, each for one transaction. `chatcore.turns.watch` tells who is dead.
"""

import fcntl
import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import Error, close_old_connections, models
from django.db.models.functions import Now
from django.utils import timezone

from chatcore.conf import listening
from chatcore.db.writer import writer
from chatcore.models import ServerProcess

logger = logging.getLogger(__name__)
Kind = ServerProcess.Kind
SILENT = timedelta(seconds=15)
"""How long a process may show no sign of life before it is taken for dead."""
BACKGROUND_BEAT_S = 5.0
"""The worker and the clock show theirs less often: nobody waits for them."""


class ThisProcess:
    """The process that this is, and its row."""

    def __init__(self) -> None:
        self.kind: str = Kind.WEB
        self._thread: threading.Thread | None = None
        self.start_anew()

    def start_anew(self) -> None:
        """Be another process, as after a fork."""
        self.id = uuid4()
        self.is_registered = False
        self._started_at = timezone.now()
        self._thread = None

    @property
    def address(self) -> str:
        """The machine's name, and where we listen; "" for a web process that does not know it."""
        if self.kind != Kind.WEB:
            return socket.gethostname()[:120]
        return f"{socket.gethostname()} {listening.address}"[:120] if listening.address else ""

    def beat(self) -> None:
        """Show a sign of life; make the row where there is none."""
        renewed = ServerProcess.objects.filter(pk=self.id).update(
            seen_at=Now(), beats=models.F("beats") + 1
        )
        if not renewed:
            row = ServerProcess(
                id=self.id,
                kind=self.kind,
                address=self.address,
                version=settings.VERSION,
                started_at=self._started_at,
                seen_at=Now(),
            )
            # Another thread of ours may make it at this moment.
            ServerProcess.objects.bulk_create([row], ignore_conflicts=True)

    async def ensure_registered(self) -> None:
        """Have a row before the first turn names it."""
        if not self.is_registered:
            await writer.run(self.beat)
            self.is_registered = True

    def leave(self) -> None:
        """Remove the row: turns that still name it belong to nobody."""
        ServerProcess.objects.filter(pk=self.id).delete()
        self.is_registered = False

    def beat_in_background(self, kind: str) -> None:
        """Show signs of life for as long as the process lives, for the worker and the clock."""
        self.kind = kind
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat_for_ever, name="beat", daemon=True)
            self._thread.start()

    def _beat_for_ever(self) -> None:
        while True:
            try:
                self.beat()
                self.is_registered = True
            except Error as error:
                logger.warning("This process cannot show that it lives: %s", error)
            finally:
                close_old_connections()
            time.sleep(BACKGROUND_BEAT_S)


here = ThisProcess()
os.register_at_fork(after_in_child=here.start_anew)


def others() -> list[ServerProcess]:
    """All processes but this one, each with `late`: whether the database's clock says so."""
    late = models.Q(seen_at__lt=Now() - SILENT)
    return list(ServerProcess.objects.annotate(late=late).exclude(pk=here.id))


def alive(kind: str) -> list[ServerProcess]:
    """The processes of a kind that showed a sign of life in the last 15 seconds."""
    return list(ServerProcess.objects.filter(kind=kind, seen_at__gte=Now() - SILENT))


def bury(dead: Sequence[ServerProcess]) -> None:
    """Remove the rows of dead processes, except of those that showed a sign of life meanwhile."""
    for row in dead:
        if ServerProcess.objects.filter(pk=row.pk, beats=row.beats).delete()[0]:
            logger.warning("The %s is dead: it was last seen at %s", row, row.seen_at)


def bury_predecessors() -> None:
    """Remove the rows of the web processes before this one, where there can be only one.

    SQLite has one web process, which holds a lock in the data folder: who gets the lock knows that
    the ones before are gone.
    """
    if settings.EMBEDDED and _is_alone():
        ServerProcess.objects.filter(kind=Kind.WEB).exclude(pk=here.id).delete()


def _is_alone() -> bool:
    """Whether no other web process uses the data folder; if so, it is ours until we end."""
    if _held:
        return True
    door = os.open(settings.DATA_DIR / "web.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(door)
        return False
    _held.append(door)
    return True


_held: list[int] = []
"""The open lock, for as long as the process lives."""
