"""Reads the tokens and the cost that Chat Completions reports."""

from routing.providers.fields import Json, money, obj
from routing.providers.messages import ReportedCost
from routing.providers.usage import Usage, count, with_reasoning


def read_usage(reported: Json) -> Usage | None:
    """A `usage` object in our convention; None when it holds no counts."""
    prompt = count(reported.get("prompt_tokens"))
    completion = count(reported.get("completion_tokens"))
    if prompt is None and completion is None:
        return None
    details = obj(reported.get("prompt_tokens_details"))
    cached = count(details.get("cached_tokens"))
    if cached is None:
        # Kimi's place; and where nothing was cached, no place at all.
        cached = count(reported.get("cached_tokens")) or 0
    reasoning = count(obj(reported.get("completion_tokens_details")).get("reasoning_tokens"))
    total = count(reported.get("total_tokens"))
    return Usage(
        input_tokens=prompt,
        output_tokens=with_reasoning(prompt, completion, reasoning, total),
        cache_read_tokens=cached,
        cache_write_tokens=count(details.get("cache_write_tokens")),
        reasoning_tokens=reasoning,
        search_queries=count(reported.get("num_search_queries")),
    )


def read_cost(usage: Json) -> ReportedCost | None:
    """The cost that the vendor reports, if it reports one.

    OpenRouter's is a number. Sonar's is an object, and real in the last chunk only: the others carry
    zeros and no request fee.
    """
    cost = obj(usage.get("cost"))
    total = money(usage.get("cost")) or money(cost.get("total_cost"))
    if not total:
        return None
    return ReportedCost(total_usd=total, request_fee_usd=money(cost.get("request_cost")))
