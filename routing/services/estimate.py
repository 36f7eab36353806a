"""How many tokens is a text, roughly? For windows, and for calls whose usage nobody reported."""


def estimate_tokens(text: str) -> int:
    """A cautious guess for any vendor's tokenizer: four ASCII characters or one other a token.

    >>> estimate_tokens("four"), estimate_tokens("四つ"), estimate_tokens("")
    (1, 2, 0)
    """
    size = len(text.encode("utf-8", "replace"))
    wide = max(0, size - len(text)) // 2
    return -(-(len(text) - min(wide, len(text))) // 4) + min(wide, len(text))
