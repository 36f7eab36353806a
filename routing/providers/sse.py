"""Which events are in these bytes? A pure feed/flush decoder of `text/event-stream`.

By https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, except that
the data stay bytes: they are JSON, and its parser reads UTF-8 itself.
"""

from routing.providers.errors import ProtocolViolated

Event = tuple[str, bytes]
"""Its type ("" when it names none) and its data."""

MAX_EVENT_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class SseDecoder:
    """Cut the stream where you like: the events are the same."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """`max_event_bytes` bounds what one event, or one line, may hold in memory."""
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

    def flush(self) -> bool:
        """Whether the stream ended inside an event, which is lost: no blank line closed it."""
        return bool(self._data or self._line.strip())

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
