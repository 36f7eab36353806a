"""Builds the shared context: what a model is sent besides the prompt, the same for every provider.

The policy's persona, the rolling summary, and as many of the last turns as fit the model's window.
Sizes are estimates: a vendor that counts more says so itself, and the ladder goes to a larger window.
"""

import msgspec

from routing.providers.messages import Message
from routing.services.estimate import estimate_tokens
from routing.services.snapshot_types import DeploymentFacts

MESSAGE_OVERHEAD = 4
"""Tokens that vendors add around each message."""


class PastTurn(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier prompt and its reply."""

    prompt: str
    reply: str
    intent: str = ""
    summarised: bool = False
    """Whether the rolling summary covers it."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The earlier turns of the conversation, oldest first."""

    turns: tuple[PastTurn, ...] = ()
    summary: str = ""
    unread: int = 0
    """Turns older than `turns` that were not even read."""
    unread_summarised: int = 0
    """How many of those the summary covers."""

    @property
    def last_intent(self) -> str | None:
        return self.turns[-1].intent or None if self.turns else None


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The messages for one model, and their size."""

    messages: tuple[Message, ...]
    tokens: int
    turns: int
    """Earlier turns among the messages."""
    left_out: int
    """Earlier turns that are neither in the messages nor in the summary."""
    summarised: int
    """Earlier turns that only the summary speaks of."""


def room_for_prompt(deployment: DeploymentFacts) -> int:
    """Tokens that the messages may have, so that the deployment's longest reply still fits."""
    reply = min(deployment.max_output_tokens, deployment.context_window // 2)
    return deployment.context_window - reply


def fits(*, persona: str, prompt: str, deployment: DeploymentFacts) -> bool:
    """Whether the prompt fits the deployment without any earlier turns."""
    needed = estimate_tokens(persona) + estimate_tokens(prompt) + 2 * MESSAGE_OVERHEAD
    return needed <= room_for_prompt(deployment)


def build_context(
    *, persona: str, history: History, prompt: str, deployment: DeploymentFacts
) -> Context:
    """The messages to send to one deployment: the newest turns that fit, oldest left out first."""
    room = room_for_prompt(deployment) - estimate_tokens(prompt) - MESSAGE_OVERHEAD
    whole = room - estimate_tokens(persona) - MESSAGE_OVERHEAD
    kept = _newest_that_fit(history.turns, whole)
    system = persona
    if (len(kept) < len(history.turns) or history.unread) and history.summary:
        system = f"{persona}\n\nWhat was said earlier, in short:\n{history.summary}".strip()
        if estimate_tokens(system) <= room // 2 or not kept:
            kept = _newest_that_fit(
                history.turns, room - estimate_tokens(system) - MESSAGE_OVERHEAD
            )
        else:
            system = persona
    dropped = history.turns[: len(history.turns) - len(kept)]
    with_summary = system is not persona
    summarised = 0
    if with_summary:
        summarised = sum(turn.summarised for turn in dropped) + history.unread_summarised
    return _assemble(
        system,
        kept,
        prompt,
        left_out=len(dropped) + history.unread - summarised,
        summarised=summarised,
    )


def _newest_that_fit(turns: tuple[PastTurn, ...], room: int) -> tuple[PastTurn, ...]:
    kept = 0
    for turn in reversed(turns):
        room -= estimate_tokens(turn.prompt) + estimate_tokens(turn.reply) + 2 * MESSAGE_OVERHEAD
        if room < 0:
            break
        kept += 1
    return turns[len(turns) - kept :]


def _assemble(
    system: str, turns: tuple[PastTurn, ...], prompt: str, *, left_out: int, summarised: int
) -> Context:
    messages = [Message("system", system)] if system else []
    for turn in turns:
        messages.append(Message("user", turn.prompt))
        if turn.reply.strip():  # vendors refuse an assistant message of white space only
            messages.append(Message("assistant", turn.reply))
    messages.append(Message("user", prompt))
    tokens = sum(estimate_tokens(message.content) + MESSAGE_OVERHEAD for message in messages)
    return Context(
        messages=_alternating(messages),
        tokens=tokens,
        turns=len(turns),
        left_out=left_out,
        summarised=summarised,
    )


def _alternating(messages: list[Message]) -> tuple[Message, ...]:
    """The messages with neighbours of one role joined: some vendors refuse two user messages in a row."""
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            joined[-1] = Message(message.role, f"{joined[-1].content}\n\n{message.content}")
        else:
            joined.append(message)
    return tuple(joined)
