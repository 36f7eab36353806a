"""The eight messages that ship: one conversation over all six intents.

The local model's window holds about four turns, so what the last case asks about was said two
turns before.
"""

import msgspec


class ShippedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it is seeded; its place is its place in `CASES`."""

    key: str
    name: str
    prompt: str
    intent: str
    checks: tuple[tuple[str, str], ...] = ()
    """Kind and value, as in `SmokeCheck`."""
    asks_about: str = ""
    """The key of an earlier case."""


CASES = (
    ShippedCase(
        key="small-talk",
        name="small talk",
        prompt="Hi! How are you today?",
        intent="social_chat",
        checks=(("not_contains", "```"), ("max_words", "120")),
    ),
    ShippedCase(
        key="write-code",
        name="write code",
        prompt="Write a Python function called add that returns the sum of two numbers.",
        intent="coding_help",
        checks=(("contains", "def add("), ("matches", r"return\s+\(?\w+\s*\+\s*\w+")),
    ),
    ShippedCase(
        key="explain-code",
        name="explain that code",
        prompt="Explain that code in one sentence.",
        intent="coding_help",
        checks=(("matches", r"(?i)\b(add|adds|adding|sum|sums|summing)\b"), ("max_words", "120")),
    ),
    ShippedCase(
        key="rewrite",
        name="a rewrite",
        prompt="Rewrite this sentence more politely: Send me the report now.",
        intent="editing_writing",
        checks=(
            ("contains", "report"),
            ("matches", r"(?i)\b(please|could|would|kindly|grateful|appreciate)\b"),
        ),
    ),
    ShippedCase(
        key="maths",
        name="maths",
        prompt="What is 17 times 23? Give the number only.",
        intent="reasoning_math",
        checks=(("matches", r"\b391\b"), ("max_words", "20")),
    ),
    ShippedCase(
        key="small-talk-again",
        name="small talk again",
        prompt="Thank you, that was kind of you! By the way, I live in Lisbon.",
        intent="social_chat",
        checks=(("not_contains", "```"), ("max_words", "120")),
    ),
    ShippedCase(
        key="vague-request",
        name="a vague request",
        prompt="Do that thing for me, please.",
        intent="ambiguous_or_other",
        checks=(("max_words", "300"),),
    ),
    ShippedCase(
        key="recall",
        name="what was said before",
        prompt="What is the capital of the country that I live in?",
        intent="qa_retrieval",
        checks=(("contains", "Lisbon"), ("max_words", "80")),
        asks_about="small-talk-again",
    ),
)
