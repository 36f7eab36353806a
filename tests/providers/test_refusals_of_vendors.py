"""Each vendor's refusals, by the words each of them uses."""

import json

import pytest

from routing.providers.errors import InvalidRequest, Remedy
from routing.providers.gemini import errors as gemini_errors
from routing.providers.perplexity import errors as sonar_errors
from routing.providers.refusals import Refusals
from tests.providers.refused import CHAT, chat, gemini, kimi, responses

SONAR = Refusals(classify=sonar_errors.classify)


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
