"""The page's own static files on a loopback port, with no server of ours behind them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
FOLDERS = {
    "/static/chatcore/": ROOT / "chatcore" / "static" / "chatcore",
    "/static/vendor/marked/": MODULES / "marked" / "lib",
    "/static/vendor/dompurify/": MODULES / "dompurify" / "dist",
    "/static/vendor/highlight/": MODULES / "@highlightjs" / "cdn-assets" / "es",
}
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}

BENCH = """<!doctype html><title>bench</title>
<script>window.wins = []; window.pwned = () => wins.push(new Error().stack);</script>
<script type="importmap">{"imports": {
  "marked": "/static/vendor/marked/marked.esm.js",
  "dompurify": "/static/vendor/dompurify/purify.es.mjs",
  "highlight": "/static/vendor/highlight/highlight.min.js"}}</script>
<script type="module">
  import { ReplyText } from "/static/chatcore/reply_text.js";
  import { sanitise } from "/static/chatcore/safe_html.js";
  window.bench = { ReplyText, sanitise };
  document.body.dataset.ready = "yes";
</script>
<body><main></main></body>
"""
"""A page without any Content-Security-Policy: what is safe here is safe by our own doing."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(BENCH.encode(), "text/html; charset=utf-8")
            return
        for prefix, folder in FOLDERS.items():
            file = folder / self.path.removeprefix(prefix)
            if self.path.startswith(prefix) and file.is_file():
                self._answer(file.read_bytes(), TYPES.get(file.suffix, "text/plain"))
                return
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Silence: the browser's requests are watched in the browser."""

    def _answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served() -> Iterator[str]:
    """The address, without a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
