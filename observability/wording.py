"""Amounts, counts, days and names as people read them, the same in mails and in the admin."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from unicodedata import category

from django.conf import settings

from chatcore.replies.outcome import plain_decimal
from observability.figures import Figures

UNKNOWN = "unknown"
PER_CENT = "\N{NO-BREAK SPACE}%"
_CENT = Decimal("0.01")
_FINE = Decimal("0.0001")
_SHORT = {
    "as the week before": "the same",
    "about as the week before": "about the same",
    "none the week before": "none before",
}
_TURNING = dict.fromkeys([0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Unicode's marks that set the direction of what follows: https://www.unicode.org/reports/tr9/"""


def money(amount: Decimal, *, at_least: bool = False) -> str:
    """An amount of USD for the eye: cents, and four places under a dollar.

    `at_least` rounds down, for "at least $2" must not be said of $1.997.

    >>> money(Decimal("1234.5")), money(Decimal("0.01234")), money(Decimal("0.00001")), money(Decimal(0))
    ('$1,234.50', '$0.0123', 'under $0.0001', '$0')
    """
    if not amount:
        return "$0"
    rounding = ROUND_DOWN if at_least else ROUND_HALF_EVEN
    shown = amount.quantize(_CENT if abs(amount) >= 1 else _FINE, rounding)
    if not shown:
        return "$0" if at_least else f"under ${_FINE}"
    return f"${shown:,f}" if shown > 0 else f"\N{MINUS SIGN}${-shown:,f}"


def exact_amount(amount: Decimal, *, at_least: bool = False) -> str:
    """An amount to the last digit, with thousands apart; rounding is no matter here.

    >>> exact_amount(Decimal("1234.500001"))
    '1,234.500001'
    """
    whole, _, rest = exact(amount).partition(".")
    return f"{int(whole):,}.{rest}" if rest else f"{int(whole):,}"


def exact_money(amount: Decimal, *, at_least: bool = False) -> str:
    """The same with the sign of its currency."""
    return f"${exact_amount(amount)}"


def cost(figures: Figures, at_least: str = "at least ", amount: Callable[..., str] = money) -> str:
    """What calls cost: "unknown" where none has a price, and as a lower bound where some have not."""
    if not figures.cost_usd:
        # Whatever was estimated of calls that are free costs nothing either.
        return UNKNOWN if figures.unpriced_calls else amount(Decimal(0))
    bound = figures.at_least
    return f"{at_least if bound else ''}{amount(figures.cost_usd, at_least=bound)}"


def share(part: int | Decimal, whole: int | Decimal) -> str:
    """A part in per cent of a whole, "" without one."""
    return per_cent(float(part / whole)) if whole else ""


def per_cent(fraction: float) -> str:
    """A fraction in per cent; what is there is never "0 %"."""
    if 0 < fraction < 0.01:
        return f"under 1{PER_CENT}"
    if 0.99 < fraction < 1:
        return f"over 99{PER_CENT}"
    return f"{100 * fraction:.0f}{PER_CENT}"


def counted(number: int, what: str, several: str = "") -> str:
    """A number with its noun: "1 turn", "1,203 turns"."""
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def duration(milliseconds: int | None) -> str:
    """Milliseconds under a second, else seconds; a dash where there is none."""
    if milliseconds is None:
        return "\N{EN DASH}"
    return f"{milliseconds:,} ms" if milliseconds < 1000 else f"{milliseconds / 1000:,.1f} s"


def day(moment: date) -> str:
    """A day of the week in question: "Sun 15 Nov"."""
    return f"{moment:%a} {moment.day} {moment:%b}"


def moment(at: datetime) -> str:
    """A moment in full, in UTC."""
    utc = at.astimezone(UTC)
    return f"{utc:%A} {utc.day} {utc:%B %Y}, {utc:%H:%M} UTC"


def exact(amount: Decimal) -> str:
    """An amount of USD to the last digit."""
    return plain_decimal(amount) or "0"


def name(text: str) -> str:
    """A name as it can be shown: on one line, and without what would turn the words beside it."""
    seen = "".join(" " if category(letter) == "Cc" else letter for letter in text)
    return " ".join(seen.translate(_TURNING).split())


def link(path: str) -> str:
    """A page of this site in full; "" for none."""
    return f"{settings.SITE_URL.rstrip('/')}{path}" if path else ""


def moved(now: int | Decimal, before: int | Decimal) -> str:
    """How a number stands against the week before, in words: never a division by zero."""
    if now == before:
        return "as the week before"
    if not before:
        return "none the week before"
    percent = round((Decimal(now) - Decimal(before)) / Decimal(before) * 100)
    if percent == 0:
        return "about as the week before"
    return f"{percent:+d}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")


def moved_shortly(now: int | Decimal, before: int | Decimal) -> str:
    """The same for a narrow column."""
    words = moved(now, before)
    return _SHORT.get(words, words)
