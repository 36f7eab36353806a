"""Answers that are told in unusual ways, and yet are answers; and one that is none."""

from routing.simulator.vendors import Vendor
from tests.chatcore.refusals.rows import Row, answered, moves_on, streams

STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
HELLO = '{"choices":[{"index":0,"delta":{"content":"Hello there."},"finish_reason":null}]}'
PARTS = (
    '{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text",'
    '"text":"They greet me."}]}]},"finish_reason":null}]}',
    '{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"Hello "},{"type":"text",'
    '"text":"there."}]},"finish_reason":null}]}',
    STOP,
    "[DONE]",
)
BESIDE = (
    '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,'
    '"completion_tokens_details":{"reasoning_tokens":20}}}'
)
COST = (
    '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,'
    '"cost":0.00119}}'
)
USAGE_OF_SUPERSCRIPTS = (
    '{"choices":[],"usage":{"prompt_tokens":"²","completion_tokens":"²","total_tokens":"²"}}'
)
BLANK = '{"choices":[{"index":0,"delta":{"content":" \\n\\t \\n"},"finish_reason":null}]}'
BLANK_GEMINI = (
    '{"candidates":[{"content":{"parts":[{"text":" \\n\\n "}],"role":"model"},'
    '"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,'
    '"candidatesTokenCount":2,"totalTokenCount":9}}'
)
BESIDE_GEMINI = (
    '{"candidates":[{"content":{"parts":[{"text":"Hello there."}],"role":"model"},'
    '"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,'
    '"candidatesTokenCount":5,"thoughtsTokenCount":20,"totalTokenCount":35}}'
)
DELTA = (
    '{"type":"response.output_text.delta","sequence_number":%d,"item_id":"msg_1","output_index":0,'
    '"content_index":0,"delta":"%s"}'
)
COMPLETED = (
    '{"type":"response.completed","sequence_number":%d,"response":{"id":"resp_1","object":"response",'
    '"status":"completed","model":"perplexity/sonar","output":[{"type":"message","id":"msg_1",'
    '"status":"completed","role":"assistant","content":[{"type":"output_text","text":"%s",'
    '"annotations":[]}]}],"usage":%s}}'
)
USAGE = '{"input_tokens":10,"output_tokens":5,"total_tokens":15}'
USAGE_BESIDE = (
    '{"input_tokens":10,"output_tokens":5,"total_tokens":35,'
    '"output_tokens_details":{"reasoning_tokens":20}}'
)
USAGE_COST = '{"input_tokens":10,"output_tokens":5,"total_tokens":15,"cost":0.00119}'
CHAT: tuple[Vendor, ...] = ("openai", "kimi")


def responses(usage: str) -> tuple[str, str]:
    """`Hello there.`, with this usage."""
    return DELTA % (1, "Hello there."), COMPLETED % (2, "Hello there.", usage)


def greets(what: str, vendor: Vendor, *data: str, **seen: object) -> Row:
    return answered(what, vendor, streams(vendor, *data), text="Hello there.", **seen)


def blank(vendor: Vendor, *data: str) -> Row:
    return moves_on(
        "a reply of white space only",
        vendor,
        streams(vendor, *data),
        error="empty_answer",
        told="had nothing to say",
    )


ROWS: tuple[Row, ...] = (
    *(greets("content as a list of parts", vendor, *PARTS) for vendor in CHAT),
    *(
        greets("reasoning counted beside", vendor, HELLO, STOP, BESIDE, "[DONE]", tokens=(10, 25))
        for vendor in CHAT
    ),
    greets("reasoning counted beside", "gemini", BESIDE_GEMINI, tokens=(10, 25)),
    greets("reasoning counted beside", "perplexity", *responses(USAGE_BESIDE), tokens=(10, 25)),
    greets(
        "events all numbered 0",
        "perplexity",
        DELTA % (0, "Hello "),
        DELTA % (0, "there."),
        COMPLETED % (0, "Hello there.", USAGE),
        tokens=(10, 5),
    ),
    greets(
        "events all numbered 0, two of them alike",
        "perplexity",
        DELTA % (0, "Hello"),
        DELTA % (0, " there"),
        DELTA % (0, "."),
        COMPLETED % (0, "Hello there.", USAGE),
        tokens=(10, 5),
    ),
    *(
        greets(
            "usage.cost as a plain number",
            vendor,
            HELLO,
            STOP,
            COST,
            "[DONE]",
            tokens=(10, 5),
            cost=("0.00119", "provider"),
        )
        for vendor in CHAT
    ),
    greets(
        "usage.cost as a plain number",
        "perplexity",
        *responses(USAGE_COST),
        tokens=(10, 5),
        cost=("0.00119", "provider"),
    ),
    *(greets("a usage of ²", v, HELLO, STOP, USAGE_OF_SUPERSCRIPTS, "[DONE]") for v in CHAT),
    *(blank(vendor, BLANK, STOP, "[DONE]") for vendor in CHAT),
    blank("gemini", BLANK_GEMINI),
    blank("perplexity", DELTA % (1, " \\n\\n "), COMPLETED % (2, " \\n\\n ", USAGE)),
)
