"""The page fits its window and scrolls as a reader expects."""

from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.live.site import Web


class TestOnAPhone:
    def test_has_its_threads_in_a_drawer(self, demo_browser: BrowserContext, live_chat: Web):
        chat = ChatPage(demo_browser.new_page(), live_chat.url)
        chat.page.set_viewport_size({"width": 360, "height": 740})
        chat.open()
        expect(chat.page.get_by_role("searchbox", name="Search chats")).to_be_hidden()
        chat.button("Open the list of chats").click()
        expect(chat.page.get_by_role("searchbox", name="Search chats")).to_be_visible()
        chat.page.keyboard.press("Escape")

        expect(chat.page.get_by_role("searchbox", name="Search chats")).to_be_hidden()
        expect(chat.button("Open the list of chats")).to_be_focused()
        chat.page.close()

    def test_is_never_wider_than_the_screen(self, demo_browser: BrowserContext, live_chat: Web):
        chat = ChatPage(demo_browser.new_page(), live_chat.url)
        chat.page.set_viewport_size({"width": 360, "height": 740})
        chat.open()
        chat.ask_and_await("case code, please")

        width = chat.page.evaluate(
            "() => Math.max(...[document.documentElement, ...document.querySelectorAll('.main, .conversation')]"
            ".map((node) => node.scrollWidth))"
        )
        assert width <= 360
        chat.page.close()


class TestScrolling:
    def test_lets_go_when_the_user_scrolls_up_and_leads_back(self, chat: ChatPage):
        chat.page.set_viewport_size({"width": 900, "height": 420})
        for n in range(3):
            chat.ask_and_await(f"case plain, number {n}")
        jump = chat.button("Jump to latest")
        expect(jump).to_be_hidden()
        chat.page.locator("#scroller").hover()
        chat.page.mouse.wheel(0, -400)
        expect(jump).to_be_visible()
        jump.click()

        expect(jump).to_be_hidden()
        expect(chat.replies.last.locator(".facts")).to_be_in_viewport()
