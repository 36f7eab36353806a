"""Decodes `text/event-stream`: bytes in, events out.

By https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, except that
the data stay bytes: they are JSON, and its parser reads UTF-8 itself.
"""

from routing.providers.errors import ProtocolViolated

Event = tuple[str, bytes]
"""Its type ("" when it names none) and its data."""

MAX_EVENT_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_HARMLESS = (b":", b"id:", b"retry:", b"event:")
"""Beginnings of lines without which no text is lost."""


class SseDecoder:
    """Decodes one stream; it does not matter where its chunks are cut."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """Set the limit of bytes that one event, or one line, may hold in memory."""
        self._max = max_event_bytes
        self._line = bytearray()
        self._type = ""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes.

        Raises ProtocolViolated: an event is larger than allowed.
        """
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *ended, rest = chunk.split(b"\n")
        events: list[Event] = []
        if ended:
            ended[0] = bytes(self._line) + ended[0]
            self._line.clear()
            for line in ended:
                self._take(line, events)
        self._line += rest
        if len(self._line) + self._size > self._max:
            raise ProtocolViolated(f"an event of more than {self._max} bytes")
        return events

    def flush(self) -> list[Event]:
        """The event that was not complete when the stream ended, as far as it came.

        The standard drops it; but some servers send no blank line after the last one, and of half an
        event we want to know that it is lost.
        """
        events: list[Event] = []
        line = bytes(self._line).removeprefix(_BOM if self._at_start else b"")
        self._line.clear()
        if line.startswith(b"data:") or self._data:
            self._take(line, events)
            self._take(b"", events)
        elif line.strip() and not line.startswith(_HARMLESS):
            events.append((self._type, line))
        return events

    def _take(self, line: bytes, events: list[Event]) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                events.append((self._type, b"\n".join(self._data)))
                self._data, self._size = [], 0
            self._type = ""
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._size += len(value)
            if self._size > self._max:
                raise ProtocolViolated(f"an event of more than {self._max} bytes")
        elif field == b"event":
            self._type = value.decode("utf-8", "replace")
