"""Cuts and folds a message into the forms that the detector reads.

`Prepared` holds the three forms that the other modules read: the bytes that patterns search,
the folded text that keywords are found in, and its words.
"""

import re
import unicodedata

import msgspec

HEAD_CHARS = 3_000
TAIL_CHARS = 1_000

# Scripts written without spaces, or (Hangul) with particles joined to the word: there a keyword
# is found anywhere, since it has no boundaries to ask for.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff"
)

# The standard library's engine is safe for these fixed patterns, which cannot backtrack, and its
# findall is several times faster than the RE2 binding's.
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
WORD = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+")


class Prepared(msgspec.Struct, frozen=True):
    """A message, cut to a bounded size, in the three forms that rules and examples are compared with."""

    raw: bytes
    folded: str
    words: list[str]

    @property
    def has_content(self) -> bool:
        """Whether there is at least one letter or digit."""
        return bool(self.words)


def prepare(text: str) -> Prepared:
    """Cut `text` to its first 3,000 and last 1,000 characters and fold it.

    Never raises: NUL becomes a space and a lone surrogate a question mark.
    """
    text = text.strip()
    if len(text) > HEAD_CHARS + TAIL_CHARS:
        text = f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"
    text = text.replace("\0", " ").replace("\u2019", "'")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    folded = fold(text)
    return Prepared(raw=text.encode(), folded=folded, words=WORD.findall(folded))


def fold(text: str) -> str:
    """Return `text` in lower case with compatible forms united and single spaces."""
    if not text.isascii():
        # Folding the Turkish capital dotted I leaves a combining dot that would split the word.
        text = unicodedata.normalize("NFKC", text).casefold().replace("\u0307", "")
        return " ".join(text.split())
    return " ".join(text.lower().split())


def words_of(folded: str) -> list[str]:
    """Return the words of an already folded text, in order."""
    return WORD.findall(folded)


def is_unspaced(folded: str) -> bool:
    """Whether `folded` has any character of a script in which words have no boundaries."""
    return not folded.isascii() and _IS_UNSPACED.search(folded) is not None
