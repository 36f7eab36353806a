"""A real HTTP server that plays the four vendors, working or broken.

    async with serve() as simulator:
        simulator.base_url("openai"), simulator.log

Paths, under one port: `/openai/v1/chat/completions`, `/kimi/v1/chat/completions`,
`/perplexity/v1/responses` (also `/agent`; the old `/chat/completions` says that it is retired),
`/gemini/v1beta/models/<model>:streamGenerateContent` and `:generateContent`, and `/models` of each.
Any key is good; none and `bad-key` are not. A word is a token: `input_tokens` counts the words of
all messages and the system prompt, `output_tokens` those of the reply and of its thinking.

The model's name picks the behaviour. An ordinary name answers normally: in fixed sentences, or
rightly where `known` has the answer. The others are

    sim-<behaviour>[-<word>]...            sim-flaky-<N>-<behaviour>[-<word>]...

where flaky fails the first N calls of exactly this name and then answers normally.

| behaviour | what happens | words of its own |
|---|---|---|
| `ok` | a normal answer | |
| `echo` | the last user message, three characters at a time | |
| `context` | a JSON list of the roles and texts that were sent | |
| `code` | a code block, a table and a link | |
| `reasoning` | thinking first (OpenAI counts it and does not show it) | |
| `thinks` | the same, spread over `wait` ms (3000): thoughts at Kimi and Gemini, searches at Perplexity, silence at OpenAI | |
| `empty` | no text, and yet it stopped | |
| `blank` | a text of nothing but spaces and line ends | |
| `truncated` | half the text, then the token limit | `thinking`: no text at all |
| `filtered` | the filter ends it after `after` deltas | `prompt`: the prompt is refused |
| `finish` | the whole text, then a finish reason that no vendor is known to use | any one word of letters and `_`, as the vendor would write it (`abort`) |
| `noend` | finish reason and usage, then silence until the peer leaves | `close` `reset`: the connection breaks instead |
| `nousage`, `usagetwice` | as they say | |
| `400` `401` `403` `404` `500` `503` | that error in the vendor's words | `leaky`: they repeat the key and the last message |
| `400` | (or 422) a refusal of another sort | `verify` the organisation, `billing`, `budget`; `streamoptions` `maxtokens` `system`: only while the request holds that, else a normal answer |
| `toolong` | the context does not fit | |
| `429` | rate limited; the delay where the vendor puts it | `header3` `ms300` `date3` `reset3` `message3` `retryinfo3` (the number is the delay) `none` `quota` `overloaded` |
| `refused` | a reset before any byte | `close`: an orderly close |
| `slowheaders` | nothing for `wait` ms | |
| `slowtoken` | headers, then comments for `wait` ms | |
| `stall` | silence after `after` deltas, until the peer leaves | |
| `cut` | a clean end without a finish | `abrupt`: no last chunk either |
| `reset` | a TCP reset | |
| `badevent` | one event that is no JSON, then on | |
| `error` | the vendor's error inside the 200, then the end | |

Words that fit everywhere: `tokens500` (words of the text; two make a delta; 40), `pace5` (ms between
deltas; 15; 0 sends all at once), `after3` (deltas before the fault; 3, for `error` 0, `filtered` 6),
`wait500` (ms; 15000), `split7` (at most so many bytes in one write), `cached` (half of the input was
cached; works in any model's name), `tagx1` (nothing: makes a name unlike others).

What does not exist at a vendor is a 400 that names it, and so is a `sim-` name out of the grammar.

`GET /control/log` lists every request and what it was served; calls are those with the `method`
POST. `DELETE` empties it, resets flaky and takes prepared replies back.

`POST /control/outage {"vendor": "openai", "behaviour": "503"}` gives a whole vendor one behaviour,
whatever the model; with `"key": "2222"` only to keys that end so; `"behaviour": null` ends it. The
list of models fails during an outage as the calls do: with the error's status, without a connection
(`refused`, `cut`, `reset`) or with silence (`stall`, `slowheaders`, `slowtoken`). It is there while
calls are only refused for what they ask (`400`, `404`, `toolong`).

`POST /control/reply` prepares a reply word for word: it answers the vendor's next calls, before any
outage and before the key is looked at. Several are given in their order; `DELETE` takes all back.

    {"vendor": "openai", "status": 400, "headers": {"x-a": "b"}, "body": "<verbatim>", "times": 2}
    {"vendor": "kimi", "chunks": ["data: ...", "..."], "pause_ms": 50, "ending": "silence"}

| field | what it says | if left out |
|---|---|---|
| `status`, `headers` | any status from 200 to 599; header names as you like | 200, a content type |
| `body` or `chunks` | the whole text, or its pieces, `pause_ms` apart | nothing |
| `ending` | after the last byte: `end`, `close` (no proper end), `silence`, `reset` | `end` |
| `times` | for so many calls | until it is taken back |
| `when` | only calls that have all of: `has`, a field of the body (`stream_options`, `generationConfig.maxOutputTokens`); `role`, of a message; `key`, how it ends | all calls |

In Python: `simulator.outage("openai", "401", key="2222")`, `simulator.reply(Prepared(vendor="openai",
status=400, when=When(has="stream_options")))`, `simulator.forget()`.
"""

from routing.simulator.log import Entry, Served
from routing.simulator.prepared import Prepared, When
from routing.simulator.server import Simulator, serve

__all__ = ["Entry", "Prepared", "Served", "Simulator", "When", "serve"]
