#!/usr/bin/env python
"""Django's command line. With `--data DIR` a command works on the site whose data lies in DIR."""

import argparse
import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line


def choose_data_folder(arguments: list[str]) -> None:
    """Tell the settings which site is meant, for they are loaded before the command reads this.

    The folder must be there: a slip of the pen must not make an empty site.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--data", type=Path)
    try:
        data = parser.parse_known_args(arguments)[0].data
    except argparse.ArgumentError:  # without a value: the command's own parser says so
        return
    if data is None:
        return
    if not data.is_dir():
        sys.exit(f"chatcore: --data is not usable: there is no folder {data}")
    os.environ["CHATCORE_DATA"] = str(data.absolute())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")
    choose_data_folder(sys.argv[2:])
    execute_from_command_line(sys.argv)
