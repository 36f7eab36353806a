"""Gives right answers to a few questions, for tests that check what a model says.

Nothing is remembered between calls: what was said before is read from the messages that were sent,
so a caller that leaves them out is told so.
"""

import re
from collections.abc import Callable

from routing.simulator.calls import Call

FENCE = "`" * 3
_FUNCTION = re.compile(r"write a python function called (\w+) that returns the sum", re.IGNORECASE)
_EXPLAIN = re.compile(r"explain that code\b", re.IGNORECASE)
_DEFINED = re.compile(r"def (\w+)\(")
_POLITELY = re.compile(r"rewrite this sentence more politely: (.+?)[.!]?\s*$", re.IGNORECASE)
_TIMES = re.compile(r"what is (\d{1,9}) times (\d{1,9})\?", re.IGNORECASE)
_CAPITAL = re.compile(r"what is the capital of the country that I live in", re.IGNORECASE)
_LIVES = re.compile(r"\bI live in (\w+)")


def known_answer(call: Call) -> str:
    """The right answer to the last message, or "" if none is known."""
    for question, answer in _ANSWERS:
        if asked := question.match(call.prompt):
            return answer(call, asked)
    return ""


def _write(call: Call, asked: re.Match[str]) -> str:
    code = f"def {asked[1]}(left, right):\n    return left + right"
    return f"Here it is:\n\n{FENCE}python\n{code}\n{FENCE}\n"


def _explain(call: Call, asked: re.Match[str]) -> str:
    for message in reversed(call.messages):
        if message.role != "user" and (defined := _DEFINED.search(message.content)):
            return f"The function `{defined[1]}` takes two numbers and returns their sum."
    return "There is no code before this message."


def _rewrite(call: Call, asked: re.Match[str]) -> str:
    return f"Could you please {asked[1][:1].lower()}{asked[1][1:]}?"


def _multiply(call: Call, asked: re.Match[str]) -> str:
    return str(int(asked[1]) * int(asked[2]))


def _recall(call: Call, asked: re.Match[str]) -> str:
    for message in reversed(call.messages):
        if message.role == "user" and (home := _LIVES.search(message.content)):
            return f"You said that you live in {home[1]}."
    return "You have not said where you live."


_ANSWERS: tuple[tuple[re.Pattern[str], Callable[[Call, re.Match[str]], str]], ...] = (
    (_FUNCTION, _write),
    (_EXPLAIN, _explain),
    (_POLITELY, _rewrite),
    (_TIMES, _multiply),
    (_CAPITAL, _recall),
)
