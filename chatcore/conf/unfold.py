"""How the admin is named, coloured and grouped."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static

from chatcore.conf.sidebar import SIDEBAR


def no_colours(request: HttpRequest) -> dict[str, Any]:
    """None from here, or unfold would write them into each page as a style block."""
    return {}


def style_sheet(request: HttpRequest) -> str:
    """The file that sets them instead."""
    return static("chatcore/admin.css")


def icon(request: HttpRequest) -> str:
    """The chat's own; without one the browser asks for /favicon.ico."""
    return static("chatcore/icon.svg")


UNFOLD = {
    "SITE_TITLE": "Chatcore",
    "SITE_HEADER": "Chatcore",
    "SITE_SYMBOL": "forum",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "COLORS": no_colours,
    "STYLES": [style_sheet],
    "SIDEBAR": SIDEBAR,
}
