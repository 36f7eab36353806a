"""The explanation of a turn for staff: its route as tables."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
from django.urls import reverse
from django.utils.html import format_html

from chatcore.models import Turn
from chatcore.replies.outcome import plain_decimal
from routing import route as routes
from routing.admin.learned_tables import why_tables
from routing.admin.score_table import score_table
from routing.models import Intent, PolicyVersion
from routing.route import Attempt, GaveUp, Route
from routing.services.why import Why, why

Table = dict[str, Any]
NOT_ASKED: dict[GaveUp, str] = {
    "final": "not asked: another model would have refused it too",
    "kept": "not asked: the policy keeps the part that was shown",
    "calls": "not asked: the calls of one message were used up",
    "exhausted": "not asked: it could not serve this message",
    "turn_limit": "not asked: the reply had taken as long as the policy allows",
}


def explanation(turn: Turn, *, with_text: bool) -> dict[str, Any]:
    """What the template shows of a turn; nothing for one that was not decided yet.

    `with_text`: whether the pieces of the prompt that gave evidence may be seen.
    """
    try:
        route = routes.load(turn.route)
    except msgspec.DecodeError:
        return {}
    labels = _labels()
    seen = why(turn.prompt, route.intent, version=route.policy_version) if with_text else Why()
    return {
        "route": route,
        "policy_version": policy_version_link(route.policy_version),
        "scores": score_table(route.scores, labels=labels, with_text=with_text),
        **why_tables(seen, labels),
        "rungs": _rungs(route),
        "attempts": _attempts(route.attempts),
        "calls": _calls(route.attempts),
    }


def policy_version_link(number: int | None) -> str:
    """A version's number, linked to its page while that is there."""
    if number is None:
        return "–"
    key = PolicyVersion.objects.filter(number=number).values_list("pk", flat=True).first()
    if key is None:
        return str(number)
    return _link(reverse("admin:routing_policyversion_change", args=[key]), str(number))


def _labels() -> dict[str, str]:
    return dict(Intent.objects.values_list("name", "label"))


def _rungs(route: Route) -> Table:
    outcomes: dict[int, list[str]] = defaultdict(list)
    for attempt in route.attempts:
        outcomes[attempt.rung].append(_outcome(attempt))
    rows = [
        [place + 1, f"{rung.label} ({rung.deployment})", _state(route, place, outcomes[place])]
        for place, rung in enumerate(route.rungs)
    ]
    return {"headers": ["Rung", "Model", "What became of it"], "rows": rows}


def _state(route: Route, place: int, outcomes: list[str]) -> str:
    """What became of one rung, in words."""
    rung, later = route.rungs[place], route.passed_later.get(place, "")
    came_of_it = "; again: ".join(outcomes)
    if outcomes and rung.passed_over:
        return f"called as the last resort, though {rung.passed_over}: {came_of_it}"
    if outcomes:
        return f"called: {came_of_it}"
    if passed_over := later or rung.passed_over:
        return f"passed over: {passed_over}"
    if route.gave_up:
        return NOT_ASKED[route.gave_up]
    if route.cache_hit or any(attempt.status == "ok" for attempt in route.attempts):
        return "not needed"
    return "not asked: it was over before"


def _attempts(attempts: Iterable[Attempt]) -> Table:
    headers = ["Call", "Model", "Outcome", "Began", "Opened", "First token", "Ended", "Finish"]
    rows = [
        [
            f"{attempt.number}, leg {attempt.leg}",
            _model(attempt),
            _outcome(attempt),
            *(
                "–" if moment is None else f"{moment} ms"
                for moment in (
                    attempt.started_ms,
                    attempt.opened_ms,
                    attempt.first_token_ms,
                    attempt.ended_ms,
                )
            ),
            _finish(attempt),
        ]
        for attempt in attempts
    ]
    return {"headers": headers, "rows": rows}


def _model(attempt: Attempt) -> str:
    asked = attempt.deployment.partition("/")[2]
    if attempt.model_answered in {"", asked}:
        return attempt.deployment
    return f"{attempt.deployment}, answered as {attempt.model_answered}"


def _outcome(attempt: Attempt) -> str:
    status = f"HTTP {attempt.http_status}" if attempt.http_status else ""
    return ", ".join(part for part in (attempt.status, attempt.error, status) if part)


def _finish(attempt: Attempt) -> str:
    parts = [attempt.finish_reason]
    if attempt.raw_finish_reason and attempt.raw_finish_reason != attempt.finish_reason:
        parts.append(f"({attempt.raw_finish_reason})")
    if attempt.truncated_reason:
        parts.append(f"truncated: {attempt.truncated_reason}")
    return " ".join(part for part in parts if part) or "–"


def _calls(attempts: Iterable[Attempt]) -> Table:
    headers = ["Call", "Input", "from cache", "to cache", "Output", "reasoning", "Searches"]
    rows = [
        [
            attempt.number,
            *(
                "–" if count is None else count
                for count in (
                    attempt.usage.input_tokens,
                    attempt.usage.cache_read_tokens,
                    attempt.usage.cache_write_tokens,
                    attempt.usage.output_tokens,
                    attempt.usage.reasoning_tokens,
                    attempt.usage.search_queries,
                )
            ),
            attempt.usage_source,
            _cost(attempt),
        ]
        for attempt in attempts
    ]
    return {"headers": [*headers, "Tokens are", "Cost"], "rows": rows}


def _cost(attempt: Attempt) -> str:
    if attempt.cost_usd is None:
        return attempt.cost_source
    amount = f"${plain_decimal(attempt.cost_usd)}, {attempt.cost_source}"
    if attempt.price is None:
        return amount
    address = reverse("admin:routing_price_change", args=[attempt.price])
    return format_html("{} by {}", amount, _link(address, f"price {attempt.price}"))


def _link(address: str, text: str) -> str:
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500 underline">{}</a>',
        address,
        text,
    )
