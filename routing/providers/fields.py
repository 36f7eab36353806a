"""Reads a vendor's JSON without trusting it: a field has the expected type, or counts as absent."""

from decimal import Decimal, InvalidOperation

import msgspec

Json = dict[str, object]
LONGEST_WORD = 120
MOST_USD = Decimal(1_000_000)
"""A bill for one call above this is a mistake."""


def parse(data: bytes) -> object:
    """Parse a JSON text; bytes that are not UTF-8 become U+FFFD, as in a browser's event stream.

    Raises ValueError for anything that is not one JSON value.
    """
    try:
        return msgspec.json.decode(data)
    except UnicodeDecodeError:
        return parse(data.decode("utf-8", "replace").encode())
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error


def obj(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """The value if it is a string, else ""; NUL, which PostgreSQL cannot store, becomes U+FFFD.

    >>> text("a\\x00b\\n"), text(7)
    ('a�b\\n', '')
    """
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else ""


def word(value: object, longest: int = LONGEST_WORD) -> str:
    """A name or code without control characters, cut to fit a database column; else "".

    >>> word("luna\\x00-2\\n"), word("abc", 2), word(None)
    ('luna-2', 'ab', '')
    """
    return "".join(filter(str.isprintable, value))[:longest] if isinstance(value, str) else ""


def integer(digits: str) -> int | None:
    """The number written in these ASCII digits, at most nine; else None.

    >>> integer("429"), integer("\u00b2"), integer("9" * 5000), integer("")
    (429, None, None, None)
    """
    is_one = digits.isascii() and digits.isdecimal() and len(digits) <= 9
    return int(digits) if is_one else None


def money(value: object) -> Decimal | None:
    """An amount as the vendor wrote it; None for anything that cannot be the bill of one call.

    >>> money(0.00119), money(0), money("0.02"), money(True), money("much"), money(1e9)
    (Decimal('0.00119'), Decimal('0'), Decimal('0.02'), None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):  # the latter: an int of thousands of digits
        return None
    return amount if amount.is_finite() and 0 <= amount <= MOST_USD else None
