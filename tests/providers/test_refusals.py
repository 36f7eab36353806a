"""Refusals of any vendor: by codes, by words alone, and by a page of a proxy in front of it."""

import pytest

from routing.providers.errors import Remedy
from tests.providers.refused import CHAT, chat, gemini, kimi, responses


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
