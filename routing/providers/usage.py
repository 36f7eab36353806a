"""Counts the tokens of one call in one convention for all vendors.

`input_tokens` includes cached, cache-written and tool-use prompt tokens; `output_tokens` includes
reasoning. A number that the vendor did not report is None, never 0.
"""

import msgspec


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """One usage report of a vendor; the last report of a stream counts, and reports are never summed."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    """Part of `input_tokens` that the vendor read from its prompt cache."""
    cache_write_tokens: int | None = None
    """Part of `input_tokens` that the vendor wrote to its prompt cache."""
    tool_use_tokens: int | None = None
    """Part of `input_tokens` that tools put into the prompt (Gemini)."""
    reasoning_tokens: int | None = None
    """Part of `output_tokens` spent on thinking."""
    search_queries: int | None = None

    @property
    def total_tokens(self) -> int | None:
        """Input and output tokens together; None when either is unknown."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


def count(value: object) -> int | None:
    """A token count as a vendor sent it; None for anything that is not one.

    >>> count(12), count(True), count(-1), count("7"), count(2**31), count(None)
    (12, None, None, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        return None
    return value


def with_reasoning(
    read: int | None, written: int | None, reasoning: int | None, total: int | None
) -> int | None:
    """`written` plus the reasoning tokens, where the vendor's total shows that it counts them apart.

    >>> with_reasoning(10, 5, 20, 35), with_reasoning(10, 25, 20, 35), with_reasoning(10, 5, 20, None)
    (25, 25, 5)
    """
    if read is None or written is None or not reasoning:
        return written
    return written + reasoning if read + written + reasoning == total else written
