"""Reads refusals as each vendor's wire does, from what its body says."""

import json
from functools import partial

from routing.providers.chat_completions import errors as chat_errors
from routing.providers.gemini import errors as gemini_errors
from routing.providers.kimi import errors as kimi_errors
from routing.providers.refusals import Refusals
from routing.providers.responses import errors as responses_errors

CHAT = Refusals(classify=chat_errors.classify)
KIMI = Refusals(classify=kimi_errors.classify)
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
