"""Moves the system message into the first user message, for models that accept no system message."""

from routing.providers.messages import Message


def folded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages without a system message; its text stands before the first user message."""
    system = "\n\n".join(m.content for m in messages if m.role == "system")
    others = [m for m in messages if m.role != "system"]
    if not system:
        return tuple(others)
    first = next((n for n, m in enumerate(others) if m.role == "user"), None)
    if first is None:
        return (Message("user", system), *others)
    others[first] = Message("user", f"{system}\n\n{others[first].content}")
    return tuple(others)
