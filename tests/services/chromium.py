"""Finds or installs the tests' Chromium.

From CHROMIUM, else from PATH, else from apt where that is allowed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

from scripts.install import ROOT, Setup, clean_environment
from scripts.processes import run_step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def version_of(program: str) -> str | None:
    """What the browser calls itself, or None if it does not run."""
    with contextlib.suppress(OSError):
        result = subprocess.run([program, "--version"], capture_output=True, text=True)
        if result.returncode == 0:
            return result.stdout.strip()
    return None


def find() -> tuple[str, str] | None:
    """The path and the version of a Chromium that runs."""
    for name in filter(None, [os.environ.get("CHROMIUM"), *NAMES]):
        if (path := shutil.which(name)) and (version := version_of(path)):
            return path, version
    return None


def chromium(setup: Setup) -> tuple[str, str]:
    """The path and a description. Raises SystemExit if there is none and none can be had."""
    found = find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium ...", flush=True)
        env = clean_environment() | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-qq", "--no-install-recommends", "chromium"]):
            command = ["apt-get", "-y", *words]
            run_step(setup.guard, setup.signals, command, cwd=ROOT, env=env)
        found = find()
    if found is None:
        sys.exit("No Chromium runs here; install one, or name its path in CHROMIUM.")
    path, version = found
    return path, f"{version} at {path}"
