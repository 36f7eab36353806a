"""Composes replies: a known answer, else fixed sentences that depend on nothing but the request."""

import json
import re
from itertools import cycle, islice

from routing.simulator.behaviours import Behaviour
from routing.simulator.calls import Call, Counts, Reply
from routing.simulator.known_answers import known_answer

WORDS_A_DELTA = 2
ECHO_CHARACTERS = 3
UNKNOWN_FINISH = "abort"
HIDDEN_THINKING = "Weigh the question, pick the shortest true answer, and then say it plainly."

BODY = """\
The answer below is made of fixed sentences, so asking twice gives the same words.

- **One.** Nothing was looked up.
- **Two.** Every word counts as one token.
- **Three.** The pace is set by the model's name.

That is all there is to say about it, and yet the reply goes on for as long as it was told to.

"""

CODE = """\
Here is a function that adds two numbers:

```python
def add(left: int, right: int) -> int:
    return left + right
```

| call | result |
|---|---|
| `add(1, 2)` | 3 |
| `add(-1, 1)` | 0 |

The [Python tutorial](https://docs.python.org/3/tutorial/) explains `def`.
"""


def compose(vendor: str, call: Call, behaviour: Behaviour) -> Reply:
    """The whole reply as it is sent when nothing breaks.

    `behaviour.tokens` sets the length of normal texts, in words; the request's own cap cuts any text.
    """
    thoughts = _pieces(HIDDEN_THINKING) if _thinks(behaviour) else []
    pieces = _pieces(_text(vendor, call, behaviour))
    finish, keep = _end(behaviour, len(pieces))
    if call.max_tokens is not None and (room := max(0, call.max_tokens - len(thoughts))) < keep:
        finish, keep = "length", room
    pieces = pieces[:keep]
    counts = Counts(
        input_tokens=call.input_tokens,
        output_tokens=sum(1 for piece in pieces if piece.strip()) + len(thoughts),
        cached_tokens=call.input_tokens // 2 if "-cached" in call.model else 0,
        reasoning_tokens=len(thoughts),
    )
    return Reply(
        thoughts=_group(thoughts), deltas=_deltas(pieces, behaviour), finish=finish, counts=counts
    )


def _end(behaviour: Behaviour, pieces: int) -> tuple[str, int]:
    """The finish reason, and how many pieces are sent before it."""
    if behaviour.name == "truncated":
        return "length", 0 if behaviour.kind == "thinking" else max(1, pieces // 2)
    if behaviour.name == "finish":
        return behaviour.kind or UNKNOWN_FINISH, pieces
    if behaviour.name == "filtered":
        shown = 0 if behaviour.kind == "prompt" else behaviour.after * WORDS_A_DELTA
        return "content_filter", min(pieces, shown)
    return "stop", pieces


def _thinks(behaviour: Behaviour) -> bool:
    return behaviour.name in ("reasoning", "thinks") or behaviour.kind == "thinking"


def _text(vendor: str, call: Call, behaviour: Behaviour) -> str:
    match behaviour.name:
        case "echo":
            return call.prompt
        case "context":
            listed = [
                {"role": message.role, "content": message.content} for message in call.messages
            ]
            return json.dumps(listed, ensure_ascii=False)
        case "code":
            return CODE
        case "empty":
            return ""
        case "blank":
            return " \n\n "
    if behaviour.name == "ok" and (answer := known_answer(call)):
        return answer
    words = re.findall(r"\w+", call.prompt)[:8]
    about = f"You said: *{' '.join(words)}*. " if words else ""
    markers = "[1][2]" if vendor == "perplexity" else ""
    opening = _pieces(f"**{vendor.capitalize()}** speaking.{markers} {about}")
    filler = cycle(_pieces(BODY))
    pieces = opening + list(islice(filler, max(0, behaviour.tokens - len(opening))))
    text = "".join(pieces[: behaviour.tokens]).rstrip()
    return f"{text}." if text[-1:].isalpha() else text


def _pieces(text: str) -> list[str]:
    """Split the text into words with the space that follows them."""
    return re.findall(r"\s*\S+\s*|\s+", text)


def _group(pieces: list[str]) -> tuple[str, ...]:
    starts = range(0, len(pieces), WORDS_A_DELTA)
    return tuple("".join(pieces[at : at + WORDS_A_DELTA]) for at in starts)


def _deltas(pieces: list[str], behaviour: Behaviour) -> tuple[str, ...]:
    """Join the pieces to pairs of words; an echo is cut anywhere, also in the middle of markup."""
    if behaviour.name != "echo":
        return _group(pieces)
    text = "".join(pieces)
    return tuple(text[at : at + ECHO_CHARACTERS] for at in range(0, len(text), ECHO_CHARACTERS))
