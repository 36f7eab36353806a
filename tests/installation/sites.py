"""Starts programs of a site that something is wrong with, and looks at what they say and leave."""

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.services.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PYTHON = str(Path(sys.prefix).resolve() / "bin" / "python")
OURS = ("DATABASE_URL", "REDIS_URL", "CHATCORE_DATA", "SECRET_KEY", "SEALING_KEYS", "PYTHONPATH")
KEYS = {"SECRET_KEY": "s" * 50, "SEALING_KEYS": "k" * 50}
Done = subprocess.CompletedProcess[str]


def run_command(data: Path) -> list[str | Path]:
    """`scripts/run` for a site in a folder."""
    return [ROOT / "scripts" / "run", "--port", str(free_port()), "--data", data]


def serve_command(port: int | None = None, server: str = "daphne") -> list[str | Path]:
    """The web process alone."""
    where = ["--server", server, "--port", str(port or free_port())]
    return [PYTHON, "-m", "chatcore.serve", *where]


def manage_command(*words: str | Path) -> list[str | Path]:
    """`manage.py` with a command."""
    return [PYTHON, ROOT / "manage.py", *words]


def environment(**ours: object) -> dict[str, str]:
    """Ours without the tests' own services."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {name: str(value) for name, value in ours.items()}


def start(
    command: list[str | Path],
    *,
    before: Callable[[], None] | None = None,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    **ours: object,
) -> Done:
    """Run a program to its end; `before` is called in its process."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(**(env or {}), **ours),
        preexec_fn=before,
        capture_output=True,
        text=True,
        timeout=120,
    )


def refusal(done: Done) -> str:
    """The one line by which a program has refused to start."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("chatcore: ")
    return line


def contents(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder in a folder, with its mode, size and time."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        found[str(path.relative_to(folder))] = (state.st_mode, state.st_size, state.st_mtime_ns)
    return found


def bound_by_modes() -> None:
    """For root, whom no file's mode binds: be bound like everybody (CAP_DAC_OVERRIDE is dropped)."""
    if os.geteuid() == 0:
        drop_capability, override, read_search = 24, 1, 2  # linux/prctl.h, linux/capability.h
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (override, read_search):
            if libc.prctl(drop_capability, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "the capability cannot be dropped")


def few_files(number: int) -> Callable[[], None]:
    """No more than so many open files."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


# In a mount namespace of its own: a disk of 2 MB, on it a copy of a site, and not one free byte.
ON_A_FULL_DISK = """
mount -t tmpfs -o size=2m,mode=700 tmpfs "$1" && cp -a "$2/." "$1" || exit 99
cat /dev/zero >"$1/filler" 2>/dev/null
list() { find "$1" -printf '%P %m %s %T@\\n' | sort; }
before=$(list "$1"); disk=$1; shift 2
"$@"; code=$?
test "$before" = "$(list "$disk")" || echo "the folder has changed" >&2
exit $code
"""


def start_on_full_disk(command: list[str | Path], disk: Path, copy_of: Path) -> Done:
    """Run a program whose data folder `disk` is a copy of another, on a disk that is full.

    Where no disk may be mounted, no file may grow by a byte; empty ones can be made there.
    """
    disk.mkdir()
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-r", "--mount"]
    probe = ["mount", "-t", "tmpfs", "tmpfs", str(disk)]
    if shutil.which("unshare") and not subprocess.run([*namespace, *probe]).returncode:
        script = ["sh", "-c", ON_A_FULL_DISK, "full-disk", str(disk), str(copy_of)]
        return start([*namespace, *script, *command], CHATCORE_DATA=disk)
    shutil.copytree(copy_of, disk, dirs_exist_ok=True)
    before = contents(disk)
    no_growth = (0, resource.RLIM_INFINITY)
    done = start(
        command,
        CHATCORE_DATA=disk,
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, no_growth),
    )
    assert before.items() <= contents(disk).items()
    return done
