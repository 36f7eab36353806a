"""Tries doors, and tells those that are open from those that are closed."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.utils.deprecation import MiddlewareMixin

from tests.permissions.site import Visitor


class WithoutDrawing(MiddlewareMixin):
    """Leaves pages blank: who may see one is decided before, and drawing takes most of the time."""

    def process_template_response(
        self, request: HttpRequest, response: SimpleTemplateResponse
    ) -> SimpleTemplateResponse:
        if "drawn" not in request.GET:
            response.template_name = engines["django"].from_string("")
        return response


def knock(
    visitor: Visitor, method: str, address: str, data: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Make a request; what it changes is taken back."""
    request = getattr(visitor.client, method.lower())
    if method == "GET":
        answer = request(address, data, **options)
    else:
        with transaction.atomic():
            answer = request(address, data, **options)
            transaction.set_rollback(True)
    assert answer.status_code < 500, (visitor.name, method, address)
    return answer


def is_open(answer: HttpResponse, *, hidden: bool = False) -> bool:
    """Whether somebody was let in. `hidden`: behind this door what is not one's own is "not found"."""
    closed = {401, 403, 404} if hidden else {401, 403}
    sent_away = urlsplit(answer.get("Location", "")).path in {"/login/", "/admin/login/"}
    return answer.status_code not in closed and not sent_away


class Findings:
    """Every door that did not do as the map and the table say."""

    def __init__(self) -> None:
        self.tried = 0
        self.wrong: list[str] = []

    def expect(self, door: str, visitor: Visitor, needs: Iterable[str], *, opened: bool) -> None:
        """Note whether a door did as it must."""
        self.tried += 1
        if opened != visitor.may(*needs):
            state = "open" if opened else "closed"
            self.wrong.append(f"{door} is {state} to {visitor.name}")
