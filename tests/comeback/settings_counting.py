"""The site's settings, and a process that says on SIGUSR1 what it holds."""

from chatcore.settings import *  # noqa: F403
from chatcore.settings import INSTALLED_APPS as ALL_APPS

INSTALLED_APPS = [*ALL_APPS, "tests.comeback.counting.CountingConfig"]
