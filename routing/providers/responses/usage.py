"""Reads the tokens, searches and cost that a Responses answer reports."""

from routing.providers.fields import Json, items, money, obj
from routing.providers.messages import ReportedCost
from routing.providers.usage import Usage, count, with_reasoning


def read_usage(response: Json) -> Usage | None:
    """The `usage` of a response in our convention; None when it holds no counts."""
    reported = obj(response.get("usage"))
    read, written = count(reported.get("input_tokens")), count(reported.get("output_tokens"))
    if read is None and written is None:
        return None
    details = obj(reported.get("input_tokens_details"))
    cached = count(details.get("cached_tokens"))
    cache_write = count(details.get("cache_write_tokens"))
    reasoning = count(obj(reported.get("output_tokens_details")).get("reasoning_tokens"))
    return Usage(
        input_tokens=read,
        output_tokens=with_reasoning(read, written, reasoning, count(reported.get("total_tokens"))),
        # Perplexity's names, beside OpenAI's.
        cache_read_tokens=count(details.get("cache_read_input_tokens"))
        if cached is None
        else cached,
        cache_write_tokens=(
            count(details.get("cache_creation_input_tokens"))
            if cache_write is None
            else cache_write
        ),
        reasoning_tokens=reasoning,
        search_queries=_searches(response, reported),
    )


def read_cost(response: Json) -> ReportedCost | None:
    """The whole cost that the vendor itself reports: Perplexity's in an object, OpenRouter's a number."""
    reported = obj(response.get("usage")).get("cost")
    cost = obj(reported)
    total = money(cost.get("total_cost") if cost else reported)
    if total is None:
        return None
    return ReportedCost(total_usd=total, request_fee_usd=money(cost.get("tool_calls_cost")))


def _searches(response: Json, reported: Json) -> int | None:
    """The number of searches: Perplexity's count, or OpenAI's search items (opened pages are free)."""
    counted = count(
        obj(obj(reported.get("tool_calls_details")).get("search_web")).get("invocation")
    )
    if counted is not None:
        return counted
    calls = [
        obj(item.get("action")).get("type", "search")
        for item in map(obj, items(response.get("output")))
        if item.get("type") == "web_search_call"
    ]
    return calls.count("search") if calls else None
