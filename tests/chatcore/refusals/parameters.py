"""One parameter or role is refused that only the wire added: it is left out, and not sent again.

The words are those of https://github.com/openai/openai-agents-python/issues/442,
https://github.com/QuantumNous/new-api/issues/847, https://github.com/BerriAI/litellm/pull/10548
"""

from tests.chatcore.refusals.rows import Row, adapts, moves_on, says, streams

STREAM_OPTIONS = (
    '{"error":{"message":"Unknown parameter: \'stream_options\'.","type":"invalid_request_error",'
    '"param":"stream_options","code":"unknown_parameter"}}'
)
EXTRA_INPUTS = (
    '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],'
    '"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}'
)
EXTRA_INPUTS_MISTRAL = (
    '{"object":"error","message":{"detail":[{"type":"extra_forbidden",'
    '"loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted",'
    '"input":true,"url":"https://errors.pydantic.dev/2.10/v/extra_forbidden"}]},'
    '"type":"invalid_request_error","param":null,"code":null}'
)
UNRECOGNIZED = (
    '{"error":{"message":"Unrecognized request argument supplied: max_completion_tokens",'
    '"type":"invalid_request_error","param":null,"code":null}}'
)
NO_SYSTEM = (
    '{"error":{"message":"Unsupported value: \'messages[0].role\' does not support \'system\' with '
    'this model.","type":"invalid_request_error","param":"messages[0].role",'
    '"code":"unsupported_value"}}'
)
NO_DEVELOPER = (
    '{"error":{"message":"Unsupported value: \'messages[0].role\' does not support \'developer\' '
    'with this model.","type":"invalid_request_error","param":"messages[0].role",'
    '"code":"unsupported_value"}}'
)
NO_INSTRUCTION = (
    '{"error":{"code":400,"message":"Developer instruction is not enabled for '
    'models/gemini-3.8-flash","status":"INVALID_ARGUMENT"}}'
)
NO_INSTRUCTIONS_FIELD = (
    '{"error":{"message":"Unsupported parameter: \'instructions\' is not supported with this model.",'
    '"type":"invalid_request_error","param":"instructions","code":"unsupported_parameter"}}'
)
CAP_GEMINI = (
    '{"error":{"code":400,"message":"Unable to submit request because it has a maxOutputTokens value '
    "of 8192 but the supported range is from 1 (inclusive) to 8192 (exclusive). Update the value and "
    'try again.","status":"INVALID_ARGUMENT"}}'
)
CAP_PERPLEXITY = (
    '{"error":{"message":"max_output_tokens must be <= 4096","type":"invalid_request","code":400}}'
)
CAP_PERPLEXITY_422 = (
    '{"detail":[{"type":"less_than_equal","loc":["body","max_output_tokens"],'
    '"msg":"Input should be less than or equal to 4096","input":8192,"ctx":{"le":4096}}]}'
)


def _word(word: str) -> str:
    return f'{{"choices":[{{"index":0,"delta":{{"content":"{word}"}},"finish_reason":"stop"}}]}}'


ROWS: tuple[Row, ...] = (
    *(
        adapts(
            f"stream_options refused: {how}",
            vendor,
            says(vendor, status, body, has="stream_options"),
            without={"stream_options"},
        )
        for vendor in ("openai", "kimi")
        for how, status, body in (
            ("400 with param", 400, STREAM_OPTIONS),
            ("422 with loc", 422, EXTRA_INPUTS),
            ("422 of Mistral", 422, EXTRA_INPUTS_MISTRAL),
        )
    ),
    *(
        adapts(
            "max_completion_tokens unrecognised without param, sent as max_tokens",
            vendor,
            says(vendor, 400, UNRECOGNIZED, has="max_completion_tokens"),
            streams(vendor, _word("Capped."), "[DONE]", has="max_tokens"),
            without={"max_completion_tokens"},
            text="Capped.",
        )
        for vendor in ("openai", "kimi")
    ),
    *(
        adapts(
            "system refused, sent as developer",
            vendor,
            says(vendor, 400, NO_SYSTEM, role="system"),
            streams(vendor, _word("By a developer."), "[DONE]", role="developer"),
            without={"system_role"},
            text="By a developer.",
        )
        for vendor in ("openai", "kimi")
    ),
    *(
        adapts(
            "system and developer refused, folded into the first message",
            vendor,
            says(vendor, 400, NO_SYSTEM, role="system"),
            says(vendor, 400, NO_DEVELOPER, role="developer"),
            without={"system_role", "developer_role"},
        )
        for vendor in ("openai", "kimi")
    ),
    adapts(
        "system instruction refused, folded into the first message",
        "gemini",
        says("gemini", 400, NO_INSTRUCTION, has="systemInstruction"),
        without={"system_role"},
    ),
    moves_on(
        "instructions refused, which every request has",
        "perplexity",
        says("perplexity", 400, NO_INSTRUCTIONS_FIELD),
        error="invalid_request",
        told="did not take the message",
    ),
    adapts(
        "maxOutputTokens too large",
        "gemini",
        says("gemini", 400, CAP_GEMINI, has="generationConfig.maxOutputTokens"),
        without={"maxOutputTokens"},
    ),
    adapts(
        "max_output_tokens too large",
        "perplexity",
        says("perplexity", 400, CAP_PERPLEXITY, has="max_output_tokens"),
        without={"max_output_tokens"},
    ),
    adapts(
        "max_output_tokens too large, 422",
        "perplexity",
        says("perplexity", 422, CAP_PERPLEXITY_422, has="max_output_tokens"),
        without={"max_output_tokens"},
    ),
)
