"""Other processes of the site, on the tests' database and at the tests' time."""

import os
from pathlib import Path

from django.db import connection
from django.utils import timezone

from tests.services.smtp import Mailbox
from tests.services.warm import Program, warm

ROOT = Path(__file__).resolve().parents[2]


def start(program: str, mailbox: Mailbox, folder: Path) -> Program:
    """A process that runs these lines of Python. Its clock begins at the time that it is here."""
    lines = (
        "import time_machine",
        f"time_machine.travel({timezone.now().timestamp()!r}).start()",
        program,
    )
    command = ["manage.py", "shell", "--no-imports", "-c", "\n".join(lines)]
    env = {
        **os.environ,
        "CHATCORE_DATA": str(folder),
        "EMAIL_URL": mailbox.url,
        "DATABASE_URL": database_url(),
    }
    with (folder / "programs.log").open("ab") as out:
        return warm().start(command, env=env, out=out)


def database_url() -> str:
    """The tests' own database, as a process is told of it."""
    held = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{held['NAME']}"
    return f"postgresql://{held['USER']}:{held['PASSWORD']}@{held['HOST']}:{held['PORT']}/{held['NAME']}"
