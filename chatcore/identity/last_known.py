"""Remembers what was looked up a moment ago, and longer while the database is away."""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import msgspec

from chatcore.db.errors import is_away
from chatcore.db.reader import read

T = TypeVar("T")
FRESH_S = 3.0
"""How long an answer is believed without asking the database again."""
KEPT_S = 300.0
"""How long the last answer stands in for a database that is away: replies flow on meanwhile, and
nothing that changes somebody's rights can be stored either."""
PATIENCE_S = 1.0
"""For so long a new answer is waited for where the last one may stand in."""
AGAIN_S = 0.5
"""Between two questions to a database that is away."""
AT_MOST = 5_000


class _Answer(msgspec.Struct, Generic[T]):
    value: T
    at: float
    fresh_until: float


class _Question(msgspec.Struct, Generic[T]):
    task: "asyncio.Task[T]"
    at: float


class LastKnown(Generic[T]):
    """Answers by key; one question at a time for each."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, _Answer[T]] = {}
        self._questions: dict[Hashable, _Question[T]] = {}

    async def get(self, key: Hashable, look_up: Callable[[], T], *, anew: bool = False) -> T:
        """The answer, at most `FRESH_S` old, or asked `anew`; at most `KEPT_S` old while the database is
        away.

        Raises what the look-up raised.
        """
        known = self._answers.get(key)
        if known is not None and known.fresh_until > time.monotonic() and not anew:
            return known.value
        question = self._questions.get(key) or self._ask(key, look_up)
        if known is None or known.at + KEPT_S < time.monotonic():
            return await asyncio.shield(question.task)
        waited = time.monotonic() - question.at
        await asyncio.wait({question.task}, timeout=max(0.0, PATIENCE_S - waited))
        if not question.task.done():
            return known.value
        if is_away(question.task.exception()):
            known.fresh_until = time.monotonic() + AGAIN_S
            return known.value
        return question.task.result()

    def _ask(self, key: Hashable, look_up: Callable[[], T]) -> _Question[T]:
        task = asyncio.create_task(read(look_up))
        question = self._questions[key] = _Question(task, time.monotonic())
        task.add_done_callback(lambda done: self._heard(key, done))
        return question

    def _heard(self, key: Hashable, task: "asyncio.Task[T]") -> None:
        self._questions.pop(key, None)
        if task.cancelled() or task.exception() is not None:
            return
        self._answers.pop(key, None)
        while len(self._answers) >= AT_MOST:
            self._answers.pop(next(iter(self._answers)))  # the one that was asked longest ago
        now = time.monotonic()
        self._answers[key] = _Answer(task.result(), now, now + FRESH_S)
