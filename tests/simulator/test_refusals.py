"""Refusals of one part of a request, or of the account, in the vendor's own words and status."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

HOLDS: dict[tuple[str, str], dict[str, Any]] = {
    ("openai", "streamoptions"): {"stream_options": {"include_usage": True}},
    ("openai", "maxtokens"): {"max_completion_tokens": 50},
    ("openai", "system"): {"messages": [{"role": "system", "content": "x"}]},
    ("kimi", "streamoptions"): {"stream_options": {"include_usage": True}},
    ("kimi", "maxtokens"): {"max_tokens": 50},
    ("kimi", "system"): {"messages": [{"role": "system", "content": "x"}]},
    ("perplexity", "streamoptions"): {"stream_options": {"include_usage": True}},
    ("perplexity", "maxtokens"): {"max_output_tokens": 50},
    ("perplexity", "system"): {"instructions": "x"},
    ("gemini", "maxtokens"): {"generationConfig": {"maxOutputTokens": 50}},
    ("gemini", "system"): {"systemInstruction": {"parts": [{"text": "x"}]}},
}
"""What a request must hold to be refused."""


class TestARefusalOfOneField:
    @pytest.mark.parametrize(("vendor", "kind"), HOLDS)
    async def test_lasts_while_the_request_holds_it(self, ask, vendor, kind):
        model = f"sim-400-{kind}-pace0"

        refused = await ask(vendor, model, **HOLDS[vendor, kind])
        answered = await ask(vendor, model)

        assert refused.status == (422 if vendor == "perplexity" else 400)
        assert answered.status == 200

    @pytest.mark.parametrize(
        ("kind", "param"),
        [
            ("streamoptions", "stream_options"),
            ("maxtokens", "max_completion_tokens"),
            ("system", "messages[0].role"),
        ],
    )
    async def test_names_it_where_openai_does(self, ask, kind, param):
        heard = await ask("openai", f"sim-400-{kind}", **HOLDS["openai", kind])

        assert heard.json["error"]["param"] == param
        assert param in heard.json["error"]["message"]

    @pytest.mark.parametrize(
        ("vendor", "kind", "word"),
        [
            ("kimi", "streamoptions", "unknown field: stream_options"),
            ("kimi", "maxtokens", "max_tokens is not supported"),
            ("gemini", "maxtokens", "maxOutputTokens value of 50 but the supported range is"),
            ("gemini", "system", "Developer instruction is not enabled"),
            ("perplexity", "maxtokens", "max_output_tokens must be <="),
        ],
    )
    async def test_is_told_by_the_message_alone_elsewhere(self, ask, vendor, kind, word):
        heard = await ask(vendor, f"sim-400-{kind}", **HOLDS[vendor, kind])

        assert word in heard.json["error"]["message"]
        assert "param" not in heard.json["error"]

    async def test_may_come_as_a_list_of_details(self, ask):
        heard = await ask(
            "perplexity", "sim-400-streamoptions", **HOLDS["perplexity", "streamoptions"]
        )

        assert heard.json["detail"][0]["loc"] == ["body", "stream_options"]

    async def test_may_be_an_outage_of_a_whole_vendor(self, ask, simulator):
        simulator.outage("openai", "400-streamoptions")

        refused = await ask("openai", "gpt-6-luna", **HOLDS["openai", "streamoptions"])
        assert (refused.status, (await ask("openai", "sim-ok-pace0")).status) == (400, 200)


class TestARefusalOfTheAccount:
    @pytest.mark.parametrize(
        ("vendor", "kind", "word"),
        [
            ("openai", "verify", "organization must be verified"),
            ("openai", "billing", "billing_hard_limit_reached"),
            ("openai", "budget", "budget_exceeded"),
            ("gemini", "billing", "FAILED_PRECONDITION"),
        ],
    )
    async def test_is_a_400_in_the_vendors_words(self, ask, vendor, kind, word):
        heard = await ask(vendor, f"sim-400-{kind}")

        assert heard.status == 400
        assert word in heard.body.decode()

    @pytest.mark.parametrize(
        ("vendor", "kind"),
        [("kimi", "verify"), ("gemini", "streamoptions"), ("perplexity", "budget")],
    )
    async def test_that_the_vendor_does_not_know_is_named(self, ask, vendor, kind):
        heard = await ask(vendor, f"sim-400-{kind}")

        assert f"'400-{kind}'" in heard.json["error"]["message"]
