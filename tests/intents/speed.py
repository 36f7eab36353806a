"""Prints what prompts cost the detector in CPU time: python -m tests.intents.speed."""

import resource
import time

from tests.intents.corpus import ANEW, HELD_OUT, SPECS

LENGTHS = (25, 250, 2_000, 32_000)
ROUNDS = 300


def rss_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    before, began = rss_mib(), time.perf_counter()
    from routing.intents import Detector

    detector = Detector(SPECS)
    detector.detect("hello")
    took = time.perf_counter() - began
    text = "\n".join(row.text for row in (*ANEW, *HELD_OUT))
    for length in LENGTHS:
        prompt = (text * (length // len(text) + 1))[:length]
        costs = []
        for _ in range(ROUNDS):
            started = time.process_time()
            detector.detect(prompt, previous_intent="coding_help")
            costs.append((time.process_time() - started) * 1e3)
        costs.sort()
        print(
            f"{length:>6} characters: median {costs[ROUNDS // 2]:.3f} ms, 95 of 100 under {costs[int(ROUNDS * 0.95)]:.3f} ms"
        )
    print(f"made in {took:.2f} s; memory {rss_mib() - before:.0f} MiB more than without it")
