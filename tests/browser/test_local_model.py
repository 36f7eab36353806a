"""Without any key, the words of the local model stream into the page."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat_page import ChatPage, signed_in
from tests.live.conftest import make_site
from tests.live.site import ROOT, VENDORS, Site
from tests.services.ports import free_port


@pytest.fixture
def site_without_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    command = [sys.executable, "scripts/local_model.py", "--port", str(port)]
    model = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    no_keys = {f"{vendor.upper()}_API_KEY": "" for vendor in VENDORS}
    site = make_site(
        tmp_path_factory.mktemp("keyless"),
        "daphne",
        "browser_keyless",
        LOCAL_BASE_URL=f"http://127.0.0.1:{port}/v1",
        **no_keys,
    )
    try:
        yield site
    finally:
        site.close()
        model.kill()
        model.wait()


class TestASiteWithoutKeys:
    def test_streams_the_local_models_words(self, browser: Browser, site_without_keys: Site):
        web = site_without_keys.open()
        context = signed_in(browser, web.url)
        chat = ChatPage(context.new_page(), web.url)
        chat.open()
        chat.ask("Tell me a story about a lighthouse.")
        reply = chat.replies.locator(".reply-text")
        expect(reply).not_to_be_empty()

        lengths, began = [0], time.monotonic()
        while chat.replies.get_attribute("data-status") == "running":
            if (length := len(reply.inner_text())) != lengths[-1]:
                lengths.append(length)
        lasted = time.monotonic() - began

        chat.await_end(chat.replies)
        assert len(lengths) > 10
        assert lasted >= 0.5
        expect(chat.replies.locator(".model")).to_contain_text("tiny demo model")
        context.close()
