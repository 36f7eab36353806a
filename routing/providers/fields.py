"""How to read a vendor's JSON without trusting it: a field is what it should be, or it is absent."""

from decimal import Decimal

import msgspec

Json = dict[str, object]


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
    """The string, or an empty one."""
    return value if isinstance(value, str) else ""


def money(value: object) -> Decimal | None:
    """An amount as the vendor wrote it, or None.

    >>> money(0.00119), money(0), money("1"), money(True)
    (Decimal('0.00119'), Decimal('0'), None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return Decimal(str(value))
