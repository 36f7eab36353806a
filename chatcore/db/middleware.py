"""Lets a look at a page or at the API survive a connection to the database that died under it."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from chatcore.db.errors import connection_died
from chatcore.db.pool import start_anew

REPEATABLE = {"GET", "HEAD"}


def note_error(response: HttpResponseBase, error: BaseException) -> None:
    """Mark the answer to an error, for `once_more`."""
    response.connection_died = connection_died(error)  # type: ignore[attr-defined]


@sync_and_async_middleware
def once_more(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware, the outermost: runs a request once more that changes nothing and lost its connection."""
    if not iscoroutinefunction(get_response):

        def answer(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = get_response(request)
            if not _is_worth_it(request, response):
                return response
            start_anew()
            again: HttpResponseBase = get_response(request)
            return again

        return answer

    async def answer_in_loop(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await get_response(request)
        if not _is_worth_it(request, response):
            return response
        await sync_to_async(start_anew)()
        again: Awaitable[HttpResponseBase] = get_response(request)
        return await again

    return answer_in_loop


def _is_worth_it(request: HttpRequest, response: HttpResponseBase) -> bool:
    return request.method in REPEATABLE and getattr(response, "connection_died", False)
