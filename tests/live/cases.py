"""Ladders made for tests: "case cut, please" is answered by the ladder named below.

Run inside a site by `manage.py shell`; every name is a model that the simulator plays.
"""

from datetime import UTC, datetime

PACE = "pace2"
OK = f"kimi/sim-ok-tokens40-{PACE}"
LASTING = (3, 6, 10, 24, 40, 90)
"""Seconds that the replies of "case lasts3" to "case lasts90" take, four deltas in each."""
CASES: dict[str, tuple[str, ...]] = {
    "plain": ("openai/sim-ok-tokens60-pace2",),
    "long": ("openai/sim-ok-tokens300-pace6",),
    **{f"lasts{s}": (f"openai/sim-ok-tokens{8 * s}-pace250",) for s in LASTING},
    "endless": ("openai/sim-ok-tokens4000-pace20",),
    "huge": ("openai/sim-ok-tokens90000-pace0",),
    "cut": ("openai/sim-cut-after5", OK),
    "broken": ("openai/sim-cut-after5-tagx2", OK),
    "busy": ("openai/sim-503", OK),
    "dead": ("openai/sim-404-tagx4",),
    "filter": ("openai/sim-filtered-prompt",),
    "limit": ("openai/sim-truncated",),
    "echo": ("openai/sim-echo-pace0",),
    "context": ("openai/sim-context",),
    "code": ("openai/sim-code-pace20",),
    "kept": ("openai/sim-ok-tokens30-pace0-tagx5",),
}
VENDORS = ("openai", "gemini", "perplexity", "kimi")
for _vendor in VENDORS:
    CASES[f"priced_{_vendor}"] = (f"{_vendor}/sim-ok-tokens40-cached-pace0",)
    # Both errors repeat the key and the message; the kept call goes to the last rung.
    CASES[f"leaky_{_vendor}"] = (
        f"{_vendor}/sim-401-leaky",
        f"{_vendor}/sim-500-leaky",
        "openai/sim-echo-pace0",
    )
    CASES[f"short_{_vendor}"] = (f"{_vendor}/sim-truncated-pace0",)
PRICE = {"input_usd": "2", "cached_input_usd": "0.2", "output_usd": "10"}
"""USD per million tokens of every `priced` model."""
INTERRUPTS = {"broken"}
KEPT = {"kept": 3600, "lasts3": 3600, "lasts6": 3600}


def add_cases() -> None:
    """Make the intents, deployments and ladders, and publish them."""
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

    for position, (name, rungs) in enumerate(CASES.items(), start=100):
        intent = Intent.objects.create(name=f"case_{name}", label=f"case {name}", position=position)
        IntentRule.objects.create(intent=intent, kind="pattern", text=rf"^case {name}\b", weight=10)
        ladder = Ladder.objects.create(
            name=intent.name,
            intent=intent,
            on_break="interrupt" if name in INTERRUPTS else "restart",
            cache_ttl_s=KEPT.get(name, 0),
        )
        for place, full in enumerate(rungs):
            provider, _, model = full.partition("/")
            deployment, _ = Deployment.objects.get_or_create(
                provider=Provider.objects.get(slug=provider),
                model=model,
                defaults={
                    "label": model,
                    "context_window": 400_000,
                    "max_output_tokens": 100_000,
                    "offered": full == OK,
                },
            )
            Rung.objects.create(ladder=ladder, deployment=deployment, position=place)
    for vendor in VENDORS:
        Price.objects.create(
            provider=Provider.objects.get(slug=vendor),
            model="sim-ok-tokens40-cached-pace0",
            effective_from=datetime(2026, 1, 1, tzinfo=UTC),
            **PRICE,
        )
    policy.publish(author=None)
