"""Whose request it is, behind as many proxies as are ours."""

import pytest

from chatcore.streaming.client import client_of

PEER = ["192.0.2.1", 5000]


def scope(*forwarded: str) -> dict:
    lines = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return {"client": PEER, "headers": [(b"host", b"chat.test"), *lines]}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, ("198.51.100.7",), "192.0.2.1"),
        (1, ("198.51.100.7",), "198.51.100.7"),
        (1, ("203.0.113.9, 198.51.100.7",), "198.51.100.7"),
        (1, ("203.0.113.9", "198.51.100.7"), "198.51.100.7"),
        (2, ("203.0.113.9, 198.51.100.7, 10.0.0.2",), "198.51.100.7"),
        (2, ("198.51.100.7",), "198.51.100.7"),
        (1, (), "192.0.2.1"),
        (1, ("",), "192.0.2.1"),
        (1, ("198.51.100.7:4711",), "198.51.100.7"),
        (1, ("2001:db8::7",), "2001:db8::7"),
        (1, ("[2001:db8::7]:4711",), "2001:db8::7"),
        (1, ("unknown",), "192.0.2.1"),
    ],
)
def test_the_client_is_who_the_outermost_of_our_proxies_was_called_from(
    settings, proxies: int, forwarded: tuple[str, ...], client: str
):
    settings.TRUSTED_PROXIES = proxies

    assert client_of(scope(*forwarded))[0] == client
