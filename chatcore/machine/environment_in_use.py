"""Keeps the virtual environment that a process runs from in its place while it runs."""

import fcntl
import os
import sys
from pathlib import Path

from chatcore.machine.refusal import stop


def hold() -> None:
    """Tell `scripts.install`, by a shared lock until we end, that the environment is in use."""
    if sys.prefix == sys.base_prefix:
        return
    held = os.open(Path(sys.prefix) / "pyvenv.cfg", os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        stop(f"{sys.prefix} is being installed just now: start again when that is done.")


def pin() -> None:
    """Start anew by the environment's own path where we were started through a symbolic link.

    Modules, templates and static files are looked up by that path for as long as we run; a link such
    as `current` leads to the next version after an upgrade.
    """
    own = os.path.realpath(sys.prefix)
    if sys.prefix not in (own, sys.base_prefix):
        python = f"{own}/bin/{os.path.basename(sys.executable)}"
        os.execv(python, [python, *sys.orig_argv[1:]])
