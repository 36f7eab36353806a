"""Nothing is lost or doubled when connections, tabs and sessions come and go."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.chat_page import ChatPage, signed_in
from tests.browser.cutting_proxy import CuttingProxy, proxy_to
from tests.live.site import PASSWORD, Web

SERVERS = ("daphne", "uvicorn")
CUTS = 20
STEP_BYTES = 290
"""A reply of `case plain` takes some 5,500 bytes of frames."""


@pytest.fixture(scope="module")
def proxy(live_chat: Web) -> Iterator[CuttingProxy]:
    with proxy_to(live_chat.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def proxied_browser(browser: Browser, proxy: CuttingProxy) -> Iterator[BrowserContext]:
    context = signed_in(browser, proxy.url)
    yield context
    context.close()


@pytest.fixture
def chat(proxied_browser: BrowserContext, proxy: CuttingProxy) -> Iterator[ChatPage]:
    """A tab whose connection goes through the proxy."""
    chat = ChatPage(proxied_browser.new_page(), proxy.url)
    chat.open()
    yield chat
    proxy.refuse(False)
    chat.page.close()
    assert [said for said in chat.complaints if "WebSocket" not in said] == []


@pytest.fixture
def lone_chat(browser: Browser, live_chat: Web) -> Iterator[ChatPage]:
    """A tab of a browser that nobody else uses."""
    context = signed_in(browser, live_chat.url)
    chat = ChatPage(context.new_page(), live_chat.url)
    chat.open()
    yield chat
    context.close()


class TestAConnectionThatIsCut:
    def test_loses_and_doubles_nothing_wherever_in_a_reply_it_is_cut(
        self, chat: ChatPage, proxy: CuttingProxy
    ):
        chat.ask_and_await("case plain, first")
        cuts_before = proxy.cuts
        for point in range(CUTS):
            proxy.cut_after(1 + point * STEP_BYTES)
            chat.ask_and_await(f"case plain, cut at point {point}")

        assert proxy.cuts - cuts_before == CUTS
        live, stored = chat.shown(), chat.stored()
        assert len(stored) == CUTS + 1
        assert all(turn["status"] == "complete" for turn in stored)
        chat.page.reload()
        expect(chat.replies).to_have_count(CUTS + 1)
        assert chat.shown() == live

    def test_is_named_and_then_forgotten(self, chat: ChatPage, proxy: CuttingProxy):
        chat.ask_and_await("case plain, please")
        proxy.refuse(True)
        expect(chat.page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
        proxy.refuse(False)

        expect(chat.page.locator("#state")).to_be_hidden()

    def test_sends_what_was_asked_meanwhile_once_it_is_back(
        self, chat: ChatPage, proxy: CuttingProxy
    ):
        chat.ask_and_await("case plain, please")
        proxy.refuse(True)
        expect(chat.page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
        chat.ask("case plain, later")
        expect(chat.page.get_by_text("Will be sent when the connection is back.")).to_be_visible()
        proxy.refuse(False)

        chat.await_end(chat.replies.nth(1))
        assert [turn["prompt"] for turn in chat.stored()] == [
            "case plain, please",
            "case plain, later",
        ]

    def test_gives_an_unsent_message_back(self, chat: ChatPage, proxy: CuttingProxy):
        chat.ask_and_await("case plain, please")
        proxy.refuse(True)
        expect(chat.page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
        chat.ask("case plain, never mind")
        chat.button("Take back").click()
        proxy.refuse(False)

        expect(chat.box).to_have_value("case plain, never mind")
        expect(chat.replies).to_have_count(1)


class TestAReload:
    def test_in_the_middle_of_a_reply_shows_it_to_its_end(self, chat: ChatPage):
        chat.ask("case code, please")
        expect(chat.page.locator(".reply-text")).not_to_be_empty()
        chat.page.reload()
        chat.await_end(chat.replies)
        live = chat.shown()

        chat.page.reload()
        expect(chat.replies).to_have_count(1)
        assert chat.shown() == live

    def test_keeps_the_draft_of_each_thread(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")
        chat.box.fill("unfinished")
        chat.page.keyboard.press("Control+Shift+O")
        expect(chat.box).to_have_value("")
        chat.box.fill("another")
        chat.page.reload()
        expect(chat.box).to_have_value("another")
        chat.page.locator(".thread-link").first.click()

        expect(chat.box).to_have_value("unfinished")

    def test_keeps_a_message_that_could_not_be_sent(self, chat: ChatPage, proxy: CuttingProxy):
        chat.ask_and_await("case plain, please")
        proxy.refuse(True)
        expect(chat.page.get_by_text("Connection lost. Reconnecting…")).to_be_visible()
        chat.ask("case plain, kept")
        expect(chat.page.get_by_text("Will be sent when the connection is back.")).to_be_visible()
        proxy.refuse(False)
        chat.page.reload()

        chat.await_end(chat.replies.nth(1))
        assert [turn["prompt"] for turn in chat.stored()][1:] == ["case plain, kept"]


class TestASignOut:
    def test_leads_to_the_login_and_back_to_the_draft(self, lone_chat: ChatPage):
        lone_chat.ask_and_await("case plain, please")
        lone_chat.box.fill("still here")
        sign_out(lone_chat)
        lone_chat.page.reload()
        lone_chat.page.get_by_label("User name").fill("demo")
        lone_chat.page.get_by_label("Password").fill(PASSWORD)
        lone_chat.button("Sign in").click()

        expect(lone_chat.replies).to_have_count(1)
        expect(lone_chat.box).to_have_value("still here")

    def test_elsewhere_ends_the_open_socket_with_a_way_back(self, lone_chat: ChatPage):
        lone_chat.ask_and_await("case plain, please")
        sign_out(lone_chat)
        # The server remembers a sign-in for three seconds.
        lone_chat.page.wait_for_timeout(3_200)
        lone_chat.ask("case plain, still here")

        expect(
            lone_chat.page.get_by_text("You are signed out. Your draft is kept.")
        ).to_be_visible()
        expect(
            lone_chat.page.get_by_text("Will be sent when the connection is back.")
        ).to_be_visible()


def sign_out(chat: ChatPage) -> None:
    """As another tab would."""
    token = chat.page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    headers = {"X-CSRFToken": token, "Referer": chat.url}
    assert chat.page.request.post(f"{chat.url}/logout/", headers=headers).ok
