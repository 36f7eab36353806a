"""Describes a vendor: plain data in its folder, from which the tables are seeded.

    from routing.providers.vendor import Model, Price, Vendor, Wire

    VENDOR = Vendor(slug="acme", name="Acme", base_url="https://api.acme.example/v1", wire="acme",
                    wires={"acme": Wire("Acme's own protocol", AcmeWire)}, models=MODELS)

`routing.providers.registry` lists the vendors; nothing else has to know about a new one.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import msgspec

from routing.providers.base import Endpoint, MakeProvider

PRICED_FROM = datetime(2026, 1, 1, tzinfo=UTC)
"""From when on a price holds that names no day: before any call of this project."""


class Wire(msgspec.Struct, frozen=True):
    """One protocol that providers speak, with its label and how to make a provider of it."""

    label: str
    """How staff read it in the admin."""
    make: MakeProvider
    is_alive: "Callable[[Endpoint], Awaitable[bool | None]] | None" = None
    """Asks, at no cost, whether the vendor answers again after an outage; None: it cannot tell."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One of the vendor's models, as it is first put into the tables (sizes in tokens, times in seconds)."""

    model: str
    """The vendor's own name of it."""
    label: str
    context_window: int
    max_output_tokens: int
    first_token_timeout_s: int = 10
    thinking_timeout_s: int = 60
    """Until the first word, once the vendor shows that it is thinking or searching."""
    max_concurrency: int = 0
    """Calls at once; 0: no limit."""
    offered: bool = True
    """Whether users may pick it for a retry."""
    demo: bool = False
    """A demo model: asked after all others, and not judged by the smoke evaluation."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """USD per million tokens (searches: per thousand).

    None: charged like input, or (searches) not charged.
    """

    model: str
    input_usd: Decimal
    output_usd: Decimal
    cached_input_usd: Decimal | None = None
    cache_write_usd: Decimal | None = None
    search_usd: Decimal | None = None
    above_input_tokens: int = 0
    """Holds for prompts larger than this; all of such a prompt pays this price."""
    effective_from: datetime = PRICED_FROM


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor: its address, its protocols, and the models that are used at first."""

    slug: str
    """Names it in ladders and in the environment: `<SLUG>_API_KEY`, `<SLUG>_BASE_URL`."""
    name: str
    wire: str
    """A name in `wires`, or of a shared protocol in the registry."""
    base_url: str = ""
    """Ends in the version path; "" where only the environment can know it."""
    hosts: tuple[str, ...] = ()
    """Further hosts of the same vendor, beside that of `base_url`, which may be given its keys."""
    needs_key: bool = True
    wires: Mapping[str, Wire] = {}
    """The protocols that are this vendor's own."""
    models: tuple[Model, ...] = ()
    prices: tuple[Price, ...] = ()

    @property
    def known_hosts(self) -> tuple[str, ...]:
        """The hosts that may be given this vendor's keys."""
        own = urlsplit(self.base_url).hostname
        return (own, *self.hosts) if own else self.hosts


def price(
    model: str,
    rates: str,
    *,
    search: str | None = None,
    above: int = 0,
    since: datetime = PRICED_FROM,
) -> Price:
    """A price in short form: `rates` are input, cached input, cache write and output, "-" for none.

    >>> price("some-model", "2 0.1 - 10").cached_input_usd
    Decimal('0.1')
    """
    paid, cached, written, out = (None if part == "-" else Decimal(part) for part in rates.split())
    assert paid is not None
    assert out is not None
    return Price(
        model=model,
        input_usd=paid,
        cached_input_usd=cached,
        cache_write_usd=written,
        output_usd=out,
        search_usd=None if search is None else Decimal(search),
        above_input_tokens=above,
        effective_from=since,
    )
