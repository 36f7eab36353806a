"""Chooses the behaviour of a request: that of an outage of its key or vendor, else of its model."""

from collections import Counter

from routing.simulator.behaviours import Behaviour, parse


class Outages:
    """The outages in force, and how often each flaky behaviour has failed so far."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        """A vendor, or a vendor and the end of a key, and the behaviour it has been given."""
        self._failed: Counter[tuple[str, str]] = Counter()

    def listed(self) -> dict[str, str]:
        """The behaviour of each vendor (`openai`) or key (`openai/2222`) that is out."""
        return dict(self._given)

    def give(self, vendor: str, behaviour: str | None, key: str = "") -> None:
        """Give a vendor, or only its keys that end in `key`, one behaviour; None ends that.

        Raises Unreadable: the grammar has no such behaviour.
        """
        target = f"{vendor}/{key}" if key else vendor
        if behaviour is None:
            self._given.pop(target, None)
            return
        parse(f"sim-{behaviour}")
        self._failed.pop((target, behaviour), None)
        self._given[target] = behaviour

    def behaviour(self, vendor: str, key: str, model: str) -> Behaviour:
        """The behaviour of this request; a flaky one is counted, and ends after so many failures.

        Raises Unreadable: the model's name begins with `sim-` and is not in the grammar.
        """
        target = self._target(vendor, key)
        given = self._given.get(target)
        behaviour = parse(f"sim-{given}" if given else model)
        if behaviour.fails_first is None:
            return behaviour
        counted = (target, given or model)
        if self._failed[counted] >= behaviour.fails_first:
            return Behaviour(pace_ms=behaviour.pace_ms, tokens=behaviour.tokens)
        self._failed[counted] += 1
        return behaviour

    def count_anew(self) -> None:
        """Let flaky behaviours fail again."""
        self._failed.clear()

    def _target(self, vendor: str, key: str) -> str:
        of_keys = (name for name in self._given if name.startswith(f"{vendor}/"))
        return next((name for name in of_keys if key.endswith(name.partition("/")[2])), vendor)
