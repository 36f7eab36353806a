"""Inside a web process: on SIGUSR1 it writes how many tasks, sockets and replies it holds."""

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings


class CountingConfig(AppConfig):
    name = "tests.comeback"
    label = "comeback"
    path = str(Path(__file__).parent)

    def ready(self) -> None:
        from chatcore.turns.signals import web_begins  # noqa: PLC0415  # when the models are there

        web_begins.connect(listen)


async def listen(**kwargs: Any) -> None:
    """Write the counts whenever asked, from now on."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _write)


def _write() -> None:
    from chatcore.streaming.websocket import open_sockets  # noqa: PLC0415
    from chatcore.turns.running import running  # noqa: PLC0415

    held = Counter(_name(task) for task in asyncio.all_tasks())
    held |= {"sockets": len(open_sockets), "replies": len(running.replies)}
    file = Path(settings.DATA_DIR) / f"held-{os.getpid()}.json"
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(held))
    draft.replace(file)


def _name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return str(getattr(coroutine, "__qualname__", coroutine))
