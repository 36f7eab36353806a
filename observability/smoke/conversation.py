"""Makes a run: case by case, in one conversation, until all are asked or there is reason to stop."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec
from django.utils import timezone

from chatcore.models import Turn
from observability.models import SmokeCase, SmokeResult, SmokeRun, SmokeSettings
from observability.smoke import runs, service_account
from observability.smoke.client import PATIENCE_S, Client, Rejected, Response, Unreachable
from observability.smoke.verdicts import Answered, Check, Expected, cost_of, judge, who_answered
from routing import route as routes
from routing.models import Deployment

OnResult = Callable[[SmokeResult], None]
Verdict = SmokeResult.Verdict


class Conversation:
    """One run under way; afterwards it says why it stopped, if it did."""

    def __init__(self, run: SmokeRun, on_result: OnResult) -> None:
        """`on_result` is called with each result as soon as it is stored."""
        self._run = run
        self._on_result = on_result
        self._cases = list(SmokeCase.objects.filter(enabled=True).prefetch_related("checks"))
        self._for_show = frozenset(
            row.name for row in Deployment.objects.filter(demo=True).select_related("provider")
        )
        self._cap = SmokeSettings.current().spend_cap_usd
        self._was_answered: list[bool] = []
        self.results: list[SmokeResult] = []
        self.away = ""
        """Why the site could not be reached."""
        self.rejected = ""
        """Why it did not let us begin."""
        self.capped = False

    def hold(self) -> None:
        """Ask from the first case to the last. Raises `runs.Lost`."""
        lasts = timedelta(seconds=PATIENCE_S * (len(self._cases) + 1))
        with (
            service_account.token(self._run, lasts=lasts) as token,
            Client(self._run.base_url, token) as client,
        ):
            try:
                thread = self._begin(client)
                for case in self._cases:
                    if self._stops_before(case):
                        break
                    self._ask(client, thread, case)
            except Rejected as rejected:
                self.rejected = str(rejected)
            except Unreachable as unreachable:
                self.away = str(unreachable)
        for case in self._cases[len(self.results) :]:
            self._keep(self._result(case, Verdict.NOT_RUN))

    def _begin(self, client: Client) -> UUID:
        thread = client.begin()
        self._run.thread_id = thread
        self._run.save(update_fields=["thread_id"])
        return thread

    def _stops_before(self, case: SmokeCase) -> bool:
        runs.hold(self._run, timezone.now())
        self.capped = self._run.cost_usd >= self._cap
        return self.capped

    def _ask(self, client: Client, thread: UUID, case: SmokeCase) -> None:
        """Ask one case. Raises Unreachable when its result is stored."""
        message = uuid4()
        try:
            response = client.ask(thread, message, case.prompt)
        except Unreachable as unreachable:
            lost = self._result(case, Verdict.FAILED)
            lost.checks = [msgspec.to_builtins(Check("status", "failed", str(unreachable)))]
            self._keep(lost)
            raise
        turn = Turn.objects.filter(thread_id=thread, client_id=message).first()
        answered = _answered(response, turn)
        result = self._judged(case, answered)
        result.turn_id = turn.pk if turn else None
        self._spend(answered)
        self._was_answered.append(bool(turn and turn.reply))
        self._keep(result)

    def _judged(self, case: SmokeCase, answered: Answered) -> SmokeResult:
        checks = judge(case, list(case.checks.all()), answered, self._expected(case))
        failed = any(check.verdict == "failed" for check in checks)
        result = self._result(case, Verdict.FAILED if failed else Verdict.PASSED)
        result.checks = msgspec.to_builtins(checks)
        result.http_status, result.error_code = answered.status, answered.code[:30]
        result.intent, result.latency_ms = answered.intent, answered.latency_ms
        if attempt := who_answered(answered):
            result.deployment = attempt.deployment
        if route := answered.route:
            result.policy_version, result.context_turns = route.policy_version, route.context_turns
            cost, unpriced = cost_of(route)
            result.cost_usd = None if unpriced else cost
        return result

    def _expected(self, case: SmokeCase) -> Expected:
        answered_before = sum(self._was_answered)
        leans_on: int | None = min(1, answered_before)
        if case.asks_about_id is not None:
            asked = [other.pk for other in self._cases[: len(self.results)]]
            about = asked.index(case.asks_about_id) if case.asks_about_id in asked else None
            is_answered = about is not None and self._was_answered[about]
            leans_on = sum(self._was_answered[about:]) if is_answered else None
        return Expected(
            answered_before=answered_before, context_turns=leans_on, for_show=self._for_show
        )

    def _spend(self, answered: Answered) -> None:
        cost, unpriced = cost_of(answered.route)
        self._run.cost_usd = Decimal(self._run.cost_usd) + cost
        self._run.unpriced += unpriced

    def _result(self, case: SmokeCase, verdict: str) -> SmokeResult:
        place = len(self.results) + 1
        return SmokeResult(run=self._run, case=case, name=case.name, place=place, verdict=verdict)

    def _keep(self, result: SmokeResult) -> None:
        result.save()
        self.results.append(result)
        self._on_result(result)


def _answered(response: Response, turn: Turn | None) -> Answered:
    route = routes.load(turn.route) if turn is not None and turn.route else None
    return Answered(
        status=response.status,
        code=response.code,
        reply=response.reply,
        intent=turn.intent if turn else "",
        reason=turn.reason if turn else "",
        route=route,
        latency_ms=response.latency_ms,
    )
