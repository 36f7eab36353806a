"""Makes a new site where there is none, and brings its database up to this version.

    python -m scripts.prepare [seed's options]

`manage.py migrate` and `manage.py seed` in one process: loading Django twice would cost a second of
every start.
"""

from __future__ import annotations

import os
import sys

from django.core.management import ManagementUtility

from chatcore.start import doors
from chatcore.start.plain_errors import in_one_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatcore.settings")
    with in_one_line():
        doors.set_up()
        for words in (["migrate", "--verbosity", "0"], ["seed", *sys.argv[1:]]):
            ManagementUtility(["manage.py", *words]).execute()


if __name__ == "__main__":
    main()
