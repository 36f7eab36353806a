"""Holds the routing tables in memory.

`refresh` compares one number and loads the tables when it moved; `current` reads memory only. A row
that cannot be used disables itself with a reason: staff's mistake in one place never stops the rest.
"""

import logging
import time
from collections import defaultdict
from functools import lru_cache
from threading import Lock

import msgspec
from django.db import transaction

from routing.intents import Detector, Head, IntentSpec, Unsure
from routing.models import Deployment, PolicyVersion, Price, Provider, ProviderKey, Revision
from routing.providers.registry import WIRES
from routing.secrets import DoesNotOpen
from routing.services import credentials, environment_keys, learning, policy_content
from routing.services.policy_content import VersionUnreadable
from routing.services.snapshot_types import (
    DeploymentFacts,
    KeyFacts,
    LadderFacts,
    PolicyFacts,
    PriceFacts,
    Snapshot,
)

LOOK_AGAIN_S = 1.0
LOCAL = "local"

_log = logging.getLogger(__name__)


class Snapshots:
    """Loads and holds the snapshot of one process; threads may share it."""

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._looked_at = 0.0
        self._loading = Lock()

    def current(self) -> Snapshot:
        """The last snapshot loaded. Raises RuntimeError when there was none."""
        if self._snapshot is None:
            raise RuntimeError("The routing tables have not been read yet.")
        return self._snapshot

    def is_due(self) -> bool:
        """Whether `refresh` would ask the database: a second has passed, or nothing was loaded yet."""
        return self._snapshot is None or time.monotonic() - self._looked_at >= LOOK_AGAIN_S

    def refresh(self, *, force: bool = False) -> Snapshot:
        """The snapshot as of now, or of up to a second ago; `force` reads every table anew.

        A load that fails leaves the old snapshot in force. Raises what went wrong when there is none:
        the database's error, or RuntimeError when no policy version was published yet or the one in force
        cannot be read.
        """
        known = self._snapshot
        if known is not None and not force and not self.is_due():
            return known
        with self._loading:
            known = self._snapshot
            if known is not None and not force and not self.is_due():
                return known  # another thread looked while this one waited
            try:
                self._snapshot = _load(known, force=force)
            except Exception:
                if known is None:
                    raise
                _log.exception("The routing tables could not be read; the last ones stay in force.")
            self._looked_at = time.monotonic()
            return self.current()


_process = Snapshots()
current = _process.current
refresh = _process.refresh
is_due = _process.is_due


def _load(known: Snapshot | None, *, force: bool) -> Snapshot:
    """Load the tables, or return `known` if they have not changed since."""
    # The number comes first: what changes while the tables are read is then read again.
    revision = Revision.objects.filter(id=1).values_list("number", flat=True).first() or 0
    if known is not None and not force and known.revision == revision:
        return known
    # Here, because every process that calls providers comes here as it starts, tries again until it
    # succeeds, and comes again after another one removed a row.
    environment_keys.store(renew=known is None)
    with transaction.atomic():  # a savepoint: what fails in here spares the transaction around it
        policy, detector = _policy(known, force=force)
        keys = _keys()
        return Snapshot(
            revision=revision,
            policy=policy,
            detector=detector,
            deployments={facts.name: facts for facts in _deployments(keys)},
            keys=keys,
            prices=_prices(),
        )


