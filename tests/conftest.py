"""What holds for every test: asyncio, and no address but this machine's.

No Django here: the wires' and the simulator's tests run in an environment without it.
"""

import ipaddress
import sys
from collections.abc import Iterator

import pytest

_allowed = {"outside": False}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests last: Playwright keeps an event loop that no async test may meet."""
    items.sort(key=lambda item: "/tests/browser/" in str(item.path))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _outside_only_for_live_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    _allowed["outside"] = request.node.get_closest_marker("live") is not None
    yield
    _allowed["outside"] = False


def _is_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Looks at every connection and every name to be looked up, whichever library wants it."""
    if _allowed["outside"]:
        return
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise PermissionError(f"a test may not connect to {address[0]}")
    elif event == "socket.getaddrinfo" and not (_is_here(arguments[0]) or _is_any(arguments[0])):
        raise PermissionError(f"a test may not look up {arguments[0]!r}")


def _is_any(host: object) -> bool:
    return host in ("0.0.0.0", "::")


sys.addaudithook(_refuse_outside)
