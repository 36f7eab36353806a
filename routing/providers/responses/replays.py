"""Drops the events that a stream repeats after a lost connection between a gateway and its vendor."""


class Replays:
    """Remembers the events of one stream by their sequence number.

    Some gateways number every event 0. The numbers are trusted until two different events share one.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._trusted = True

    def is_one(self, number: int | None, *what: object) -> bool:
        """Whether an event with this number and content was there before."""
        if number is None or not self._trusted:
            return False
        mark = hash(what)
        if number not in self._seen:
            self._seen[number] = mark
            return False
        self._trusted = self._seen[number] == mark
        return self._trusted
