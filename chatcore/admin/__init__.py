"""The chat's pages for staff: people, tokens, and what was said and why it was answered so."""

from chatcore.admin import conversations, jobs, people, tokens

__all__ = ["conversations", "jobs", "people", "tokens"]
