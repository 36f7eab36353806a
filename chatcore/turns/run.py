"""Runs one turn, from its accept to its last write.

A turn is a task of the web process: sockets come and go, only `stop` ends it early.
"""

import asyncio
import logging
from contextlib import aclosing
from functools import partial

from django.db import DataError
from django.utils import timezone

from chatcore.db.errors import is_away
from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.errors import Refused
from chatcore.replies.outcome import Outcome
from chatcore.replies.reply import Reply
from chatcore.turns import accept, progress
from chatcore.turns.data import NewTurn
from chatcore.turns.reply_cache import reply_cache
from chatcore.turns.running import running
from chatcore.turns.signals import TurnFinished, turn_finished
from chatcore.turns.stopwatch import Stopwatch
from chatcore.turns.tracing import end_turn_span
from routing import route as routes
from routing.providers.messages import Citations, TextDelta
from routing.route import Route
from routing.services import snapshot
from routing.services.climb_events import Answering, AtWork
from routing.services.decision import Decision
from routing.services.health import health
from routing.services.ladder import LadderExhausted
from routing.services.response_cache import Owner
from routing.services.route_and_call import CacheUse, FromCache, route_and_call

logger = logging.getLogger(__name__)
OTHER_PROCESS_POLL_S = 0.5


async def refresh_routing() -> None:
    """Read the routing tables if that is due: here, and not inside a turn's transaction, because a
    new policy's intents take a tenth of a second to compile."""
    if snapshot.is_due():
        await read(snapshot.refresh)


class TurnRun:
    """One turn, while it runs."""

    def __init__(
        self,
        *,
        new: NewTurn,
        organisation_id: int,
        user_id: int,
        decision: Decision | None,
        reply: Reply,
        clock: Stopwatch,
    ) -> None:
        self._new = new
        self._organisation_id = organisation_id
        self._user_id = user_id
        self._decision = decision
        self._reply = reply
        self._clock = clock
        self._outcome = Outcome()
        self._stored_ms: int | None = None

    async def live(self) -> Outcome:
        """From accepted to ended, whatever happens in between; gives how it ended."""
        outcome = self._outcome
        try:
            decision = self._decision or await self._wait_for_turn()
            await self._answer(decision)
        except LadderExhausted as exhausted:
            outcome.fail(exhausted.code)
        except asyncio.CancelledError:
            if self._reply.turn_id in running.stopping:
                outcome.status, outcome.truncated_reason = "stopped", "stopped"
            else:
                outcome.fail("interrupted")
        except Refused as refused:
            outcome.fail("interrupted")
            logger.warning("Turn %s was lost: %s", self._reply.turn_id, refused)
        except Exception as error:
            logger.exception("Turn %s failed on our side", self._reply.turn_id)
            outcome.fail("interrupted" if is_away(error) else "internal")
        await self._finish()
        end_turn_span(outcome.status)
        return outcome

    async def _wait_for_turn(self) -> Decision:
        """Until every earlier turn of the thread has ended. Raises Refused when ours was lost."""
        reply = self._reply
        reply.wait_for_earlier()
        while True:
            await refresh_routing()
            clock = Stopwatch()
            decision = await writer.insist(
                partial(accept.begin, reply.turn_id, started_at=clock.started_at),
                f"The beginning of turn {reply.turn_id}",
            )
            if decision is not None:
                self._decision, self._clock = decision, clock
                return decision
            earlier = running.earlier_in_thread(reply)
            if earlier is None:
                await asyncio.sleep(OTHER_PROCESS_POLL_S)
            else:
                await earlier.ended.wait()

    async def _answer(self, decision: Decision) -> None:
        """Stream the reply into the log. Raises LadderExhausted."""
        reply, outcome = self._reply, self._outcome
        events = route_and_call(
            decision=decision,
            health=health,
            stopwatch=self._clock.milliseconds,
            started_at=self._clock.started_at,
            on_attempt=self._note_attempts,
            cache_use=self._cache_use(),
            supply=snapshot.current,
        )
        async with aclosing(events):
            async for event in events:
                match event:
                    case TextDelta(text):
                        if outcome.time_to_first_token_ms is None:
                            outcome.time_to_first_token_ms = self._clock.milliseconds()
                        reply.append(text)
                    case Answering(attempt, broke_off):
                        if broke_off:
                            reply.reset(broke_off)
                        outcome.note_attempt(attempt, decision)
                        reply.answer_by(outcome)
                    case AtWork(attempt, activity):
                        outcome.note_attempt(attempt, decision)
                        reply.answer_by(outcome, activity)
                    case FromCache(cached):
                        outcome.note_cached(cached, decision)
                        reply.answer_by(outcome)
                    case Citations(items):
                        outcome.note_citations(items)
        outcome.status = "complete"

    def _cache_use(self) -> CacheUse | None:
        """The reply cache, for turns of a thread."""
        if self._reply.thread_id is None:
            return None
        owner = Owner(
            organisation=str(self._organisation_id),
            user=str(self._user_id),
            thread=str(self._reply.thread_id),
        )
        # A retry wants another answer, and the smoke evaluation a provider's.
        fresh = self._new.kind == "retry" or self._new.source == "smoke"
        return CacheUse(cache=reply_cache, owner=owner, fresh=fresh)

    async def _note_attempts(self, route: Route) -> None:
        raw, turn_id = routes.dump(route), self._reply.turn_id
        await writer.insist(
            lambda: progress.note_attempts(turn_id, raw), f"An attempt of turn {turn_id}"
        )

    async def _finish(self) -> None:
        """The one last write, then the last frame, then the signal."""
        reply, outcome, decision = self._reply, self._outcome, self._decision
        running.ending(reply)
        try:
            outcome.latency_ms = self._clock.milliseconds()
            if decision is not None:
                decision.route.close()
                outcome.note_route(decision)
            kept = await self._store()
            self._stored_ms = self._clock.milliseconds()
        except Exception:
            logger.exception("Turn %s could not be stored", reply.turn_id)
            kept = False
        if not kept:
            outcome.fail("interrupted")
        reply.end(outcome)
        running.forget(reply)
        if not kept:  # whoever ends it in the database tells of it
            return
        route = decision.route if decision else routes.undecided()
        await turn_finished.asend_robust("chatcore", finished=self._finished(route))

    async def _store(self) -> bool:
        """Write the end, however long the database is away; without numbers should it refuse one.

        What waits so is bounded: without the database no turn is accepted.
        """
        turn_id = self._reply.turn_id
        finish = partial(
            progress.finish,
            turn_id,
            text=self._reply.text if self._new.keeps_text else "",
            seq=self._reply.seq,
            route=routes.dump(self._decision.route) if self._decision else b"",
            finished_at=timezone.now(),
        )
        what = f"The end of turn {turn_id}"
        try:
            return await writer.insist(partial(finish, outcome=self._outcome), what)
        except DataError:
            logger.exception("Turn %s is stored without its numbers", turn_id)
            bare = self._outcome.without_numbers()
            return await writer.insist(partial(finish, outcome=bare), what)

    def _finished(self, route: Route) -> TurnFinished:
        return TurnFinished(
            turn_id=self._reply.turn_id,
            thread_id=self._reply.thread_id,
            organisation_id=self._organisation_id,
            user_id=self._user_id,
            source=self._new.source,
            status=self._outcome.status,
            error_code=self._outcome.error_code,
            route=route,
            started_at=self._clock.started_at,
            latency_ms=self._outcome.latency_ms,
            time_to_first_token_ms=self._outcome.time_to_first_token_ms,
            stored_ms=self._stored_ms,
        )
