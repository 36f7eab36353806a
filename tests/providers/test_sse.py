"""The decoder of event streams."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.providers.errors import ProtocolViolated
from routing.providers.sse import SseDecoder

LINES = st.sampled_from(
    ["", "", "data: é雪🎐", "data:x", "data", "data:  two", "event: kind", "event", ": note", "id: 1",
     "retry: 5", "nonsense", "data: [DONE]"]
)  # fmt: skip
STREAMS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r", "\r\n"])), max_size=30).map(
    lambda lines: "".join(line + end for line, end in lines).encode()
)


def decode(*chunks: bytes) -> list[tuple[str, bytes]]:
    decoder = SseDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def by_the_standard(stream: bytes) -> list[tuple[str, bytes]]:
    """A second reading, over the whole text at once."""
    lines = re.split("\r\n|\r|\n", stream.decode().removeprefix("\ufeff"))[:-1]
    events: list[tuple[str, bytes]] = []
    kind, data = "", list[str]()
    for line in lines:
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if not line:
            events += [(kind, "\n".join(data).encode())] if data else []
            kind, data = "", []
        elif name == "data":
            data.append(value)
        elif name == "event":
            kind = value
    return events


class TestTheDecoder:
    @given(STREAMS, st.lists(st.integers(0, 400)), st.booleans())
    def test_does_not_care_where_the_stream_is_cut(self, stream, cuts, mark):
        stream = b"\xef\xbb\xbf" * mark + stream
        places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
        chunks = [stream[a:b] for a, b in zip(places, places[1:], strict=False)]
        assert decode(*chunks) == decode(stream)

    @given(STREAMS, st.booleans())
    def test_reads_what_the_standard_says(self, stream, mark):
        stream = b"\xef\xbb\xbf" * mark + stream
        assert decode(*(bytes([byte]) for byte in stream)) == by_the_standard(stream)

    @pytest.mark.parametrize("cut", range(4))
    def test_passes_over_a_byte_order_mark(self, cut):
        stream = b"\xef\xbb\xbfdata: x\n\n"
        assert decode(stream[:cut], stream[cut:]) == [("", b"x")]

    @given(st.binary(max_size=200))
    def test_takes_any_bytes(self, noise):
        assert decode(noise) == decode(*(bytes([byte]) for byte in noise))

    @pytest.mark.parametrize(
        ("tail", "left"),
        [
            (b"data: lost", [("", b"lost")]),
            (b"data: lost\n", [("", b"lost")]),
            (b"event: kind\ndata: a\ndata: b", [("kind", b"a\nb")]),
            (b"dat", [("", b"dat")]),
        ],
    )
    def test_hands_out_what_the_end_left_open(self, tail, left):
        decoder = SseDecoder()
        decoder.feed(b"data: kept\n\n" + tail)
        assert decoder.flush() == left

    @pytest.mark.parametrize("tail", [b": bye\n", b": bye", b"id: 7", b"event: kind\n", b"\n"])
    def test_has_nothing_left_at_a_clean_end(self, tail):
        decoder = SseDecoder()
        decoder.feed(b"data: kept\n\n" + tail)
        assert decoder.flush() == []

    @pytest.mark.parametrize(
        "stream", [b"data: " + b"x" * 100, b"data: xxxxxxxxx\n" * 10], ids=["line", "event"]
    )
    def test_bounds_what_one_event_may_hold(self, stream):
        with pytest.raises(ProtocolViolated):
            SseDecoder(max_event_bytes=50).feed(stream)

    def test_does_not_count_what_it_has_handed_out(self):
        assert len(SseDecoder(max_event_bytes=50).feed(b"data: xxxxxxxxx\n\n" * 100)) == 100
