"""Explains in one sentence why this model answered, or why nobody did, for the person who asked.

"coding help; Gemini was busy, so OpenAI answered"
"""

from routing.route import Attempt, Route

HAPPENED = {
    "network": "could not be reached",
    "cut": "broke off",
    "timeout": "did not answer in time",
    "rate_limit": "was busy",
    "overloaded": "was busy",
    "server_error": "had a fault",
    "context_length": "has too small a window",
    "empty_answer": "had nothing to say",
    "only_thought": "thought, but said nothing",
    "content_filter": "declined",
    "invalid_request": "did not take the message",
    "concurrency_limit": "was at its limit of calls",
}
UNAVAILABLE = "was not available"


def explain(route: Route, provider_names: dict[str, str]) -> str:
    """The sentence under a reply; `provider_names` maps deployments to the provider names that people see."""
    parts = [route.reason]
    if route.cache_hit:
        parts.append("answered before, so served again")
    elif route.attempts:
        parts.append(_what_happened(route, provider_names))
    return "; ".join(part for part in parts if part)


def asked(route: Route, provider_names: dict[str, str]) -> str:
    """The providers that were called, each once, e.g. `OpenAI, Gemini`."""
    called = [
        provider_names.get(attempt.deployment, attempt.provider)
        for attempt in route.attempts
        if attempt.status not in {"started", "ok"}
    ]
    return ", ".join(dict.fromkeys(called))


def _what_happened(route: Route, provider_names: dict[str, str]) -> str:
    answering = route.attempts[-1]
    answers = answering.status in {"ok", "started", "abandoned"}
    failed: dict[str, str] = {}
    for attempt in route.attempts[:-1] if answers else route.attempts:
        if not answers or attempt.rung != answering.rung:
            failed[_name(attempt, provider_names)] = HAPPENED.get(attempt.error, UNAVAILABLE)
    if not failed:
        return ""
    troubles = ", ".join(f"{name} {what}" for name, what in failed.items())
    return f"{troubles}, so {_name(answering, provider_names)} answered" if answers else troubles


def _name(attempt: Attempt, provider_names: dict[str, str]) -> str:
    return provider_names.get(attempt.deployment, attempt.provider)