def _policy(known: Snapshot | None, *, force: bool) -> tuple[PolicyFacts, Detector]:
    """The version in force; the one in `known` where that cannot be read. Raises VersionUnreadable."""
    number = PolicyVersion.objects.values_list("number", flat=True).first()
    if number is None:
        raise RuntimeError("No policy version has been published: run manage.py seed.")
    if known is not None and not force and known.policy.version == number and known.policy.learned:
        return known.policy, known.detector
    try:
        said = policy_content.load(PolicyVersion.objects.get(number=number))
    except VersionUnreadable as error:
        if known is None:
            raise
        _log.error("%s Version %d stays in force.", str(error), known.policy.version)
        return known.policy, known.detector
    policy = PolicyFacts(
        version=number,
        learned=learning.is_learned(said),
        persona=said.persona,
        max_calls=said.max_calls,
        patience_s=said.patience_s,
        reroute_filtered=said.reroute_filtered,
        turn_limit_s=said.turn_limit_s,
        ladders={
            name: LadderFacts(
                name=name,
                rungs=tuple(rung.deployment for rung in ladder.rungs),
                cache_ttl_s=ladder.cache_ttl_s,
                cache_scope=ladder.cache_scope,
                on_break=ladder.on_break,
                web_search=ladder.web_search,
            )
            for name, ladder in said.ladders.items()
        },
        intent_labels={name: intent.label for name, intent in said.intents.items()},
    )
    head = learning.head_for(said)
    return policy, _detector(policy_content.specs(said), head, policy_content.unsure(said))


@lru_cache(maxsize=2)
def _detector(specs: tuple[IntentSpec, ...], head: Head | None, unsure: Unsure) -> Detector:
    """Compile the intents; not again for a version that left them alone."""
    return Detector(specs, head=head, unsure=unsure)


def _keys() -> dict[str, tuple[KeyFacts, ...]]:
    usable: dict[str, list[KeyFacts]] = defaultdict(list)
    for key in ProviderKey.objects.filter(enabled=True).select_related("provider").order_by("id"):
        try:
            value = credentials.open_key(key)
        except DoesNotOpen as error:
            _log.error("Provider key %s is not usable: %s", key.pk, error)
            continue
        if value:
            usable[key.provider.slug].append(
                KeyFacts(
                    id=key.pk,
                    label=key.label,
                    value=value,
                    changed=key.changed_at.isoformat(),
                )
            )
    return {slug: tuple(keys) for slug, keys in usable.items()}


def _deployments(keys: dict[str, tuple[KeyFacts, ...]]) -> list[DeploymentFacts]:
    return [
        deployment_facts(row, has_key=row.provider.slug in keys)
        for row in Deployment.objects.select_related("provider")
    ]


def deployment_facts(row: Deployment, *, has_key: bool) -> DeploymentFacts:
    """A model's row and its provider in plain data; `has_key`: whether a key can be used there."""
    provider = row.provider
    return DeploymentFacts(
        name=row.name,
        provider=provider.slug,
        provider_name=provider.name,
        wire=provider.wire,
        base_url=credentials.base_url(provider),
        needs_key=provider.needs_key,
        model=row.model,
        label=row.label,
        context_window=row.context_window,
        max_output_tokens=row.max_output_tokens,
        first_token_timeout_s=float(row.first_token_timeout_s),
        thinking_timeout_s=float(row.thinking_timeout_s),
        max_concurrency=row.max_concurrency,
        offered=row.offered,
        demo=row.demo,
        probe="call" if provider.probe == Provider.Probe.CALL else "models",
        changed=f"{provider.changed_at.isoformat()} {row.changed_at.isoformat()}",
        disabled=_disabled(row, provider, has_key=has_key),
    )


def _disabled(row: Deployment, provider: Provider, *, has_key: bool) -> str:
    """Why staff's settings keep a deployment from serving, in words; "" if they do not."""
    address = credentials.base_url(provider)
    if not provider.enabled:
        return "the provider is switched off"
    if not row.enabled:
        return "the model is switched off"
    if provider.wire not in WIRES:
        return "its protocol is not known here"
    if not address:
        return "the local model is not running" if provider.slug == LOCAL else "no address"
    if credentials.address_problem(address):
        return "the address is not allowed"
    if provider.needs_key and not has_key:
        return "no key"
    return ""


def _prices() -> dict[tuple[str, str], tuple[PriceFacts, ...]]:
    rows: dict[tuple[str, str], list[PriceFacts]] = defaultdict(list)
    prices = Price.objects.select_related("provider").order_by(
        "-effective_from", "-above_input_tokens"
    )
    for row in prices:
        rows[row.provider.slug, row.model].append(
            msgspec.convert(row, PriceFacts, from_attributes=True)
        )
    return {model: tuple(facts) for model, facts in rows.items()}
