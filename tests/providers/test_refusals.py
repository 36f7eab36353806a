"""Each vendor's refusals, by the words each of them uses."""

import json
from functools import partial

import pytest

from routing.providers.chat_completions import errors as chat_errors
from routing.providers.errors import InvalidRequest, Remedy
from routing.providers.gemini import errors as gemini_errors
from routing.providers.kimi import errors as kimi_errors
from routing.providers.perplexity import errors as sonar_errors
from routing.providers.refusals import Refusals
from routing.providers.responses import errors as responses_errors

CHAT = Refusals(classify=chat_errors.classify)
KIMI = Refusals(classify=kimi_errors.classify)
SONAR = Refusals(classify=sonar_errors.classify)
RESPONSES = Refusals(classify=responses_errors.classify)


def chat(status, **error):
    return CHAT.of_reply(status, {}, json.dumps({"error": error}).encode())


def kimi(status, **error):
    return KIMI.of_reply(status, {}, json.dumps({"error": error}).encode())


def responses(status, body):
    return RESPONSES.of_reply(status, {}, json.dumps(body).encode())


def gemini(code, status, message="", *details, prompt_chars=0):
    error = {"code": code, "status": status, "message": message, "details": details}
    read = Refusals(
        classify=partial(gemini_errors.classify, prompt_chars=prompt_chars),
        delay=gemini_errors.retry_delay,
    )
    return read.of_reply(code, {}, json.dumps({"error": error}).encode())


class TestOpenAI:
    @pytest.mark.parametrize(
        ("status", "code", "means"),
        [
            (401, "invalid_api_key", "auth"),
            (403, "unsupported_country_region_territory", "permission"),
            (403, None, "permission"),
            (404, "model_not_found", "model_not_found"),
            (400, "model_not_found", "model_not_found"),
            (400, "context_length_exceeded", "context_length"),
            (400, "content_policy_violation", "content_filter"),
            (400, "invalid_prompt", "content_filter"),
            (400, "unsupported_parameter", "invalid_request"),
            (429, "insufficient_quota", "quota_exhausted"),
            (429, "rate_limit_exceeded", "rate_limit"),
            (500, "server_error", "server_error"),
            (502, None, "server_error"),
            (504, None, "server_error"),
            (503, "slow_down", "overloaded"),
            (529, None, "overloaded"),
            (410, None, "endpoint_retired"),
            (402, None, "quota_exhausted"),
        ],
    )
    def test_is_read_by_code_then_status(self, status, code, means):
        assert chat(status, code=code, message="m", type="invalid_request_error").code == means

    def test_names_the_field_it_does_not_take(self):
        error = chat(400, code="unsupported_parameter", param="temperature", message="m")
        assert isinstance(error, InvalidRequest)
        assert error.param == "temperature"

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"no"', b'{"error":"no"}', b"\xff{"])
    def test_is_read_by_its_status_where_the_body_says_nothing(self, body):
        assert CHAT.of_reply(503, {}, body).code == "overloaded"


class TestAnAccount:
    """Its troubles are told in every status, by codes and by words alone."""

    @pytest.mark.parametrize("status", [400, 403, 429, 500])
    @pytest.mark.parametrize(
        "code",
        [
            "billing_hard_limit_reached",
            "billing_not_active",
            "usage_limit_reached",
            "credit_balance_exhausted",
            "insufficient_quota",
            "budget_exceeded",
        ],
    )
    def test_without_money_is_known_by_its_code(self, status, code):
        assert chat(status, code=code, message="m").code == "quota_exhausted"
        assert responses(status, {"error": {"type": code}}).code == "quota_exhausted"

    @pytest.mark.parametrize("status", [400, 403, 429])
    @pytest.mark.parametrize(
        "words",
        [
            "Budget has been exceeded! Current cost: 12.3, Max budget: 12.0",
            "ExceededBudget: User=provider:a over budget. Spend=20.1, Budget=20",
            "Billing hard limit has been reached",
            "Your account is not active, please check your billing details on our website.",
            "Your credit balance is too low to access the API",
            "Insufficient balance",
            "The usage limit has been reached",
            "Your project has exceeded its monthly spending cap.",
            "You have exceeded your monthly included credits for Inference Providers.",
        ],
    )
    def test_without_money_is_known_by_words_alone(self, status, words):
        for read in (chat, kimi):
            assert read(status, message=words).code == "quota_exhausted"
        assert responses(status, {"error": {"message": words}}).code == "quota_exhausted"
        assert gemini(status, "RESOURCE_EXHAUSTED", words).code == "quota_exhausted"

    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_not_verified_is_not_permitted(self, status):
        words = "Your organization must be verified to stream this model. Please go to: ..."
        error = chat(
            status,
            message=words,
            type="invalid_request_error",
            param="stream",
            code="unsupported_value",
        )
        assert error.code == "permission"
        assert chat(status, message=words, code="model_not_found").code == "permission"

    @pytest.mark.parametrize(
        "words",
        [
            "Rate limit reached for gpt-6 on tokens per min (TPM): Limit 10000. Please try again in "
            "6ms. Add a payment method at https://platform.openai.com/account/billing.",
            "You are sending requests too quickly. Pace your requests and read the Rate limit "
            "guidelines. Check your plan and billing details.",
        ],
    )
    def test_is_not_to_blame_for_a_rate_limit_that_advertises(self, words):
        assert chat(429, message=words, type="requests").code == "rate_limit"

    def test_without_money_is_found_inside_a_gateways_error(self):
        raw = '{"error":{"message":"Your account is suspended due to insufficient balance"}}'
        error = chat(429, message="Provider returned error", code=429, metadata={"raw": raw})
        assert error.code == "quota_exhausted"


