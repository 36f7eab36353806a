"""The circuit breaker of one deployment: stops calls to one that fails, until a call works again.

Closed, it counts. It opens after failures in a row, or when half of a minute's calls failed. After
at most `OPEN_S` it is half open: one call at a time is let through, the probe, and only the probe
closes it again. A background probe may end the wait sooner, or prolong it (`routing.services.prober`).
"""

from collections import deque
from typing import Literal

FAILURES_IN_A_ROW = 5
WINDOW_S = 60.0
WINDOW_CALLS = 10
WINDOW_SHARE = 0.5
OPEN_S = 30.0

BreakerState = Literal["closed", "half_open", "open"]


class Breaker:
    """Counts the calls of one deployment; times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self.open_until = 0.0
        self.probing = False
        """Whether the one call that a half-open breaker lets through is under way."""
        self._opened = False
        self._in_a_row = 0
        self._last_failure_at = float("-inf")
        self._closed_at = float("-inf")
        self._recent: deque[tuple[float, bool]] = deque(maxlen=256)

    def state(self, now: float) -> BreakerState:
        """The state at this time; half open means that it was open and no probe has worked since."""
        if not self._opened:
            return "closed"
        return "open" if self.open_until > now else "half_open"

    def admits(self, now: float) -> bool:
        """Whether a call may be made now without being the last resort."""
        state = self.state(now)
        return state == "closed" or (state == "half_open" and not self.probing)

    def begin(self) -> bool:
        """Note that a call begins; returns whether it is the probe of a breaker that is not closed."""
        if not self._opened or self.probing:
            return False
        self.probing = True
        return True

    def give_up_probe(self) -> None:
        """Note that the probe ended without a result, because its caller went away."""
        self.probing = False

    def succeed(self, now: float, *, began_at: float, probe: bool) -> None:
        """Note that a call was answered; one that began before the last failure tells nothing new."""
        if self._opened:
            if probe:
                self.close(now)
            return
        if began_at >= self._last_failure_at:
            self._note(now, failed=False)
            self._in_a_row = 0

    def fail(self, now: float, *, began_at: float, probe: bool) -> None:
        """Note that a call failed in a way that shows that the deployment does not work."""
        if self._opened:
            # What was under way when it opened tells nothing new, nor does a call of last resort.
            if probe:
                self.open(now)
            return
        if began_at < self._closed_at:
            return  # it began in the outage that is over
        self._last_failure_at = now
        self._note(now, failed=True)
        self._in_a_row += 1
        failures = sum(failed for _, failed in self._recent)
        often = len(self._recent) >= WINDOW_CALLS and failures >= WINDOW_SHARE * len(self._recent)
        if self._in_a_row >= FAILURES_IN_A_ROW or often:
            self.open(now)

    def open(self, now: float) -> None:
        """Let no call through for `OPEN_S` from now."""
        self._opened, self.probing = True, False
        self.open_until = now + OPEN_S

    def half_open(self, now: float) -> None:
        """Let the next call through as the probe."""
        self.open_until = min(self.open_until, now)

    def close(self, now: float) -> None:
        """Let all calls through, and count anew."""
        self._opened = self.probing = False
        self.open_until, self._closed_at = 0.0, now
        self._in_a_row = 0
        self._recent.clear()

    def _note(self, now: float, *, failed: bool) -> None:
        while self._recent and self._recent[0][0] < now - WINDOW_S:
            self._recent.popleft()
        self._recent.append((now, failed))
