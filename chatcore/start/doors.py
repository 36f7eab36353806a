"""What each program of the site looks at before it loads the settings."""

import os
from argparse import ArgumentError, ArgumentParser
from pathlib import Path

from chatcore.machine import environment_in_use
from chatcore.machine.data_folder import KEY_FILES
from chatcore.machine.refusal import stop
from chatcore.start.site import Site

WITHOUT_A_SITE = {
    "check",
    "diffsettings",
    "findstatic",
    "help",
    "makemigrations",
    "simulate_providers",
    "spectacular",
    "version",
}
"""Commands that need neither database nor keys."""
WITHOUT_SEALING_KEYS = {"weekly_rollup"}
"""Commands for machines that must not be able to read providers' keys."""


def run_site() -> None:
    """For the web process, the worker and the clock: refuse to start unless all is there and answers."""
    environment_in_use.hold()
    site = Site()
    site.refuse_absent(keys=list(KEY_FILES))
    site.refuse_full_disk()
    site.refuse_silent_redis()
    site.make_queue()


def set_up() -> None:
    """For what makes a site or brings it up to date: make what a new one needs."""
    environment_in_use.hold()
    site = Site()
    site.refuse_full_disk()
    site.refuse_silent_redis()
    site.make_where_absent()
    site.make_queue()


def run_command(arguments: list[str]) -> None:
    """For `manage.py`: refuse a command that needs a site where there is none.

    Only `migrate` makes a new one, and only in a folder that was named.
    """
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in WITHOUT_A_SITE or command.startswith("-") or {"-h", "--help"} & set(arguments):
        return
    if command == "migrate" and os.environ.get("CHATCORE_DATA"):
        set_up()
        return
    environment_in_use.hold()
    Site().refuse_absent(
        keys=["SECRET_KEY"] if command in WITHOUT_SEALING_KEYS else list(KEY_FILES)
    )


def choose_data_folder(arguments: list[str]) -> list[str]:
    """Take `--data DIR` out of a command line and tell the settings; the words that are left.

    The folder must be there: a slip of the pen must not make an empty site.
    """
    parser = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--data", type=Path)
    try:
        chosen, rest = parser.parse_known_args(arguments)
    except ArgumentError:
        stop("--data is not usable: expected a folder behind it")
    if chosen.data is None:
        return arguments
    if not chosen.data.is_dir():
        stop(f"--data is not usable: there is no folder {chosen.data}")
    os.environ["CHATCORE_DATA"] = str(chosen.data.absolute())
    return rest
