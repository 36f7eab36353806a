"""The ladders as they ship: one key of any vendor is enough for every kind of message."""

import pytest

from routing.models import Intent, Ladder
from routing.seeding import seed
from routing.services.context import History
from routing.services.decide import decide
from routing.services.health import Health

VENDORS = ("openai", "gemini", "perplexity", "kimi")


def intents() -> list[str]:
    return list(Intent.objects.values_list("name", flat=True))


class TestShippedLadders:
    @pytest.mark.parametrize("vendor", VENDORS)
    def test_are_all_served_by_any_single_key(self, installation, settings, vendor: str):
        settings.ENV_KEYS = {vendor: "test-key"}
        seed()
        snapshot = installation.refresh(force=True)

        served = {}
        for intent in intents():
            decision = decide(
                snapshot=snapshot,
                health=Health(),
                prompt="anything",
                history=History(),
                ladder=intent,
            )
            served[intent] = [candidate.deployment.provider for candidate in decision.order()]

        assert len(served) == 6
        assert served == {intent: [vendor] for intent in served}

    def test_all_hold_every_vendor_and_end_with_the_local_model(self, installation):
        for intent in intents():
            rungs = Ladder.objects.get(name=intent).rungs.select_related("deployment__provider")
            providers = [rung.deployment.provider.slug for rung in rungs]

            assert providers[-1] == "local"
            assert set(VENDORS) <= set(providers)
