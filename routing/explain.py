"""Why did this model answer? One sentence for the person who asked.

"coding help: asks for a function; Gemini was busy, so OpenAI answered"
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
    "content_filter": "declined",
}
UNAVAILABLE = "was not available"


def explain(route: Route, provider_names: dict[str, str]) -> str:
    """The sentence under a reply; `provider_names` maps deployments to how people call their provider."""
    parts = [route.reason]
    if route.cache_hit:
        parts.append("answered before, so served again")
    elif attempts := route.attempts:
        answering = attempts[-1]
        parts += _fallbacks(attempts, answering, provider_names)
    return "; ".join(part for part in parts if part)


def _fallbacks(
    attempts: list[Attempt], answering: Attempt, provider_names: dict[str, str]
) -> list[str]:
    failed: dict[str, str] = {}
    for attempt in attempts[:-1]:
        if attempt.rung != answering.rung:
            name = provider_names.get(attempt.deployment, attempt.provider)
            failed[name] = HAPPENED.get(attempt.error, UNAVAILABLE)
    if not failed or answering.status not in {"ok", "started", "abandoned"}:
        return []
    troubles = ", ".join(f"{name} {what}" for name, what in failed.items())
    return [
        f"{troubles}, so {provider_names.get(answering.deployment, answering.provider)} answered"
    ]
