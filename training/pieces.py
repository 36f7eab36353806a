"""Cuts pieces out of prompts: first words, sentences, and spans from anywhere.

The teacher says of each what it would be as a message of its own. So the student hears of many more
words, and of what each contributes, than whole prompts could tell it.
"""

import random
import re
from collections.abc import Iterator, Sequence

from training.prompts import Prompt

COUNT = 135_000
LEAST_CHARS, MOST_CHARS = 4, 160
_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def pieces(pool: Sequence[Prompt], *, count: int = COUNT, seed: int = 9) -> Iterator[Prompt]:
    """Some different pieces of prompts, always the same ones; fewer where there are not so many."""
    chance = random.Random(seed)
    whole = [prompt for prompt in pool if len(prompt.text) > 25]
    seen: set[str] = set()
    for _ in range(3 * count if whole else 0):
        prompt = chance.choice(whole)
        text = _cut(prompt.text[:2_000], chance).strip()[:MOST_CHARS]
        if len(text) >= LEAST_CHARS and text not in seen and text != prompt.text:
            seen.add(text)
            yield Prompt(text=text, lang=prompt.lang)
        if len(seen) == count:
            return


def _cut(text: str, chance: random.Random) -> str:
    """The beginning in half of all cases, else a span or a sentence."""
    from_start = chance.random() < 0.5
    if _UNSPACED.search(text[:50]):
        length = chance.randint(5, 24)
        start = 0 if from_start else chance.randint(0, max(0, len(text) - length))
        return text[start : start + length]
    if chance.random() < 0.2:
        sentences = _SENTENCE_END.split(text)
        return sentences[0] if from_start else chance.choice(sentences)
    words = text.split()
    length = chance.randint(2, 12)
    start = 0 if from_start else chance.randint(0, max(0, len(words) - length))
    return " ".join(words[start : start + length])