class TestAPage:
    """It comes from a proxy in front of the vendor."""

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 407, 410, 413, 414, 422, 431])
    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            ({}, b"<html><h1>No</h1>"),
            ({}, b"\xef\xbb\xbf \n<!DOCTYPE html>"),
            ({"content-type": "text/html; charset=utf-8"}, b"No"),
        ],
    )
    def test_proves_nothing_about_key_or_message(self, status, headers, body):
        error = CHAT.of_reply(status, headers, body)
        assert (error.code, error.remedy) == ("protocol", Remedy.NEXT)

    @pytest.mark.parametrize(
        ("status", "means"),
        [
            (429, "rate_limit"),
            (408, "server_error"),
            (499, "server_error"),
            (500, "server_error"),
            (502, "server_error"),
            (503, "overloaded"),
        ],
    )
    def test_may_say_that_the_vendor_is_busy_or_broken(self, status, means):
        assert CHAT.of_reply(status, {}, b"<html>").code == means

    @pytest.mark.parametrize("status", [405, 431])
    def test_is_not_needed_where_the_status_is_about_the_way(self, status):
        assert CHAT.of_reply(status, {}, b"").code == "protocol"


class TestEveryRefusal:
    @pytest.mark.parametrize("digits", ["\u00b2", "9" * 5_000, "\u0664\u0662\u0669", "-1", ""])
    def test_survives_digits_that_are_none(self, digits):
        body = {"error": {"code": digits, "message": f"try again in {'9' * 3_000}s"}}
        assert CHAT.in_band(body).code == "server_error"
        detail = {"violations": [{"quotaId": "InputTokensPerMinute", "quotaValue": digits}]}
        assert gemini(429, "RESOURCE_EXHAUSTED", "", detail, prompt_chars=9).code == "rate_limit"

    def test_survives_a_date_that_no_calendar_has(self):
        headers = {"retry-after": f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT", "date": ""}
        assert CHAT.of_reply(429, headers, b"").code == "rate_limit"

    @pytest.mark.parametrize(
        "bit",
        ["token quota ", "token count ", "model ", "tools ", "1s", "exceeded ", "system not "],
    )
    def test_is_read_up_to_4000_characters(self, bit):
        words = bit * (4_000 // len(bit) + 1) + "Budget has been exceeded!"
        assert chat(400, message=words).code != "quota_exhausted"
        assert gemini(400, "INVALID_ARGUMENT", words).code != "quota_exhausted"

    def test_of_a_plain_text_body_is_read_too(self):
        assert CHAT.of_reply(400, {}, b"Budget has been exceeded!").code == "quota_exhausted"


class TestKimi:
    @pytest.mark.parametrize(
        ("status", "type_", "message", "means"),
        [
            (401, "invalid_authentication_error", "", "auth"),
            (401, "incorrect_api_key_error", "", "auth"),
            (403, "exceeded_current_quota_error", "", "quota_exhausted"),
            (429, "exceeded_current_quota_error", "", "quota_exhausted"),
            (403, "permission_denied_error", "", "permission"),
            (404, "resource_not_found_error", "", "model_not_found"),
            (400, "content_filter", "considered high risk", "content_filter"),
            (400, "invalid_request_error", "considered high risk", "content_filter"),
            (400, "invalid_request_error", "Input token length too long", "context_length"),
            (400, "invalid_request_error", "exceeded model token limit: 9", "context_length"),
            (400, "invalid_request_error", "roles must alternate", "invalid_request"),
            (429, "engine_overloaded_error", "", "overloaded"),
            (429, "rate_limit_reached_error", "", "rate_limit"),
            (429, "", "insufficient balance, please recharge", "quota_exhausted"),
            (429, "", "please recharge", "quota_exhausted"),
            (429, "rate_limit_reached_error", "max RPM: 3; recharge for more", "rate_limit"),
            (
                429,
                "rate_limit_reached_error",
                "reached your monthly usage limit",
                "quota_exhausted",
            ),
            (429, "rate_limit_reached_error", "request reached TPD rate limit", "quota_exhausted"),
            (500, "", "", "server_error"),
        ],
    )
    def test_is_read_by_type_then_message(self, status, type_, message, means):
        assert kimi(status, type=type_, message=message).code == means

    def test_names_the_temperature_in_its_message_only(self):
        error = kimi(
            400, type="invalid_request_error", message="invalid temperature: only 1 is allowed"
        )
        assert isinstance(error, InvalidRequest)
        assert error.param == "temperature"


class TestSonar:
    def test_says_in_words_that_it_is_retired(self):
        body = b'{"error":{"message":"Sonar is now the Agent API. Use /v1/responses instead."}}'
        assert SONAR.of_reply(403, {}, body).code == "endpoint_retired"


class TestPerplexity:
    @pytest.mark.parametrize(
        ("status", "body", "means"),
        [
            (401, {"error": {"type": "invalid_api_key", "code": 401}}, "auth"),
            (429, {"error": {"type": "overloaded", "code": 429}}, "overloaded"),
            (429, {"error": {"type": "rate", "code": 429}}, "rate_limit"),
            (500, {"error": {"type": "internal_error", "code": 500}}, "server_error"),
            (403, {"error": {"type": "chat_completions_not_available"}}, "endpoint_retired"),
            (403, {"error": {"code": "agent_api_migration_required"}}, "endpoint_retired"),
            (400, {"error": {"type": "too_many_prompt_tokens", "code": 400}}, "context_length"),
            (400, {"error": {"message": "Model 'sonar-9' is not supported"}}, "model_not_found"),
            (422, {"detail": [{"msg": "field required"}]}, "invalid_request"),
            (400, {"error": "bad"}, "invalid_request"),
        ],
    )
    def test_is_read_from_every_shape(self, status, body, means):
        assert responses(status, body).code == means


class TestGemini:
    @pytest.mark.parametrize(
        ("code", "status", "message", "means"),
        [
            (
                400,
                "INVALID_ARGUMENT",
                "The input token count (9) exceeds the maximum",
                "context_length",
            ),
            (400, "INVALID_ARGUMENT", "bad field", "invalid_request"),
            (400, "FAILED_PRECONDITION", "region", "permission"),
            (403, "PERMISSION_DENIED", "", "permission"),
            (404, "NOT_FOUND", "", "model_not_found"),
            (429, "RESOURCE_EXHAUSTED", "quota ... billing details", "rate_limit"),
            (500, "INTERNAL", "", "server_error"),
            (503, "UNAVAILABLE", "", "overloaded"),
            (504, "DEADLINE_EXCEEDED", "", "server_error"),
            (499, "CANCELLED", "The operation was cancelled.", "server_error"),
            (409, "ABORTED", "", "server_error"),
            (400, "INVALID_ARGUMENT", "API key not valid.", "auth"),
        ],
    )
    def test_is_read_by_its_status_word(self, code, status, message, means):
        assert gemini(code, status, message).code == means

    def test_calls_a_bad_key_an_invalid_argument(self):
        detail = {"@type": "ErrorInfo", "reason": "API_KEY_INVALID"}
        assert gemini(400, "INVALID_ARGUMENT", "", detail).code == "auth"

    @pytest.mark.parametrize("wrap", [lambda e: e, lambda e: [e]], ids=["object", "list"])
    def test_may_cancel_in_a_list_and_inside_a_200(self, wrap):
        error = {"error": {"code": 499, "message": "cancelled", "status": "CANCELLED"}}
        read = Refusals(classify=gemini_errors.classify)
        refused = read.of_reply(499, {}, json.dumps(wrap(error)).encode())
        assert (refused.code, refused.remedy) == ("server_error", Remedy.RETRY)
        assert read.in_band(wrap(error)).code == "server_error"

    @pytest.mark.parametrize(
        ("quota_id", "value", "means"),
        [
            ("RequestsPerMinutePerModel", "15", "rate_limit"),
            ("RequestsPerDayPerModel", "50", "quota_exhausted"),
            ("RequestsPerMinutePerModel", "0", "quota_exhausted"),
        ],
    )
    def test_tells_the_minute_from_the_day(self, quota_id, value, means):
        detail = {"violations": [{"quotaId": quota_id, "quotaValue": value}]}
        assert gemini(429, "RESOURCE_EXHAUSTED", "", detail).code == means

    @pytest.mark.parametrize(("chars", "means"), [(500, "context_length"), (300, "rate_limit")])
    def test_never_lets_in_a_prompt_above_the_minutes_tokens(self, chars, means):
        detail = {"violations": [{"quotaId": "InputTokensPerMinute", "quotaValue": "100"}]}
        error = gemini(429, "RESOURCE_EXHAUSTED", "", detail, prompt_chars=chars)
        assert error.code == means

    def test_says_the_delay_in_a_detail(self):
        error = gemini(429, "RESOURCE_EXHAUSTED", "", {"retryDelay": "34.4s"})
        assert getattr(error, "retry_after_s", None) == 34.4
