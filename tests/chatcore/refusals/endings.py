"""How answers end: in words that few know, in half a sentence, or not at all."""

from routing.simulator.vendors import Vendor
from tests.chatcore.refusals.rows import Row, answered, moves_on, streams

CHAT: tuple[Vendor, ...] = ("openai", "kimi")
HALF = '{"choices":[{"index":0,"delta":{"content":"Half a sentence"},"finish_reason":null}]}'
END = '{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"%s"}]}'
USAGE = '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}'
HALF_GEMINI = (
    '{"candidates":[{"content":{"parts":[{"text":"Half a sentence"}],"role":"model"},"index":0}],'
    '"usageMetadata":{"promptTokenCount":10,"totalTokenCount":10}}'
)
END_GEMINI = (
    '{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"%s",'
    '"index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,'
    '"totalTokenCount":15}}'
)
WHOLE_GEMINI = (
    '{"candidates":[{"content":{"parts":[{"text":"The whole answer."}],"role":"model"},'
    '"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,'
    '"candidatesTokenCount":5,"totalTokenCount":15}}'
)
DELTA = (
    '{"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,'
    '"content_index":0,"delta":"Half a sentence"}'
)
ENDED = (
    '{"type":"response.incomplete","sequence_number":2,"response":{"id":"resp_1","object":"response",'
    '"status":"incomplete","incomplete_details":{"reason":"%s"},"model":"perplexity/sonar",'
    '"output":[],"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}}}'
)
COMPLETED = (
    '{"type":"response.completed","sequence_number":2,"response":{"id":"resp_1","object":"response",'
    '"status":"completed","model":"perplexity/sonar","output":[],'
    '"usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15}}}'
)
UNKNOWN = ("abort", "network_error", "insufficient_system_resource", "model_length", "xyzzy")
"""vLLM's, Zhipu's, DeepSeek's, Mistral's, and nobody's."""
BROKE_OFF = UNKNOWN[:3]
"""Those by which a vendor says that it failed."""


def half(what: str, vendor: Vendor, *data: str, truncated: str, finish: str) -> Row:
    """What came stands, and the page says that it is not all."""
    return answered(
        what,
        vendor,
        streams(vendor, *data),
        text="Half a sentence",
        truncated=truncated,
        finish=finish,
        tokens=(10, 5),
    )


def unknown(word: str, vendor: Vendor, *data: str) -> Row:
    return half(f"ended by {word}", vendor, *data, truncated="unknown_finish", finish="error")


def filtered(word: str, vendor: Vendor, *data: str) -> Row:
    what = f"{word} after half a sentence"
    return half(what, vendor, *data, truncated="content_filter", finish="content_filter")


def nothing_said(word: str, vendor: Vendor, *data: str) -> Row:
    failed = word in BROKE_OFF
    return moves_on(
        f"{word} without a word",
        vendor,
        streams(vendor, *data),
        error="server_error" if failed else "empty_answer",
        told="had a fault" if failed else "had nothing to say",
    )


def silent(vendor: Vendor, *data: str, text: str) -> Row:
    """The turn ends although the vendor does not."""
    return answered(
        "a finish reason, then silence",
        vendor,
        streams(vendor, *data, ending="silence"),
        text=text,
        left_open=True,
    )


ROWS: tuple[Row, ...] = (
    *(unknown(w, v, HALF, END % w, USAGE, "[DONE]") for v in CHAT for w in UNKNOWN),
    unknown("xyzzy", "perplexity", DELTA, ENDED % "xyzzy"),
    unknown("XYZZY", "gemini", HALF_GEMINI, END_GEMINI % "XYZZY"),
    unknown("OTHER", "gemini", HALF_GEMINI, END_GEMINI % "OTHER"),
    *(nothing_said(w, v, END % w, USAGE, "[DONE]") for v in CHAT for w in UNKNOWN),
    nothing_said("xyzzy", "perplexity", ENDED % "xyzzy"),
    nothing_said("XYZZY", "gemini", END_GEMINI % "XYZZY"),
    *(filtered(w, v, HALF, END % w, USAGE) for v in CHAT for w in ("sensitive", "content_filter")),
    filtered("content_filter", "perplexity", DELTA, ENDED % "content_filter"),
    filtered("SAFETY", "gemini", HALF_GEMINI, END_GEMINI % "SAFETY"),
    *(
        answered(
            f"STOP and usage, then {ending}",
            "gemini",
            streams("gemini", WHOLE_GEMINI, ending=ending),
            text="The whole answer.",
            tokens=(10, 5),
            left_open=ending == "silence",
        )
        for ending in ("close", "reset", "silence")
    ),
    *(silent(vendor, HALF, END % "stop", text="Half a sentence") for vendor in CHAT),
    silent("perplexity", DELTA, COMPLETED, text="Half a sentence"),
)
