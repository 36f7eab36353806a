"""Finds or installs the tests' Chromium.

From CHROMIUM, else Debian's headless shell, which needs less than half of the CPU, also from apt where
that is allowed; else a whole Chromium from PATH, or from apt.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

from scripts.install import ROOT, Setup, clean_environment
from scripts.processes import run_step

SHELL = "/usr/lib/chromium/chromium-headless-shell"
"""Debian's package puts it beside Chromium, and not on PATH."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def version_of(program: str) -> str | None:
    """What the browser calls itself, or None if it does not run."""
    with contextlib.suppress(OSError):
        result = subprocess.run([program, "--version"], capture_output=True, text=True)
        if result.returncode == 0:
            return result.stdout.strip()
    return None


def find(*names: str) -> tuple[str, str] | None:
    """The path and the version of the first of these that runs."""
    for name in names:
        if (path := shutil.which(name)) and (version := version_of(path)):
            return path, version
    return None


def install(setup: Setup, package: str, *names: str) -> tuple[str, str] | None:
    """Ask apt for a package where that is allowed, and look for its program again."""
    if os.geteuid() or not shutil.which("apt-get"):
        return None
    print(f"Installing {package} ...", flush=True)
    env = clean_environment() | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "--no-install-recommends", package]):
        command = ["apt-get", "-y", *words]
        run_step(setup.guard, setup.signals, command, cwd=ROOT, env=env)
    return find(*names)


def chromium(setup: Setup) -> tuple[str, str]:
    """The path and a description. Raises SystemExit if there is none and none can be had."""
    if given := os.environ.get("CHROMIUM"):
        found = find(given)
    else:
        found = (
            find(SHELL)
            or install(setup, "chromium-headless-shell", SHELL)
            or find(*NAMES)
            or install(setup, "chromium", *NAMES)
        )
    if found is None:
        sys.exit("No Chromium runs here; install one, or name its path in CHROMIUM.")
    path, version = found
    return path, f"{version} at {path}"
