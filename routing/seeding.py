"""Makes the rows that must exist before the first message, and changes no others.

It runs at every start, so it never overwrites what staff changed. A shipped row that staff deleted
would come back; they switch it off instead. Every process reads the tables anew only where something
really changed.
"""

import msgspec
from django.db import transaction

from routing.catalogue.intents import SHIPPED_INTENTS
from routing.catalogue.ladders import INTENT_LABELS, LADDERS, PERSONA
from routing.models import (
    Deployment,
    Intent,
    IntentRule,
    Ladder,
    Policy,
    PolicyVersion,
    Price,
    Provider,
    Revision,
)
from routing.providers.registry import VENDORS
from routing.providers.vendor import Vendor
from routing.services import environment_keys, policy, policy_tables


def seed() -> None:
    """Make what is missing: providers, models, prices, intents, ladders, keys, version 1."""
    _shipped_rows()
    # In transactions of their own: a process that starts meanwhile stores its keys, too, and the two
    # would wait for each other if this one held the revision.
    environment_keys.store()
    environment_keys.remove_absent()


@transaction.atomic
def _shipped_rows() -> None:
    fresh = not PolicyVersion.objects.exists()
    _providers()
    if fresh:
        # Later starts leave all of these alone: they are the policy, and have versions.
        Policy.objects.get_or_create(id=1, defaults={"persona": PERSONA})
        _intents()
        _ladders()
        policy.publish(author=None)


def _providers() -> None:
    made = False
    for vendor in VENDORS:
        provider, new = Provider.objects.get_or_create(
            slug=vendor.slug,
            defaults={
                "name": vendor.name,
                "wire": vendor.wire,
                "base_url": vendor.base_url,
                "needs_key": vendor.needs_key,
            },
        )
        made |= new | _models(provider, vendor) | _prices(provider, vendor)
    if made:
        Revision.bump()


def _models(provider: Provider, vendor: Vendor) -> bool:
    """Make the vendor's models that are missing; returns whether any were."""
    made = False
    for model in vendor.models:
        values = msgspec.structs.asdict(model)
        name = values.pop("model")
        _, new = Deployment.objects.get_or_create(provider=provider, model=name, defaults=values)
        made |= new
    return made


def _prices(provider: Provider, vendor: Vendor) -> bool:
    """Make the vendor's prices that are missing; returns whether any were."""
    made = False
    for price in vendor.prices:
        values = msgspec.structs.asdict(price)
        place = {
            name: values.pop(name) for name in ("model", "effective_from", "above_input_tokens")
        }
        _, new = Price.objects.get_or_create(provider=provider, **place, defaults=values)
        made |= new
    return made


def _intents() -> None:
    for position, shipped in enumerate(SHIPPED_INTENTS):
        row = Intent.objects.create(
            name=shipped["name"],
            label=INTENT_LABELS[shipped["name"]],
            description=shipped["description"],
            examples="\n".join(shipped["examples"]),
            position=position,
        )
        IntentRule.objects.bulk_create(IntentRule(intent=row, **rule) for rule in shipped["rules"])


def _ladders() -> None:
    deployments = {row.name: row for row in Deployment.objects.select_related("provider")}
    for name, shipped in LADDERS.items():
        ladder = Ladder.objects.create(
            name=name,
            intent=Intent.objects.filter(name=name).first(),
            cache_ttl_s=shipped.cache_ttl_s,
            web_search=shipped.web_search,
        )
        policy_tables.set_rungs(ladder, [deployments[rung] for rung in shipped.rungs])
