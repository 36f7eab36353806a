"""Prints what a prompt costs the detector that never saw it: python -m tests.intents.speed."""

import time

import re2

from routing.intents import Detector
from tests.intents.corpus import HELD_OUT, SPECS, TUNING, Labelled


def first_sight_ms() -> list[float]:
    """The CPU time of each held-out prompt on a detector that has only seen other prompts.

    RE2 remembers the automata it built, which would flatter a prompt that comes twice.
    """
    re2.purge()
    detector = Detector(SPECS)
    for row in TUNING:
        detector.detect(row.text, previous_intent=row.previous)
    return [_cpu_ms(detector, row) for row in HELD_OUT]


def _cpu_ms(detector: Detector, row: Labelled) -> float:
    started = time.process_time()
    detector.detect(row.text, previous_intent=row.previous)
    return (time.process_time() - started) * 1e3


if __name__ == "__main__":
    rounds = [first_sight_ms() for _ in range(4)]
    best = sorted(min(costs) for costs in zip(*rounds, strict=True))
    print(
        f"CPU a prompt at first sight, best of 4: mean {sum(best) / len(best):.3f} ms, "
        f"95 of 100 under {best[int(len(best) * 0.95)]:.3f} ms, worst {best[-1]:.3f} ms"
    )
