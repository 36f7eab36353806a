"""What must be in the tables before the first message? Makes what is missing, touches nothing else.

It runs at every start, so it never overwrites what staff changed. A shipped row that staff deleted
would come back; they switch it off instead.
"""

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from routing.catalogue.intents import SHIPPED_INTENTS
from routing.catalogue.ladders import INTENT_LABELS, LADDERS, PERSONA
from routing.catalogue.prices import PRICES
from routing.catalogue.providers import DEPLOYMENTS, PROVIDERS
from routing.catalogue.roles import ROLES
from routing.models import (
    Deployment,
    Intent,
    IntentRule,
    Ladder,
    Policy,
    PolicyVersion,
    Price,
    Provider,
    ProviderKey,
    Revision,
)
from routing.services import credentials, policy

ENVIRONMENT_LABEL = "from the environment"


@transaction.atomic
def seed() -> None:
    """Providers, models, prices, intents, ladders, roles, the environment's keys, and version 1."""
    fresh = not PolicyVersion.objects.exists()
    _providers()
    _environment_keys()
    if fresh:
        # Later starts leave all of these alone: they are the policy, and have versions.
        Policy.objects.get_or_create(id=1, defaults={"persona": PERSONA})
        _intents()
        _ladders()
        policy.publish(author=None)
    _roles()


def _providers() -> None:
    made = False
    for shipped in PROVIDERS:
        _, new = Provider.objects.get_or_create(
            slug=shipped.slug,
            defaults={
                "name": shipped.name,
                "wire": shipped.wire,
                "base_url": shipped.base_url,
                "needs_key": shipped.needs_key,
            },
        )
        made |= new
    providers = {row.slug: row for row in Provider.objects.all()}
    for model in DEPLOYMENTS:
        _, new = Deployment.objects.get_or_create(
            provider=providers[model.provider],
            model=model.model,
            defaults={
                "label": model.label,
                "context_window": model.context_window,
                "max_output_tokens": model.max_output_tokens,
                "first_token_timeout_s": model.first_token_timeout_s,
                "max_concurrency": model.max_concurrency,
                "offered": model.offered,
                "demo": model.demo,
            },
        )
        made |= new
    made |= _prices(providers)
    if made:
        Revision.bump()


def _prices(providers: dict[str, Provider]) -> bool:
    made = False
    for price in PRICES:
        _, new = Price.objects.get_or_create(
            provider=providers[price.provider],
            model=price.model,
            effective_from=price.effective_from,
            above_input_tokens=price.above_input_tokens,
            defaults={
                "input_usd": price.input_usd,
                "cached_input_usd": price.cached_input_usd,
                "cache_write_usd": price.cache_write_usd,
                "output_usd": price.output_usd,
                "search_usd": price.search_usd,
            },
        )
        made |= new
    return made


def _environment_keys() -> None:
    """One row for each key that the environment names; the key itself stays there."""
    for slug, value in settings.ENV_KEYS.items():
        provider = Provider.objects.get(slug=slug)
        rows = ProviderKey.objects.filter(provider=provider, source=ProviderKey.Source.ENVIRONMENT)
        if not value:
            rows.delete()
        elif not rows.exists():
            ProviderKey.objects.create(
                provider=provider,
                label=ENVIRONMENT_LABEL,
                source=ProviderKey.Source.ENVIRONMENT,
                last_four=credentials.last_four(value),
            )
        else:
            rows.update(last_four=credentials.last_four(value))
        # The key may have changed though no row did.
        Revision.bump()


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
        )
        policy.set_rungs(ladder, [deployments[rung] for rung in shipped.rungs])


def _roles() -> None:
    """Groups for staff. One that exists is left as it is."""
    for name, codenames in ROLES.items():
        group, new = Group.objects.get_or_create(name=name)
        if new:
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="routing", codename__in=codenames)
            )
