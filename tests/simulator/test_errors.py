"""Every refusal is worded, and delayed, as its vendor does it."""

import re
import time
from email.utils import parsedate_to_datetime

import pytest

pytestmark = pytest.mark.anyio

VENDORS = ["openai", "gemini", "perplexity", "kimi"]


class TestTheKey:
    @pytest.mark.parametrize(
        ("vendor", "status"), [("openai", 401), ("kimi", 401), ("perplexity", 401), ("gemini", 403)]
    )
    async def test_is_missed(self, ask, vendor, status):
        heard = await ask(vendor, "gpt-6-luna", key=None)

        assert heard.status == status
        assert heard.json["error"]["message"]

    @pytest.mark.parametrize(
        ("vendor", "status", "word"),
        [
            ("openai", 401, "invalid_api_key"),
            ("kimi", 401, "invalid_authentication_error"),
            ("perplexity", 401, "invalid_api_key"),
            ("gemini", 400, "API_KEY_INVALID"),
        ],
    )
    @pytest.mark.parametrize("way", ["bad-key", "sim-401"])
    async def test_is_refused(self, ask, vendor, status, word, way):
        if way == "bad-key":
            heard = await ask(vendor, "gpt-6-luna", key="bad-key")
        else:
            heard = await ask(vendor, way)

        assert heard.status == status
        assert word in heard.body.decode()


class TestALeakyError:
    @pytest.mark.parametrize("vendor", VENDORS)
    @pytest.mark.parametrize("way", ["sim-401-leaky", "sim-500-leaky"])
    async def test_repeats_the_key_and_the_message(self, ask, vendor, way):
        heard = await ask(vendor, way, "planted words", key="planted-key")

        assert heard.status >= 400
        assert "planted-key" in heard.json["error"]["message"]
        assert "planted words" in heard.json["error"]["message"]


class TestAStatus:
    @pytest.mark.parametrize(
        ("vendor", "behaviour", "status", "word"),
        [
            ("openai", "400", 400, "unsupported_value"),
            ("openai", "403", 403, "unsupported_country_region_territory"),
            ("openai", "404", 404, "model_not_found"),
            ("openai", "500", 500, "server_error"),
            ("openai", "503", 503, "overloaded"),
            ("openai", "toolong", 400, "context_length_exceeded"),
            ("kimi", "400", 400, "invalid temperature"),
            ("kimi", "403", 403, "permission_denied_error"),
            ("kimi", "404", 404, "resource_not_found_error"),
            ("kimi", "500", 500, "server_error"),
            ("kimi", "503", 503, "unavailable"),
            ("kimi", "toolong", 400, "exceeded model token limit"),
            ("gemini", "403", 403, "PERMISSION_DENIED"),
            ("gemini", "404", 404, "NOT_FOUND"),
            ("gemini", "500", 500, "INTERNAL"),
            ("gemini", "503", 503, "UNAVAILABLE"),
            ("gemini", "toolong", 400, "exceeds the maximum number of tokens"),
            ("perplexity", "404", 400, "invalid_model"),
            ("perplexity", "500", 500, "internal_error"),
            ("perplexity", "503", 503, "overloaded"),
            ("perplexity", "toolong", 400, "too_many_prompt_tokens"),
        ],
    )
    async def test_comes_with_the_vendors_words(self, ask, vendor, behaviour, status, word):
        heard = await ask(vendor, f"sim-{behaviour}")

        assert heard.status == status
        assert word in heard.body.decode()
        assert set(heard.json) == {"error"}

    @pytest.mark.parametrize(
        ("vendor", "kind"),
        [
            ("openai", "application/json"),
            ("kimi", "application/json; charset=utf-8"),
            ("perplexity", "application/json"),
            ("gemini", "text/event-stream"),
        ],
    )
    async def test_answers_a_streaming_request_with_plain_json(self, ask, vendor, kind):
        heard = await ask(vendor, "sim-503")

        assert heard.headers["content-type"] == kind
        assert heard.json["error"]["message"]


