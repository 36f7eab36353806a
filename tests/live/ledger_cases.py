"""Ladders and prices for the thousand turns: "ledger cut3, please" is answered by the ladder below.

Run inside a site by `manage.py shell`.
"""

from datetime import UTC, datetime
from decimal import Decimal

from tests.live.ledger import (
    DATED,
    EMPTY,
    KEPT,
    LONG,
    PLAIN,
    RATES,
    TIERED,
    UNPRICED,
    VENDORS,
)

SAFE = f"kimi/{PLAIN}"
CASES: dict[str, tuple[str, ...]] = {
    **{f"plain{n}": (f"{vendor}/{PLAIN}", SAFE) for n, vendor in enumerate(VENDORS)},
    "tiered": (f"openai/{TIERED}",),
    "dated": (f"kimi/{DATED}",),
    "unpriced": (f"gemini/{UNPRICED}",),
    "kept": (f"openai/{KEPT}",),
    "long0": (f"openai/{LONG}",),
    "long1": (f"gemini/{LONG}",),
    "thinks": ("kimi/sim-reasoning-tokens10-pace0",),
    "silent": ("openai/sim-nousage-tokens10-pace0",),
    "limit": ("openai/sim-truncated-pace0",),
    "empty0": (f"gemini/{EMPTY}", SAFE),
    "empty1": (f"perplexity/{EMPTY}", SAFE),
    "flaky": ("openai/sim-flaky-9-503-pace0-tokens9", SAFE),
    "busy": ("openai/sim-503-tagbusy", "gemini/sim-429-none-tagbusy", SAFE),
    "dead": ("openai/sim-404-tagdead",),
    "refused": ("openai/sim-refused-tagreset", SAFE),
    "filtered": ("openai/sim-filtered-prompt-tagledger",),
    **{
        f"cut{at}": (f"{vendor}/sim-cut-after3-pace0-tag{n}", SAFE)
        for at, (vendor, n) in enumerate((vendor, n) for vendor in VENDORS for n in "12")
    },
    **{f"error{n}": (f"gemini/sim-error-after2-pace0-tag{n}", SAFE) for n in "12"},
}


def add_cases() -> None:
    """Make the intents, deployments, ladders and prices, and publish them."""
    from routing.models import (  # noqa: PLC0415
        Deployment,
        Intent,
        IntentRule,
        Ladder,
        Price,
        Provider,
        Rung,
    )
    from routing.services import policy  # noqa: PLC0415

    providers = {row.slug: row for row in Provider.objects.all()}
    for position, (name, rungs) in enumerate(CASES.items(), start=500):
        intent = Intent.objects.create(name=f"ledger_{name}", label=name, position=position)
        IntentRule.objects.create(
            intent=intent, kind="pattern", text=rf"^ledger {name}\b", weight=10
        )
        ladder = Ladder.objects.create(
            name=intent.name, intent=intent, cache_ttl_s=3600 if name == "kept" else 0
        )
        for place, full in enumerate(rungs):
            vendor, _, model = full.partition("/")
            deployment, _ = Deployment.objects.get_or_create(
                provider=providers[vendor],
                model=model,
                defaults={"label": model, "context_window": 400_000, "max_output_tokens": 100_000},
            )
            Rung.objects.create(ladder=ladder, deployment=deployment, position=place)
    Price.objects.bulk_create(
        Price(
            provider=providers[rate.vendor],
            model=rate.model,
            effective_from=datetime(rate.since, 1, 1, tzinfo=UTC),
            above_input_tokens=rate.above,
            input_usd=Decimal(rate.input),
            cached_input_usd=None if rate.cached is None else Decimal(rate.cached),
            output_usd=Decimal(rate.output),
        )
        for rate in RATES
    )
    policy.publish(author=None)
