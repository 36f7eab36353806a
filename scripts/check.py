"""Checks that the checkout keeps its own rules.

Runs every check, says which failed, changes nothing but tools' caches.
"""

from __future__ import annotations

import secrets
import sys
import tempfile

from scripts.install import PYTHON, ROOT, clean_environment
from scripts.lock import stale_locks
from scripts.processes import Guard, Signals, Stopped, run_step

BIN = PYTHON.parent
MANAGE = [str(PYTHON), "manage.py"]
CHECKS = {
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet"],
    "lint": [str(BIN / "ruff"), "check", "--quiet"],
    "types": [str(BIN / "mypy"), "--no-error-summary"],
    "floors": [str(BIN / "lint-imports")],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def environment(folder: str) -> dict[str, str]:
    """Settings as in production, reached over https, with nothing of this machine's."""
    ours = clean_environment()
    for name in ("DEBUG", "REDIS_URL", "SEALING_KEYS"):
        ours.pop(name, None)
    return ours | {
        "CHATCORE_DATA": folder,
        "DATABASE_URL": "sqlite://:memory:",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "chat.example.org",
        "CHATCORE_URL": "https://chat.example.org",
    }


def failures(guard: Guard, signals: Signals) -> list[str]:
    """The names of the checks that failed, each of which has said why."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="chatcore-check-") as folder:
        env = environment(folder)
        for name, command in CHECKS.items():
            print(f"--- {name}", flush=True)
            if run_step(guard, signals, command, cwd=ROOT, env=env):
                failed.append(name)
    print("--- locks", flush=True)
    if stale := stale_locks():
        print(f"Made from other requirements: {', '.join(stale)}; run scripts/lock.")
        failed.append("locks")
    return failed


def main() -> None:
    guard = Guard()
    try:
        failed = failures(guard, Signals())
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    finally:
        guard.dismiss()
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")
    print("All checks passed.")


if __name__ == "__main__":
    main()
