"""Finds the address and the key of a provider; the only module that opens keys."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from routing.models import Provider, ProviderKey, Revision
from routing.secrets import Fingerprints, Sealer


def sealer() -> Sealer:
    """The sealer of provider keys, with the sealing keys of this installation."""
    return Sealer(settings.SEALING_KEYS, purpose="provider keys")


def fingerprints() -> Fingerprints:
    """Digests of keys, by which a start recognises that the environment holds another key than before."""
    return Fingerprints(settings.SEALING_KEYS, purpose="fingerprints of provider keys")


def base_url(provider: Provider) -> str:
    """The provider's address: the environment's, else the row's, else ""."""
    return settings.ENV_BASE_URLS.get(provider.slug) or provider.base_url.rstrip("/")


def address_problem(address: str) -> str:
    """Why keys must not be sent to this address, in words; "" if they may.

    A typing mistake or a captured staff account must not be able to send keys to a stranger, so only
    known vendors over https and what the operator named in the environment are addresses.
    """
    try:
        origin = _origin(address)
    except ValueError:
        return "this is no address"
    if origin in {_origin(url) for url in settings.ENV_BASE_URLS.values() if url}:
        return ""
    parts = urlsplit(address)
    if parts.hostname not in settings.ALLOWED_PROVIDER_HOSTS:
        known = ", ".join(settings.ALLOWED_PROVIDER_HOSTS)
        return f"the host must be one of {known}, or be named in the environment"
    if parts.scheme != "https" or parts.port not in {None, 443}:
        return "this host is only called by https on its usual port"
    if parts.username or parts.query or parts.fragment:
        return "an address holds no user name, no ? and no #"
    return ""


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def open_key(key: ProviderKey) -> str:
    """The key itself; "" if it is to come from the environment, which names none.

    Raises DoesNotOpen: no sealing key opens it, or it was sealed for another row.
    """
    if key.source == ProviderKey.Source.ENVIRONMENT:
        return settings.ENV_KEYS.get(key.provider.slug, "")
    return sealer().open(key.sealed, identity=key.identity)


@sensitive_variables()  # all: a decorator below holds the arguments, too
@transaction.atomic
def add_key(
    *, provider: Provider, label: str, value: str, enabled: bool, by: AbstractBaseUser
) -> ProviderKey:
    """Seal and store a new key; its last four characters stay readable if it is long enough."""
    key = ProviderKey(provider=provider, label=label, enabled=enabled, created_by_id=by.pk)
    key.last_four = last_four(value)
    key.save()
    # The row's id is part of what is sealed, so the row has to be there first.
    key.sealed = sealer().seal(value, identity=key.identity)
    key.save(update_fields=["sealed"])
    Revision.bump()
    return key


def last_four(value: str) -> str:
    """The last four characters of a key; "" if it is so short that they would give it away."""
    return value[-4:] if len(value) >= 12 else ""


def reseal_key(key: ProviderKey) -> bool:
    """Seal the key with the newest sealing key; returns whether that was needed. Raises DoesNotOpen."""
    vault = sealer()
    if key.source != ProviderKey.Source.SEALED or vault.is_current(key.sealed):
        return False
    key.sealed = vault.seal(open_key(key), identity=key.identity)
    key.save(update_fields=["sealed"])
    return True
