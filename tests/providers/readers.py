"""Reads the bytes of replies a second time, by other means than the wires: plain `json`, no state.

Returns text, reasoning and citations.
"""

import json
import re
from typing import Any

Read = tuple[str, str, list[list[Any]]]


def documents(body: bytes) -> list[dict[str, Any]]:
    """The JSON texts of a body, whatever frames them."""
    text = body.decode("utf-8-sig").replace("\r\n", "\n")
    if text.lstrip()[:1] in "{[":
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    found = re.findall(r"^data: ?(.*)$", text, re.MULTILINE)
    return [json.loads(line) for line in found if line.strip() not in ("[DONE]", "")]


def chat(body: bytes) -> Read:
    docs = documents(body)
    place = "delta" if body.lstrip(b"\xef\xbb\xbf").startswith(b"data:") else "message"
    said = [c[place] for d in docs for c in d.get("choices", [])]
    text = "".join((s.get("content") or "") + (s.get("refusal") or "") for s in said)
    titles = {r["url"]: r["title"] for d in docs for r in d.get("search_results") or []}
    urls = next((d["citations"] for d in reversed(docs) if d.get("citations")), list(titles))
    reasoning = "".join(s.get("reasoning_content") or "" for s in said)
    return text, reasoning, [[n + 1, u, titles.get(u, "")] for n, u in enumerate(urls)]


def responses(body: bytes) -> Read:
    docs = documents(body)
    last = docs[-1].get("response", docs[-1])
    items = last.get("output", [])
    parts = [p for i in items if i["type"] == "message" for p in i["content"]]
    text = "".join(p.get("text") or p.get("refusal") for p in parts)
    found = [r for i in items if i["type"] == "search_results" for r in i["results"]]
    cited = [[r["id"], r["url"], r["title"]] for r in found if f"[{r['id']}]" in text]
    thoughts = [d["delta"] for d in docs if "reasoning" in d.get("type", "") and "delta" in d]
    return text, "".join(thoughts), cited or [[r["id"], r["url"], r["title"]] for r in found]


def gemini(body: bytes) -> Read:
    first = [d["candidates"][0] for d in documents(body) if d.get("candidates")]
    parts = [p for c in first for p in c.get("content", {}).get("parts", []) if "text" in p]
    text = "".join(p["text"] for p in parts if not p.get("thought"))
    pages = [
        g["web"] for c in first for g in c.get("groundingMetadata", {}).get("groundingChunks", [])
    ]
    reasoning = "".join(p["text"] for p in parts if p.get("thought"))
    return text, reasoning, [[n + 1, p["uri"], p["title"]] for n, p in enumerate(pages)]


READERS = {
    "chat_completions": chat,
    "kimi": chat,
    "sonar": chat,
    "responses": responses,
    "gemini": gemini,
}
