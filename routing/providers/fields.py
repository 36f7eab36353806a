"""Reads a vendor's JSON without trusting it: a field is what it should be, or it is absent."""

from decimal import Decimal, InvalidOperation

import msgspec

Json = dict[str, object]
LONGEST_WORD = 120
MOST_USD = Decimal(1_000_000)
"""A bill for one call above this is a mistake."""


def parse(data: bytes) -> object:
    """Any JSON text. Bytes that are not UTF-8 become U+FFFD, as in a browser's event stream.

    Raises ValueError for anything that is not one JSON value.
    """
    try:
        return msgspec.json.decode(data)
    except UnicodeDecodeError:
        return parse(data.decode("utf-8", "replace").encode())
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error


def obj(value: object) -> Json:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """The array, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """The string, or an empty one; NUL, which PostgreSQL cannot keep, becomes U+FFFD.

    >>> text("a\\x00b\\n"), text(7)
    ('a�b\\n', '')
    """
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else ""


def word(value: object, longest: int = LONGEST_WORD) -> str:
    """A name or a code, as a row can keep it: without control characters, and cut; else "".

    >>> word("luna\\x00-2\\n"), word("abc", 2), word(None)
    ('luna-2', 'ab', '')
    """
    return "".join(filter(str.isprintable, value))[:longest] if isinstance(value, str) else ""


def integer(digits: str) -> int | None:
    """A number written in ASCII digits, at most nine of them.

    >>> integer("429"), integer("\u00b2"), integer("9" * 5000), integer("")
    (429, None, None, None)
    """
    is_one = digits.isascii() and digits.isdecimal() and len(digits) <= 9
    return int(digits) if is_one else None


def money(value: object) -> Decimal | None:
    """An amount as the vendor wrote it, or None for anything that cannot be one call's bill.

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
