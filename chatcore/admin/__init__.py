"""The chat's pages for staff: people, tokens, and what was said and why it was answered so."""

from chatcore.admin import (
    conversations,
    jobs,
    past_turns,
    people,
    processes,
    retention,
    tokens,
)

__all__ = ["conversations", "jobs", "past_turns", "people", "processes", "retention", "tokens"]
