"""The site runs without the floor that watches it."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat_page import ChatPage, signed_in
from tests.live.conftest import make_site


class TestASiteWithoutObservability:
    def test_answers_in_the_browser(
        self, browser: Browser, tmp_path_factory: pytest.TempPathFactory
    ):
        folder = tmp_path_factory.mktemp("unobserved")
        settings = "tests.live.settings_without_observability"
        site = make_site(folder, "uvicorn", "browser_unobserved", settings)
        try:
            web = site.open()
            context = signed_in(browser, web.url)
            chat = ChatPage(context.new_page(), web.url)
            chat.open()
            reply = chat.ask_and_await("case plain, please")

            expect(reply.locator(".reply-text")).to_contain_text("Openai speaking")
            assert chat.stored()[0]["status"] == "complete"
            context.close()
        finally:
            site.close()
