"""What this process forgets of deployments and keys when staff save them."""

import msgspec
import pytest

from routing.providers.errors import ParameterRefused, ServerError
from routing.services.health import Health
from routing.services.snapshot_types import Snapshot
from tests.routing.climbing import Clock, Site


@pytest.fixture
def health() -> Health:
    return Health(Clock(), jitter=lambda: 1.0)


class TestASaveByStaff:
    @pytest.fixture
    def before(self, simulator) -> Snapshot:
        return Site(simulator).decide("openai/one", "kimi/two").snapshot

    def sick(self, health: Health) -> None:
        for name in ("openai/one", "kimi/two"):
            health.failed(health.begin(name), ParameterRefused("stream_options"))
            for _ in range(5):
                health.failed(health.begin(name), ServerError())
        health.cool_key(1)
        health.cool_key(2)

    @pytest.mark.anyio
    async def test_of_one_model_resets_that_model_alone(self, health: Health, before: Snapshot):
        health.follow(before)
        self.sick(health)
        saved = msgspec.structs.replace(before.deployments["openai/one"], changed="later")

        health.follow(
            msgspec.structs.replace(
                before, revision=2, deployments={**before.deployments, "openai/one": saved}
            )
        )

        assert health.outage("openai/one") is None
        assert health.refused_parameters("openai/one") == frozenset()
        assert health.outage("kimi/two") is not None
        assert health.key_cools_s(1) > 0

    @pytest.mark.anyio
    async def test_of_one_key_resets_that_key_alone(self, health: Health, before: Snapshot):
        health.follow(before)
        self.sick(health)
        saved = msgspec.structs.replace(before.keys["openai"][0], changed="later")

        health.follow(
            msgspec.structs.replace(before, revision=2, keys={**before.keys, "openai": (saved,)})
        )

        assert health.key_cools_s(saved.id) == 0
        assert health.key_cools_s(2) > 0
        assert health.outage("openai/one") is not None

    @pytest.mark.anyio
    async def test_of_something_else_resets_nothing(self, health: Health, before: Snapshot):
        health.follow(before)
        self.sick(health)

        health.follow(msgspec.structs.replace(before, revision=2))

        assert health.outage("openai/one") is not None
        assert health.key_cools_s(1) > 0
