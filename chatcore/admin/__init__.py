"""The admin's pages of the chat: people, tokens, threads and turns, jobs, retention."""

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
