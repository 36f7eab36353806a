"""Names conversations by their first prompt; no model is asked.

Whoever chats chooses the prompt, and a title is made while a thread is locked: so only the first
characters are looked at, each of them a fixed number of times.
"""

import unicodedata

import re2

LONGEST = 60
"""Characters, the ellipsis included."""
SHORTEST_SENTENCE = 12
"""A sentence or line shorter than this ("Hi.") takes the next one with it."""
SEARCHED = 4000
"""Characters of the prompt in which prose is looked for."""
READ = 500
"""Characters of that prose, or of code where there is none, of which the title is made."""

_FENCES = ("```", "~~~")
_LINK = re2.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_LINE_START = re2.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,3}[.)]\s+)+")
_MARKS = re2.compile(r"\*{1,3}|_")
# Sentences end before a space in most scripts, and without one in Chinese and Japanese.
_SENTENCE_END = re2.compile(r"[.!?…؟।]\s|[。！？]")
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}


def title_from(prompt: str) -> str:
    """The first sentence of a prompt without Markdown, at most 60 characters; "" if none is left.

    >>> title_from("## Hello!\\nWhy is the **sky** blue? Be brief.")
    'Hello! Why is the sky blue?'
    """
    prose, code = _prose_and_code(prompt[:SEARCHED])
    text = ""
    for line in "\n".join(prose or code)[:READ].splitlines():
        text = f"{text} {_plain(line)}".strip()
        if len(text) >= SHORTEST_SENTENCE:
            break
    return _cut(_first_sentence(text))


def _prose_and_code(text: str) -> tuple[list[str], list[str]]:
    """The lines outside fences, and those inside; without empty ones."""
    prose: list[str] = []
    code: list[str] = []
    fence = ""
    for line in filter(str.strip, text.splitlines()):
        start = line.strip()[:3]
        if fence:
            if start == fence:
                fence = ""
            else:
                code.append(line)
        elif start in _FENCES:
            fence = start
        else:
            prose.append(line)
    return prose, code


def _plain(line: str) -> str:
    line = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zs"} else char
        for char in line
        if unicodedata.category(char) != "Cf" or char in _JOINERS
    )
    line = _LINK.sub(r"\1", _LINE_START.sub("", line)).replace("`", "")
    return " ".join(_without_emphasis(line).split())


def _without_emphasis(line: str) -> str:
    """A line without the marks around **strong** words; those of 2 * 3 and snake_case stay."""
    kept: list[str] = []
    end = 0
    for start, stop in _pairs_of_marks(line):
        kept.append(line[end:start])
        end = stop
    return "".join(kept) + line[end:]


def _pairs_of_marks(line: str) -> list[tuple[int, int]]:
    """Where the marks stand that open and close some words, in order."""
    opened: dict[str, tuple[int, int]] = {}
    pairs: list[tuple[int, int]] = []
    for mark in _MARKS.finditer(line):
        before, after = line[mark.start() - 1 : mark.start()], line[mark.end() : mark.end() + 1]
        if mark[0] in opened and not before.isspace() and not _is_word(after):
            pairs += [opened.pop(mark[0]), mark.span()]
        elif not _is_word(before) and after and not after.isspace():
            opened[mark[0]] = mark.span()
    return sorted(pairs)


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _first_sentence(text: str) -> str:
    for end in _SENTENCE_END.finditer(text):
        if end.start() + 1 >= SHORTEST_SENTENCE:
            return text[: end.start() + 1].rstrip(".。")
    return text.rstrip(".。")


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    end = LONGEST - 1
    space = text.rfind(" ", LONGEST // 2, end + 1)
    if space > 0:
        end = space
    # A letter keeps its marks, and a joined emoji its parts.
    while end > 1 and (_clings(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end].rstrip(" ,;:-–") + "…"


def _clings(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char).startswith("M")
