"""What the simulator remembers, and what can be asked of it from outside."""

import time

import pytest

from routing.simulator.behaviours import Unreadable

pytestmark = pytest.mark.anyio


class TestTheLog:
    async def test_tells_what_was_asked_and_what_was_served(self, ask, client):
        begun = time.time()
        await ask("perplexity", "sim-ok-tokens6-pace0", "one two three", key="test-key-1234")

        (entry,) = (await client.get("/control/log")).json()
        assert entry["n"] == 1
        assert begun <= entry["at"] <= entry["done_at"] <= time.time()
        assert entry["path"] == "/perplexity/v1/responses"
        asked = ("vendor", "model", "stream", "behaviour", "messages", "prompt_tokens")
        assert [entry[name] for name in asked] == [
            "perplexity",
            "sim-ok-tokens6-pace0",
            True,
            "ok",
            1,
            3,
        ]
        assert entry["served"] == {
            "status": 200,
            "text": entry["served"]["text"],
            "deltas": 3,
            "usage": {
                "input_tokens": 3,
                "output_tokens": 6,
                "cached_tokens": 0,
                "reasoning_tokens": 0,
            },
            "finish": "stop",
            "cost_usd": 0.00251575,
        }
        assert entry["peer_left_at"] is None

    async def test_shows_four_characters_of_a_key_and_no_more(self, ask, client):
        await ask("openai", "sim-ok-pace0", key="test-key-1234")

        raw = (await client.get("/control/log")).text
        assert '"key_last_four":"1234"' in raw
        assert "test-key" not in raw

    async def test_shows_nothing_of_a_short_key(self, ask, simulator):
        await ask("openai", "sim-ok-pace0", key="short")

        assert simulator.log[0].key_last_four is None

    async def test_names_the_behaviour_of_a_refusal(self, ask, simulator):
        await ask("openai", "sim-429-header3")

        entry = simulator.log[0]
        assert (entry.behaviour, entry.served.status) == ("429-header", 429)

    async def test_knows_a_call_whose_key_was_refused(self, ask, simulator):
        await ask("openai", "gpt-6-luna", key="bad-key")

        assert (simulator.log[0].behaviour, simulator.log[0].served.status) == ("401", 401)

    async def test_can_be_emptied(self, ask, client):
        await ask("openai", "sim-503")
        await client.delete("/control/log")

        assert (await client.get("/control/log")).json() == []

    async def test_emptied_makes_flaky_models_fail_again(self, ask, client):
        await ask("openai", "sim-flaky-1-503")
        await client.delete("/control/log")

        assert (await ask("openai", "sim-flaky-1-503")).status == 503


class TestAnOutage:
    async def test_gives_a_whole_vendor_one_behaviour(self, ask, client):
        await client.post("/control/outage", json={"vendor": "openai", "behaviour": "503"})

        assert (await ask("openai", "gpt-6-luna")).status == 503
        assert (await ask("kimi", "kimi-k3.1-pro")).status == 200

    async def test_ends_with_null(self, ask, client):
        await client.post("/control/outage", json={"vendor": "openai", "behaviour": "503"})
        ended = await client.post("/control/outage", json={"vendor": "openai", "behaviour": None})

        assert ended.json() == {}
        assert (await ask("openai", "gpt-6-luna")).status == 200

    async def test_may_pass_after_some_calls(self, ask, simulator):
        simulator.outage("openai", "flaky-1-503")

        answers = [await ask("openai", model) for model in ("gpt-6-luna", "gpt-6.1-sol")]

        assert [heard.status for heard in answers] == [503, 200]

    @pytest.mark.parametrize(
        "body",
        [
            {"vendor": "nobody", "behaviour": "503"},
            {"vendor": "openai", "behaviour": "stal"},
            {"vendor": "openai"},
        ],
    )
    async def test_that_cannot_be_is_refused(self, client, body):
        heard = await client.post("/control/outage", json=body)

        assert heard.status_code == 400
        assert heard.json()["error"]

    async def test_in_process_raises_on_an_unknown_behaviour(self, simulator):
        with pytest.raises(Unreadable):
            simulator.outage("openai", "stal")

    async def test_of_nobody_is_listed_as_nothing(self, client):
        assert (await client.get("/control/outage")).json() == {}


class TestAnUnknownControlPath:
    async def test_is_not_found(self, client):
        assert (await client.get("/control/nothing")).status_code == 404
