"""The tiles at the top of the overview: a few numbers, each with what has to be known with it."""

import msgspec

from observability.figures import Figures
from observability.overview.aggregate import Overview
from observability.wording import cost, counted, exact_money, share

NONE = "\N{EN DASH}"


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the headline, and what has to be known with it."""

    name: str
    value: str
    note: str = ""


def tiles(seen: Overview) -> tuple[Tile, ...]:
    """The headline."""
    total = seen.total
    durations = [f"{duration:,}\N{NO-BREAK SPACE}ms" for duration in seen.first_token_ms]
    return (
        Tile(
            name="Turns",
            value=f"{total.turns:,}",
            note=f"by {counted(total.people, 'person', 'people')}",
        ),
        Tile(name="Cost", value=cost(total, amount=exact_money), note=_doubts(total)),
        Tile(
            name="Tokens",
            value=f"{total.input_tokens + total.output_tokens:,}",
            note=f"{total.input_tokens:,} in, {total.output_tokens:,} out",
        ),
        Tile(
            name="Time to first token",
            value=durations[0] if durations else NONE,
            note=f"half are faster; 95 % are within {durations[1]}" if durations else "",
        ),
        Tile(name="Failed", value=f"{total.failed_turns:,}", note=_of(total.failed_turns, total)),
        Tile(
            name="Fallbacks",
            value=f"{total.fallback_turns:,}",
            note=_of(total.fallback_turns, total),
        ),
        Tile(
            name="Cut short",
            value=f"{total.truncated_turns:,}",
            note=f"{total.stopped_turns:,} stopped by their users",
        ),
        Tile(
            name="From cache",
            value=f"{total.cached_turns:,}",
            note=f"saved {exact_money(total.saved_usd)}",
        ),
        Tile(
            name="Lost",
            value=exact_money(total.lost_usd),
            note="of the cost, for calls whose words are no reply: failed, abandoned, or of failed turns",
        ),
    )


def _doubts(total: Figures) -> str:
    """Why a cost is a lower bound."""
    doubts = []
    if total.unpriced_calls:
        doubts.append(f"{counted(total.unpriced_calls, 'call')} without a price")
    if total.estimated_calls:
        doubts.append(f"{counted(total.estimated_calls, 'call')} estimated")
    return " and ".join(doubts) or f"for {counted(total.calls, 'call')}, each known exactly"


def _of(part: int, total: Figures) -> str:
    return f"{share(part, total.turns)} of the turns" if part else "none"
