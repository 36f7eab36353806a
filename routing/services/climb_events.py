"""What a climb tells: who answers, the words, the sources, the end."""

from collections.abc import Iterator

import msgspec

from routing.providers.messages import Citations, Finished, StreamEvent, TextDelta, Working
from routing.route import Attempt


class Answering(msgspec.Struct, frozen=True):
    """The first words of this attempt follow; what an earlier one wrote no longer counts."""

    attempt: Attempt
    broke_off: str = ""
    """The error of the leg whose words it replaces; "" when none were shown."""


class AtWork(msgspec.Struct, frozen=True):
    """The model of this attempt is thinking or searching, and has written no words yet."""

    attempt: Attempt
    activity: str


class Answered(msgspec.Struct, frozen=True):
    """The reply has ended, as whole as it will be."""

    attempt: Attempt
    finished: Finished


ClimbEvent = Answering | AtWork | TextDelta | Citations | Answered


class Speaker:
    """Turns the events of one call into those of the climb; the first words announce who answers."""

    def __init__(self, attempt: Attempt, broke_off: str) -> None:
        self.speaks = False
        """Whether the first words have come."""
        self._attempt = attempt
        self._broke_off = broke_off
        self._sources: Citations | None = None

    def tell(self, event: StreamEvent) -> Iterator[ClimbEvent]:
        """The climb's events for one of the call's."""
        match event:
            case TextDelta():
                if not self.speaks:
                    self.speaks = True
                    yield Answering(self._attempt, self._broke_off)
                    if self._sources is not None:
                        yield self._sources
                yield event
            case Citations():
                self._sources = event  # searches come before the words that cite them
                if self.speaks:
                    yield event
            case Working(activity) if not self.speaks and not self._broke_off:
                yield AtWork(self._attempt, activity)
            case Finished():
                yield Answered(self._attempt, event)
