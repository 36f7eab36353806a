"""The site without its top floor."""

from chatcore.settings import *  # noqa: F403
from chatcore.settings import INSTALLED_APPS as ALL_APPS

INSTALLED_APPS = [app for app in ALL_APPS if app != "observability"]
