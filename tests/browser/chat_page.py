"""The chat as a person at a browser sees and uses it."""

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.live.site import PASSWORD

PATIENCE_MS = 20_000


class ChatPage:
    """One tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        """What the browser's console says went wrong: CSP violations and uncaught errors."""
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note)

    def open(self, path: str = "/") -> None:
        """Load a page of the chat; it may end at the login."""
        self.page.goto(self.url + path)

    def ask(self, text: str) -> None:
        """Type a message and send it."""
        self.box.fill(text)
        self.box.press("Enter")

    def ask_and_await(self, text: str) -> Locator:
        """The reply, once it has ended."""
        count = self.replies.count()
        self.ask(text)
        expect(self.replies).to_have_count(count + 1)
        self.await_end(self.replies.last)
        return self.replies.last

    def await_end(self, reply: Locator, status: str = "complete") -> None:
        expect(reply).to_have_attribute("data-status", status, timeout=PATIENCE_MS)

    def shown(self) -> list[str]:
        """The HTML of each reply's text, without the colours of code."""
        return [
            re.sub(r"</?span[^>]*>", "", html)
            for html in self.page.locator(".reply-text").evaluate_all(
                "all => all.map(n => n.innerHTML)"
            )
        ]

    def stored(self) -> list[dict[str, Any]]:
        """The thread's turns as the server has them."""
        thread = self.page.url.rstrip("/").rpartition("/")[2]
        answer = self.page.request.get(f"{self.url}/api/threads/{thread}/turns/")
        turns: list[dict[str, Any]] = answer.json()["results"]
        return turns

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def replies(self) -> Locator:
        return self.page.locator("article.reply")

    @property
    def prompts(self) -> Locator:
        return self.page.locator("article.prompt .bubble")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def _note(self, message: Any) -> None:
        # Without a connection the browser reports each failed try; that is what such tests are about.
        if message.type == "error" and "net::ERR" not in message.text:
            self.complaints.append(message.text)


def signed_in(browser: Browser, url: str, user: str = "demo", **options: Any) -> BrowserContext:
    """A browser of somebody who has signed in through the form."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(url + "/")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What shall we work on?")).to_be_visible()
    page.close()
    return context
