"""What the body of a 200 is, told by its first letter, wherever it is cut."""

import pytest

from routing.providers.errors import ProtocolViolated
from routing.providers.framing import Framing


def texts(body: bytes) -> list[tuple[str, bytes]]:
    framing = Framing()
    fed = [event for byte in body for event in framing.feed(bytes([byte]))]
    return fed + framing.finish()


@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf", b"\r\n \n"])
class TestABody:
    def test_that_is_one_json_text_is_that_text(self, lead):
        assert texts(lead + b'{"a": 1}') == [("", b'{"a": 1}')]

    def test_that_is_an_event_stream_is_its_events(self, lead):
        assert texts(lead.replace(b" ", b"") + b"data: 1\n\ndata: 2\n\n") == [
            ("", b"1"),
            ("", b"2"),
        ]

    def test_that_is_a_page_is_a_violation(self, lead):
        with pytest.raises(ProtocolViolated):
            texts(lead + b"<html>")


def test_an_empty_body_has_no_texts():
    assert texts(b"") == []
