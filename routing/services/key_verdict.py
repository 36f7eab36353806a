"""Words the result of a key's test for staff: what is wrong with address, key, model or account."""

from urllib.parse import urlsplit

from routing.pasted.addresses import own_address
from routing.providers.errors import (
    EmptyAnswer,
    ModelGone,
    ProtocolViolated,
    ProviderError,
    StreamCut,
    TimedOut,
    Unreachable,
)
from routing.providers.registry import VENDORS

WORDS = {
    "auth": "The provider refuses this key.",
    "permission": "The provider knows this key, but does not let it use {model}.",
    "quota_exhausted": "The key is good, but its account has no credit left.",
    "rate_limit": "The key is good; the provider asks to call less often just now.",
    "overloaded": "The provider has too much to do just now; try again later.",
    "server_error": "The provider had a fault of its own; try again later.",
    "timeout": "The provider did not answer in time.",
    "model_not_found": "The provider does not offer {model} to this key.",
    "endpoint_retired": "The provider has switched this interface off.",
}
WORKS = "It works: {model} answered."
NO_CONNECTION = "No connection to {host} came about in time: check the address and the firewall."
OTHER_ADDRESS = "The address seems wrong: it answered, but not as this protocol. "
NOT_FOUND = "The provider does not offer {model} to this key, or the address is wrong. "
CALLED = "Called was {address}; expected is {expected}."
OTHER = "The provider answered, but not as expected ({code}{status})."

REASONS = (
    ("DNS", "The name {host} was not found: check the address."),
    ("Certificate", "The certificate of {host} is not trusted, so nothing was sent."),
    ("SSL", "{host} does not speak TLS as expected: check https and the port in the address."),
    ("ConnectorError", "{host} refuses the connection: check the address and its port."),
)
"""A part of the class that `Unreachable.detail` names -> what that means."""
UNREACHABLE = "The provider could not be reached at {address}."


def verdict(
    error: ProviderError | None, *, slug: str, address: str, model: str, heard: bool = False
) -> str:
    """The result in words; `slug` is the provider's, `heard` says whether any word arrived."""
    host = urlsplit(address).hostname or ""
    said = _template(error, at_home=address == own_address(host), heard=heard)
    return said.format(
        model=model,
        host=host,
        address=address,
        expected=_expected(slug, host),
        code=error.code if error else "",
        status=f", HTTP {error.status}" if error and error.status else "",
    )


def works(error: ProviderError | None) -> bool:
    """Whether the key is good; a model that only thought up to its cap has accepted it too."""
    return error is None or isinstance(error, EmptyAnswer)


def _template(error: ProviderError | None, *, at_home: bool, heard: bool) -> str:
    if error is None or works(error):
        return WORKS
    if isinstance(error, Unreachable):
        found = (words for part, words in REASONS if part in error.detail)
        return next(found, UNREACHABLE)
    if isinstance(error, TimedOut) and error.phase == "connect":
        return NO_CONNECTION
    if isinstance(error, ModelGone) and error.status == 404 and not at_home:
        # A vendor's "no such model" and a stranger's "no such page" have the same status.
        return NOT_FOUND + CALLED
    if _is_no_provider(error, heard) and not at_home:
        return OTHER_ADDRESS + CALLED
    return WORDS.get(error.code, OTHER)


def _is_no_provider(error: ProviderError, heard: bool) -> bool:
    """Whether what answered does not speak this protocol: a page, a redirect, a proxy."""
    if isinstance(error, ProtocolViolated) or error.status == 405:
        return True
    return isinstance(error, StreamCut) and not heard


def _expected(slug: str, host: str) -> str:
    own = {vendor.slug: vendor.base_url for vendor in VENDORS}.get(slug, "")
    return own_address(host) or own or "an address that ends in its version, such as /v1"
