"""What is a conversation called, from its first prompt alone? No model is asked."""

import re
import unicodedata

LONGEST = 60
"""Characters, the ellipsis included."""
SHORTEST_SENTENCE = 12
"""A sentence or line shorter than this ("Hi.") takes the next one with it."""

_FENCED = re.compile(r"(?:^|\n)\s*(```|~~~)[^\n]*\n(.*?)(?:\n\s*\1|\Z)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_LINE_START = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,3}[.)]\s+)+")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_)(?=[^\s_])(.+?)(?<=\S)\1(?!\w)")
# Sentences end before a space in most scripts, and without one in Chinese and Japanese.
_SENTENCE_END = re.compile(r"[.!?…؟।](?=\s)|[。！？]")
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}


def title_from(prompt: str) -> str:
    """The first sentence of a prompt without Markdown, at most 60 characters; "" if none is left.

    >>> title_from("## Hello!\\nWhy is the **sky** blue? Be brief.")
    'Hello! Why is the sky blue?'
    """
    prose = _FENCED.sub("\n", prompt[:4000])
    if not prose.strip():
        prose = "\n".join(match[1] for match in _FENCED.findall(prompt[:4000]))
    text = ""
    for line in prose.splitlines():
        text = f"{text} {_plain(line)}".strip()
        if len(text) >= SHORTEST_SENTENCE:
            break
    return _cut(_first_sentence(text))


def _plain(line: str) -> str:
    line = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zs"} else char
        for char in line
        if unicodedata.category(char) != "Cf" or char in _JOINERS
    )
    line = _LINK.sub(r"\1", _LINE_START.sub("", line)).replace("`", "")
    line = _EMPHASIS.sub(r"\2", line)
    return " ".join(line.split())


def _first_sentence(text: str) -> str:
    for end in _SENTENCE_END.finditer(text):
        if end.end() >= SHORTEST_SENTENCE:
            return text[: end.end()].rstrip(".。")
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
