"""Finds the JSON texts in the body of a 200.

Usually those of an event stream; but some servers ignore `stream` and answer with one JSON text, and
some proxies answer with a page.
"""

from routing.providers.errors import ProtocolViolated
from routing.providers.sse import MAX_EVENT_BYTES, Event, SseDecoder

_BOM = b"\xef\xbb\xbf"


class Framing:
    """Takes the body as it arrives; its first character shows whether it is a stream."""

    def __init__(self) -> None:
        self._lead = b""
        self._sse: SseDecoder | None = None
        self._whole: bytearray | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        """The JSON texts that `chunk` completes, each with its event type.

        Raises ProtocolViolated: a page, or more bytes than an answer has.
        """
        if self._sse is not None:
            return self._sse.feed(chunk)
        if self._whole is not None:
            self._whole += chunk
            if len(self._whole) > MAX_EVENT_BYTES:
                raise ProtocolViolated(f"a body of more than {MAX_EVENT_BYTES} bytes")
            return []
        return self._begin(chunk)

    def finish(self) -> list[Event]:
        """What only the body's end completes.

        That is the whole body, when it is one JSON text, else the event that was left open, which may
        be half of one.
        """
        if self._sse is not None:
            return self._sse.flush()
        return [("", bytes(self._whole))] if self._whole else []

    @property
    def is_stream(self) -> bool:
        """Whether the body is an event stream, as far as is known."""
        return self._sse is not None

    def _begin(self, chunk: bytes) -> list[Event]:
        self._lead += chunk
        letters = self._lead.removeprefix(_BOM).lstrip()
        if not letters or _BOM.startswith(letters):
            return []
        if letters.startswith(b"<"):
            raise ProtocolViolated("a page where an answer should be", status=200, in_band=True)
        if letters.startswith((b"{", b"[")):
            self._whole = bytearray()
            return self.feed(letters)
        self._sse = SseDecoder()
        return self._sse.feed(self._lead)
