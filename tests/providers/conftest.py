import pytest

from routing.providers import http


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(autouse=True)
async def closed_clients(anyio_backend):
    """Each test has its own event loop, and leaves no connection behind."""
    yield
    await http.aclose_all()
