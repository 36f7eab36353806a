"""The list of models tells whether a vendor is well: it fails while the vendor's calls do."""

import asyncio

import httpx
import pytest

pytestmark = pytest.mark.anyio

VENDORS = ["openai", "gemini", "perplexity", "kimi"]


@pytest.fixture
def models(client, simulator):
    async def get(vendor, key="test-key") -> httpx.Response:
        headers = {"authorization": f"Bearer {key}", "x-goog-api-key": key}
        return await client.get(f"{simulator.base_url(vendor)}/models", headers=headers)

    return get


class TestTheListOfModels:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_is_there_without_an_outage(self, models, vendor):
        heard = await models(vendor)

        assert heard.status_code == 200
        assert heard.json().get("data") or heard.json().get("models")

    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("behaviour", ["500", "503", "403", "429-header3", "error"])
    async def test_is_refused_as_the_vendors_calls_are(
        self, simulator, models, ask, vendor, behaviour
    ):
        simulator.outage(vendor, behaviour)

        listed, called = await models(vendor), await ask(vendor, "any", stream=False)

        if behaviour == "error":
            assert (listed.status_code, called.status) == (500, 200)
        else:
            assert listed.status_code == called.status >= 400
        assert set(listed.json()) == {"error"}

    @pytest.mark.parametrize("behaviour", ["400", "404", "toolong", "truncated", "badevent"])
    async def test_is_there_while_only_calls_are_refused_for_what_they_ask(
        self, simulator, models, behaviour
    ):
        simulator.outage("openai", behaviour)

        assert (await models("openai")).status_code == 200

    @pytest.mark.parametrize(
        "behaviour", ["refused", "refused-close", "cut", "cut-abrupt", "reset-after3"]
    )
    async def test_gets_no_answer_from_a_vendor_that_breaks_connections(
        self, simulator, models, behaviour
    ):
        simulator.outage("openai", behaviour)

        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await models("openai")
        await simulator.settled()
        assert simulator.log[0].served.status is None

    @pytest.mark.parametrize("behaviour", ["stall", "slowheaders", "slowtoken"])
    async def test_meets_silence_at_a_vendor_that_is_silent(self, simulator, models, behaviour):
        simulator.outage("openai", behaviour)

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(models("openai"), 0.2)
        await simulator.settled()
        assert simulator.log[0].served.status is None

    async def test_comes_late_from_a_slow_vendor(self, simulator, models):
        simulator.outage("openai", "slowheaders-wait50")

        assert (await models("openai")).status_code == 200

    async def test_is_there_again_after_the_outage(self, simulator, models):
        simulator.outage("openai", "503")
        assert (await models("openai")).status_code == 503
        simulator.outage("openai", None)

        assert (await models("openai")).status_code == 200

    async def test_is_one_of_the_requests_that_a_flaky_outage_counts(self, simulator, models):
        simulator.outage("openai", "flaky-2-503")

        assert [(await models("openai")).status_code for _ in range(3)] == [503, 503, 200]

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_wants_a_good_key(self, models, vendor):
        assert (await models(vendor, "bad-key")).status_code >= 400

    async def test_is_told_from_a_call_in_the_log(self, simulator, models, ask):
        await models("openai")
        await ask("openai", "sim-ok-pace0")

        assert [entry.method for entry in simulator.log] == ["GET", "POST"]


class TestAnOutageOfOneKey:
    async def test_leaves_the_vendors_other_keys_alone(self, client, models, ask):
        out = {"vendor": "openai", "behaviour": "401", "key": "2222"}
        told = await client.post("/control/outage", json=out)

        answers = [await ask("openai", "sim-ok-pace0", key=key) for key in ("key-1111", "key-2222")]

        assert told.json() == {"openai/2222": "401"}
        assert [heard.status for heard in answers] == [200, 401]
        assert (await models("openai", "key-2222")).status_code == 401
        assert (await models("openai", "key-1111")).status_code == 200

    async def test_comes_before_that_of_its_vendor(self, simulator, ask):
        simulator.outage("openai", "503")
        simulator.outage("openai", "401", key="2222")

        assert (await ask("openai", "any", key="key-2222")).status == 401
        assert (await ask("openai", "any", key="key-1111")).status == 503

    async def test_ends_by_itself(self, simulator, ask):
        simulator.outage("openai", "503")
        simulator.outage("openai", "401", key="2222")
        simulator.outage("openai", None, key="2222")

        assert simulator.outages == {"openai": "503"}