class TestARateLimit:
    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_waits_for_the_seconds_in_retry_after(self, ask, vendor):
        heard = await ask(vendor, "sim-429-header7")

        assert heard.status == 429
        assert heard.headers["retry-after"] == "7"

    async def test_waits_for_milliseconds(self, ask):
        heard = await ask("openai", "sim-429-ms250")

        assert heard.headers["retry-after-ms"] == "250"

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_waits_until_a_date(self, ask, vendor):
        heard = await ask(vendor, "sim-429-date30")

        until = parsedate_to_datetime(heard.headers["retry-after"]).timestamp()
        assert until - time.time() == pytest.approx(30, abs=2)

    @pytest.mark.parametrize(("seconds", "said"), [(3, "3s"), (90, "1m30s")])
    async def test_waits_for_the_reset_of_the_limit(self, ask, seconds, said):
        heard = await ask("openai", f"sim-429-reset{seconds}")

        assert heard.headers["x-ratelimit-reset-requests"] == said

    @pytest.mark.parametrize(
        ("vendor", "words"),
        [
            ("openai", "Please try again in 4s"),
            ("kimi", "try again after 4 seconds"),
            ("gemini", "Please retry in 4.25s"),
        ],
    )
    async def test_says_the_delay_in_its_message(self, ask, vendor, words):
        heard = await ask(vendor, "sim-429-message4")

        assert words in heard.json["error"]["message"]
        assert "retry-after" not in heard.headers

    async def test_says_the_delay_in_geminis_details(self, ask):
        heard = await ask("gemini", "sim-429-retryinfo9")

        details = heard.json["error"]["details"]
        assert [detail.get("retryDelay") for detail in details] == [None, "9s"]
        assert "PerMinute" in details[0]["violations"][0]["quotaId"]

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_may_say_no_delay_anywhere(self, ask, vendor):
        heard = await ask(vendor, "sim-429-none")

        assert heard.status == 429
        assert not [name for name in heard.headers if "retry" in name or "ratelimit" in name]
        assert "retryDelay" not in heard.body.decode()
        assert not re.search(r"\d ?s", heard.json["error"]["message"])

    @pytest.mark.parametrize(
        ("vendor", "word"),
        [
            ("openai", "insufficient_quota"),
            ("kimi", "exceeded_current_quota_error"),
            ("gemini", "PerDay"),
        ],
    )
    async def test_may_mean_that_the_account_is_empty(self, ask, vendor, word):
        heard = await ask(vendor, "sim-429-quota")

        assert heard.status == 429
        assert word in heard.body.decode()

    @pytest.mark.parametrize(
        ("vendor", "word"), [("kimi", "engine_overloaded_error"), ("perplexity", "overloaded")]
    )
    async def test_may_mean_that_the_vendor_is_overloaded(self, ask, vendor, word):
        heard = await ask(vendor, "sim-429-overloaded")

        assert (heard.status, heard.json["error"]["type"]) == (429, word)


class TestARequest:
    @pytest.mark.parametrize(
        ("vendor", "behaviour"),
        [
            ("openai", "429-retryinfo"),
            ("kimi", "429-retryinfo"),
            ("gemini", "429-ms"),
            ("gemini", "usagetwice"),
            ("perplexity", "429-quota"),
            ("perplexity", "usagetwice"),
        ],
    )
    async def test_for_what_the_vendor_does_not_do_is_refused_by_name(self, ask, vendor, behaviour):
        heard = await ask(vendor, f"sim-{behaviour}")

        assert heard.status == 400
        assert behaviour in heard.json["error"]["message"]

    async def test_for_an_unknown_behaviour_is_refused_by_name(self, ask):
        heard = await ask("openai", "sim-stal")

        assert heard.status == 400
        assert "'stal'" in heard.json["error"]["message"]

    @pytest.mark.parametrize("vendor", VENDORS)
    async def test_that_is_not_json_is_refused(self, ask, client, vendor):
        good = ask.request(vendor, "gpt-6-luna", "hello", True, "test-key", {})

        both = {"authorization": "Bearer test-key", "x-goog-api-key": "test-key"}
        heard = await client.post(good.url, content=b"{", headers=both)

        assert heard.status_code == 400

    async def test_with_a_wrong_cap_is_refused(self, ask):
        heard = await ask("openai", "gpt-6-luna", max_completion_tokens="many")

        assert heard.json["error"]["param"] == "max_completion_tokens"

    async def test_with_openais_old_cap_is_refused_by_its_thinking_models(self, ask):
        heard = await ask("openai", "gpt-6-luna", max_tokens=5)

        assert heard.json["error"]["code"] == "unsupported_parameter"
        assert heard.json["error"]["param"] == "max_tokens"

    async def test_with_a_temperature_is_refused_by_kimi_k3(self, ask):
        heard = await ask("kimi", "kimi-k3.1-pro", temperature=0.5)

        assert heard.status == 400
        assert "only 1 is allowed" in heard.json["error"]["message"]

    async def test_with_a_role_that_gemini_does_not_know_is_refused(self, ask):
        heard = await ask("gemini", "gemini-3.8-flash", [("assistant", "hello")])

        assert heard.json["error"]["status"] == "INVALID_ARGUMENT"

    async def test_to_an_unknown_path_is_not_found(self, client):
        for path in ("/openai/v1/embeddings", "/elsewhere"):
            assert (
                await client.post(path, headers={"authorization": "Bearer k"})
            ).status_code == 404
