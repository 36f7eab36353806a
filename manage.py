#!/usr/bin/env python
"""Django's command line. With `--data DIR` a command works on the site whose data lies in DIR."""

import os
import sys

from django.core.management import execute_from_command_line

from chatcore.start import doors
from chatcore.start.plain_errors import in_one_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")
    with in_one_line():
        arguments = doors.choose_data_folder(sys.argv)
        doors.run_command(arguments)
        execute_from_command_line(arguments)
