"""Whatever answers at the site's address, the smoke evaluation says what is wrong with it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from observability.smoke import client
from observability.smoke.client import Client, Rejected, Unreachable

Serve = Callable[..., str]
CREATED = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Makes a server that answers one request with some bytes, one at a time where they drip."""
    opened: list[socket.socket] = []
    over = threading.Event()

    def make(answer: bytes, *, drips: bool = False) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        opened.append(listening)
        piece = 1 if drips else len(answer)

        def answer_one() -> None:
            caller, _ = listening.accept()
            with caller:
                caller.recv(65536)
                for start in range(0, len(answer), piece):
                    try:
                        caller.sendall(answer[start : start + piece])
                    except OSError:  # the caller has had enough
                        return
                    if drips and over.wait(0.05):
                        return

        threading.Thread(target=answer_one, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield make
    over.set()
    for listening in opened:
        listening.close()


def begin(url: str) -> None:
    with Client(url, "token") as one:
        one.begin()


class TestAServerThatIsOdd:
    @pytest.mark.parametrize("before", [b"", CREATED + b"Content-Length: 400\r\n\r\n"])
    def test_is_given_up_when_it_only_drips(self, serve: Serve, monkeypatch, before: bytes):
        monkeypatch.setattr(client, "PATIENCE_S", 0.5)
        began = time.monotonic()

        with pytest.raises(Unreachable, match="no whole answer after"):
            begin(serve(before + CREATED + b"X: " + b"x" * 400, drips=True))

        assert time.monotonic() - began < 5

    def test_is_given_up_when_its_answer_has_no_end(self, serve: Serve, monkeypatch):
        monkeypatch.setattr(client, "LARGEST", 1000)

        with pytest.raises(Unreachable, match="longer than 1,000 bytes"):
            begin(serve(CREATED + b"Content-Length: 2000\r\n\r\n" + b"x" * 2000))

    def test_is_given_up_when_it_packs_what_is_not_packed(self, serve: Serve):
        with pytest.raises(Unreachable):
            begin(serve(CREATED + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"))

    @pytest.mark.parametrize("body", [b'{"id": "5"}', b"[]", b"<html>"])
    def test_is_no_site(self, serve: Serve, body: bytes):
        with pytest.raises(Rejected, match="is no Chatcore"):
            begin(serve(CREATED + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)))

    def test_does_not_take_this_address(self, serve: Serve):
        with pytest.raises(Rejected, match=r"its ALLOWED_HOSTS does not name 127\.0\.0\.1"):
            begin(serve(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\n\r\nBad Request"))
