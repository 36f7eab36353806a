"""Checks at no cost whether a vendor answers again after an outage."""

from collections.abc import Mapping

from routing.providers import http
from routing.providers.errors import KeyRefused, ProviderError

TIMEOUT_S = 5.0


async def lists_models(base_url: str, headers: Mapping[str, str]) -> bool | None:
    """Whether the list of models comes; None if the answer tells nothing about calls.

    A refused key is an answer too: it is the vendor that is asked for, not the account.
    """
    url = f"{base_url.rstrip('/')}/models"
    try:
        status = await http.get_status(url, headers=headers, timeout_s=TIMEOUT_S)
    except KeyRefused:  # a key that no header can hold
        return None
    except ProviderError:
        return False
    if 200 <= status < 300 or status in (401, 403):
        return True
    return False if status >= 500 else None
