"""A prepared reply goes out word for word, to the requests it is meant for."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from routing.simulator import Prepared, When

pytestmark = pytest.mark.anyio

VENDORS = ["openai", "gemini", "perplexity", "kimi"]
WORDS = '{"error":{"message":"Ein Wort für Wort.\\n", "code":"odd"}}\n'
SYSTEM: dict[str, dict[str, Any]] = {
    "openai": {"messages": [{"role": "system", "content": "x"}]},
    "kimi": {"messages": [{"role": "system", "content": "x"}]},
    "perplexity": {"instructions": "x"},
    "gemini": {"systemInstruction": {"parts": [{"text": "x"}]}},
}


@pytest.fixture
def prepare(client):
    async def post(**prepared) -> httpx.Response:
        return await client.post("/control/reply", json={"vendor": "openai", **prepared})

    return post


class TestAPreparedReply:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_is_sent_as_it_was_written(self, prepare, ask, vendor):
        await prepare(
            vendor=vendor,
            status=422,
            headers={"Content-Type": "text/html", "X-Odd": "1"},
            body=WORDS,
        )

        heard = await ask(vendor, "gpt-6-luna")

        assert (heard.status, heard.body) == (422, WORDS.encode())
        assert (heard.headers["content-type"], heard.headers["x-odd"]) == ("text/html", "1")

    async def test_is_json_where_no_header_says_otherwise(self, prepare, ask):
        await prepare(status=400, body=WORDS)

        assert (await ask("openai", "any")).headers["content-type"] == "application/json"

    @pytest.mark.parametrize("status", [402, 499, 520, 529])
    async def test_may_have_a_status_that_no_standard_names(self, prepare, ask, status):
        await prepare(status=status)

        assert (await ask("openai", "any")).status == status

    async def test_leaves_other_vendors_alone(self, prepare, ask):
        await prepare(status=400)

        assert (await ask("kimi", "sim-ok-pace0")).status == 200

    async def test_is_given_so_many_times(self, prepare, ask):
        await prepare(status=400, times=2)

        statuses = [(await ask("openai", "sim-ok-pace0")).status for _ in range(3)]
        assert statuses == [400, 400, 200]

    async def test_is_given_until_it_is_taken_back(self, prepare, ask, client):
        await prepare(status=400, times=None)
        statuses = [(await ask("openai", "sim-ok-pace0")).status for _ in range(3)]
        await client.delete("/control/reply")

        assert statuses == [400, 400, 400]
        assert (await ask("openai", "sim-ok-pace0")).status == 200

    async def test_is_taken_back_when_everything_is_forgotten(self, simulator, ask):
        simulator.reply(Prepared(vendor="openai", status=400))
        simulator.forget()

        assert (await ask("openai", "sim-ok-pace0")).status == 200

    async def test_waits_for_those_before_it(self, simulator, ask):
        simulator.reply(Prepared(vendor="openai", status=400, times=1))
        simulator.reply(Prepared(vendor="openai", status=402, times=1))

        statuses = [(await ask("openai", "sim-ok-pace0")).status for _ in range(3)]
        assert statuses == [400, 402, 200]

    async def test_comes_before_an_outage_and_before_the_key_is_looked_at(self, simulator, ask):
        simulator.outage("openai", "503")
        simulator.reply(Prepared(vendor="openai", status=418))

        assert (await ask("openai", "any", key="bad-key")).status == 418

    async def test_is_not_for_the_list_of_models(self, simulator, client):
        simulator.reply(Prepared(vendor="openai", status=400))

        listed = await client.get("/openai/v1/models", headers={"authorization": "Bearer k"})
        assert listed.status_code == 200

    async def test_is_named_in_the_log_with_what_was_asked(self, simulator, ask):
        simulator.reply(Prepared(vendor="openai", status=400))
        await ask("openai", "gpt-6-luna", "one two", key="test-key-1234")

        (entry,) = simulator.log
        assert (entry.behaviour, entry.served.status) == ("prepared", 400)
        assert (entry.model, entry.prompt_tokens, entry.key_last_four) == ("gpt-6-luna", 2, "1234")
        assert entry.done_at is not None

    async def test_is_listed_with_the_times_that_are_left(self, prepare, ask, client):
        await prepare(status=400, times=3)
        await ask("openai", "any")

        (left,) = (await client.get("/control/reply")).json()
        assert (left["vendor"], left["status"], left["times"]) == ("openai", 400, 2)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"vendor": "nobody"},
            {"status": 99},
            {"times": 0},
            {"ending": "bang"},
            {"when": {"model": "x"}},
            {"pauses": 3},
        ],
    )
    async def test_that_cannot_be_is_refused(self, prepare, wrong):
        told = await prepare(**wrong)

        assert told.status_code == 400
        assert told.json()["error"]


class TestItsCondition:
    async def test_may_be_a_field_of_the_body(self, prepare, ask):
        await prepare(status=400, when={"has": "stream_options"})

        with_it = await ask("openai", "sim-ok-pace0", stream_options={})
        assert (with_it.status, (await ask("openai", "sim-ok-pace0")).status) == (400, 200)

    async def test_may_be_a_field_inside_another(self, prepare, ask):
        await prepare(vendor="gemini", status=400, when={"has": "generationConfig.maxOutputTokens"})

        capped = await ask("gemini", "sim-ok-pace0", generationConfig={"maxOutputTokens": 5})
        free = await ask("gemini", "sim-ok-pace0", generationConfig={})
        assert (capped.status, free.status) == (400, 200)

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_may_be_a_role_among_the_messages(self, prepare, ask, vendor):
        await prepare(vendor=vendor, status=422, when={"role": "system"})

        with_it = await ask(vendor, "sim-ok-pace0", **SYSTEM[vendor])
        assert (with_it.status, (await ask(vendor, "sim-ok-pace0")).status) == (422, 200)

    async def test_may_be_the_end_of_the_key(self, prepare, ask):
        await prepare(status=401, when={"key": "2222"})

        answers = [await ask("openai", "sim-ok-pace0", key=key) for key in ("key-1111", "key-2222")]
        assert [heard.status for heard in answers] == [200, 401]

    async def test_holds_as_a_whole(self, simulator, ask):
        simulator.reply(
            Prepared(vendor="openai", status=400, when=When(has="seed", key="2222"), times=1)
        )

        assert (await ask("openai", "sim-ok-pace0", key="key-2222")).status == 200
        assert (await ask("openai", "sim-ok-pace0", key="key-2222", seed=1)).status == 400


class TestAPreparedStream:
    CHUNKS = ("data: {}\n\n", "data: half an ev")

    async def test_is_an_event_stream_of_these_pieces(self, simulator, ask):
        simulator.reply(Prepared(vendor="openai", chunks=self.CHUNKS))

        heard = await ask("openai", "any")

        assert heard.headers["content-type"] == "text/event-stream"
        assert (heard.status, heard.body, heard.broke) == (200, b"data: {}\n\ndata: half an ev", "")

    async def test_pauses_between_its_pieces(self, simulator, ask):
        simulator.reply(Prepared(vendor="openai", chunks=("a", "b", "c"), pause_ms=60))

        begun = time.monotonic()
        assert (await ask("openai", "any")).body == b"abc"
        assert time.monotonic() - begun >= 0.12

    @pytest.mark.parametrize(
        ("ending", "broke"), [("close", "RemoteProtocolError"), ("reset", "ReadError")]
    )
    @pytest.mark.parametrize("whole", [True, False])
    async def test_may_end_with_its_connection(self, simulator, ask, ending, broke, whole):
        said = {"body": "data: {}\n\n"} if whole else {"chunks": ("data: {}\n\n",)}
        simulator.reply(Prepared(vendor="openai", ending=ending, **said))

        heard = await ask("openai", "any")

        assert (heard.body, heard.broke) == (b"data: {}\n\n", broke)

    async def test_may_end_in_silence_until_the_peer_leaves(self, simulator, ask):
        simulator.reply(Prepared(vendor="openai", chunks=("data: {}\n\n",), ending="silence"))
        request = ask.request("openai", "any", "hello", True, "test-key", {})

        response = await ask.client.send(request, stream=True)
        raw = response.aiter_raw()
        assert await anext(raw) == b"data: {}\n\n"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(raw), 0.2)
        await response.aclose()
        await asyncio.wait_for(simulator.settled(), 5)

        assert simulator.log[0].peer_left_at is not None

    async def test_can_be_read_as_json_by_the_control_path(self, client):
        prepared = {"vendor": "kimi", "chunks": ["a", "b"], "pause_ms": 5, "ending": "silence"}

        (listed,) = (await client.post("/control/reply", content=json.dumps(prepared))).json()
        assert listed["chunks"] == ["a", "b"]
