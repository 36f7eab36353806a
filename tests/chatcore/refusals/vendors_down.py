"""It is not the vendor that answers, or it gives up before its first word."""

from routing.simulator.vendors import Vendor
from tests.chatcore.refusals.rows import Row, moves_on, says, streams

ALL: tuple[Vendor, ...] = ("openai", "kimi", "perplexity", "gemini")

PAGE_400 = (
    "<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>\r\n<center><h1>400 Bad Request"
    "</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n"
)
PAGE_405 = (
    "<html>\r\n<head><title>405 Not Allowed</title></head>\r\n<body>\r\n<center><h1>405 Not Allowed"
    "</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n"
)
PAGE_431 = (
    "<!DOCTYPE html>\n<html><head><title>431 Request Header Fields Too Large</title></head>\n"
    "<body><h1>Request Header Fields Too Large</h1></body></html>\n"
)
PAGES = {400: PAGE_400, 405: PAGE_405, 431: PAGE_431}

CANCELLED = (
    '{"error":{"code":499,"message":"The operation was cancelled.","errors":[{"message":"The '
    'operation was cancelled.","domain":"global","reason":"backendError"}],"status":"CANCELLED"}}'
)
CANCELLED_LIST = f"[{CANCELLED}\n]"
CANCELLED_EVENT = (
    '{"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED"}}'
)
SUPERSCRIPT = '{"error":{"code":"²","message":"The server had an error","type":"server_error"}}'
SUPERSCRIPT_RESPONSES = (
    '{"type":"response.failed","sequence_number":1,"response":{"id":"resp_1","object":"response",'
    '"status":"failed","error":{"code":"²","message":"The server had an error"},"output":[],'
    '"usage":null}}'
)
LIMITED = (
    '{"error":{"message":"Rate limit reached. Please try again in ²s.","type":"requests",'
    '"param":null,"code":"rate_limit_exceeded"}}'
)
LIMITED_GEMINI = (
    '{"error":{"code":429,"message":"Resource has been exhausted. Please retry in ²s.",'
    '"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure",'
    '"violations":[{"quotaId":"GenerateContentInputTokensPerModelPerMinute","quotaValue":"²"}]},'
    '{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"²s"}]}}'
)


def page(vendor: Vendor, status: int) -> Row:
    """The page says nothing of key, message or model: neither cools, and one tells staff nothing."""
    return moves_on(
        f"HTML {status}",
        vendor,
        says(vendor, status, PAGES[status], content_type="text/html"),
        error="protocol",
        told="was not available",
    )


ROWS: tuple[Row, ...] = (
    *(page(vendor, status) for vendor in ALL for status in PAGES),
    moves_on(
        "499 CANCELLED as an object",
        "gemini",
        says("gemini", 499, CANCELLED),
        error="server_error",
        told="had a fault",
    ),
    moves_on(
        "499 CANCELLED as a list",
        "gemini",
        says("gemini", 499, CANCELLED_LIST),
        error="server_error",
        told="had a fault",
    ),
    moves_on(
        "CANCELLED in a 200 stream",
        "gemini",
        streams("gemini", CANCELLED_EVENT),
        error="server_error",
        told="had a fault",
    ),
    moves_on(
        "CANCELLED in a 200 as a list",
        "gemini",
        says("gemini", 200, CANCELLED_LIST),
        error="server_error",
        told="had a fault",
    ),
    *(
        moves_on(
            "an error in the stream whose code is ²",
            vendor,
            streams(vendor, SUPERSCRIPT_RESPONSES if vendor == "perplexity" else SUPERSCRIPT),
            error="server_error",
            told="had a fault",
        )
        for vendor in ALL
    ),
    *(
        moves_on(
            "429 whose delays are ²",
            vendor,
            says(
                vendor,
                429,
                LIMITED_GEMINI if vendor == "gemini" else LIMITED,
                retry_after="²",
                x_ratelimit_reset_requests="²",
            ),
            error="rate_limit",
            told="was busy",
        )
        for vendor in ALL
    ),
)
