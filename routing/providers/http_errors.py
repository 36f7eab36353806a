"""Turns the exceptions of the HTTP client into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import httpx

from routing.providers.errors import ProtocolViolated, ProviderError, TimedOut


@contextmanager
def our_errors(broken: type[ProviderError]) -> Iterator[None]:
    """Turn the client's exceptions into ours; a lost connection becomes the class `broken`.

    The transport reports a reset and an end of file as a connect timeout, and lets some of aiohttp's
    own exceptions through, so its cause decides, not its class.
    """
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
        cause = cause_of(error)
        if isinstance(cause, aiohttp.ConnectionTimeoutError):
            raise TimedOut("connect") from None
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            raise broken(f"the proxy answered {cause.status}") from None
        if isinstance(cause, aiohttp.ClientResponseError):
            raise ProtocolViolated("not an HTTP reply") from None
        # Not chained: the client's words may hold the request.
        raise broken(type(cause).__name__) from None


def cause_of(error: BaseException) -> BaseException:
    """The exception of aiohttp that httpx wrapped in one of its own."""
    return error if isinstance(error, aiohttp.ClientError) else error.__cause__ or error


def is_closed_without_a_byte(cause: BaseException) -> bool:
    """Whether the vendor closed the connection before it sent any of the reply."""
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        # Its message is the half-read head, where there is one.
        return isinstance(cause.message, str)
    return isinstance(cause, aiohttp.ClientOSError | aiohttp.ClientConnectionResetError)
