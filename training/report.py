"""The table of how right a model is."""

from collections.abc import Iterator, Sequence

import numpy as np

from training.prompts import INTENTS, Prompt
from training.student import Matrix, softmax

BINS = 10


def lines(judged: Sequence[Prompt], logits: Matrix) -> Iterator[str]:
    """How right, for all and for some kinds of prompts; how sure; and who was taken for whom."""
    chances = softmax(logits)
    guesses = [INTENTS[number] for number in chances.argmax(1)]
    right = np.array(
        [guess == prompt.intent for guess, prompt in zip(guesses, judged, strict=True)]
    )
    defended = right | np.array(
        [guess in prompt.also for guess, prompt in zip(guesses, judged, strict=True)]
    )
    kinds = {
        "all": np.ones(len(judged), bool),
        "not English": np.array([prompt.lang != "en" for prompt in judged]),
        "follow-ups": np.array([prompt.previous is not None for prompt in judged]),
    }
    yield f"{'':22}{'prompts':>9}{'strict':>9}{'also':>9}"
    for name, some in kinds.items():
        if some.any():
            yield f"{name:22}{some.sum():>9}{right[some].mean():>9.1%}{defended[some].mean():>9.1%}"
    yield f"calibration error {calibration_error(chances.max(1), right):.3f}"
    yield ""
    yield " " * 22 + "".join(f"{name[:9]:>11}" for name in INTENTS) + f"{'right':>9}"
    for intent in INTENTS:
        of = [
            guess for guess, prompt in zip(guesses, judged, strict=True) if prompt.intent == intent
        ]
        counts = "".join(f"{of.count(name):>11}" for name in INTENTS)
        yield f"{intent:22}{counts}{of.count(intent) / max(1, len(of)):>9.1%}"


def calibration_error(sureness: Matrix, right: np.ndarray) -> float:
    """The mean distance between how sure and how right, over ten parts of the prompts."""
    order = np.argsort(sureness)
    parts = np.array_split(order, BINS)
    gaps = [
        abs(sureness[part].mean() - right[part].mean()) * len(part) for part in parts if len(part)
    ]
    return float(sum(gaps) / max(1, len(order)))
