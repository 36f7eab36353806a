"""The admin in a browser: its pages work under the content security policy."""

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chat_page import signed_in
from tests.live.house import Web

LISTS = [
    "auth/user",
    "auth/group",
    "chatcore/organisation",
    "chatcore/apitoken",
    "chatcore/thread",
    "chatcore/turn",
    "observability/attemptrecord",
    "django_celery_beat/periodictask",
    "routing/ladder",
    "routing/intent",
    "routing/policyversion",
    "routing/provider",
    "routing/providerkey",
    "routing/deployment",
    "routing/price",
]
ADDABLE = [
    "auth/user",
    "auth/group",
    "chatcore/organisation",
    "chatcore/apitoken",
    "routing/intent",
    "routing/provider",
    "routing/providerkey",
    "routing/deployment",
    "routing/price",
]
CHANGEABLE = [name for name in LISTS if name != "chatcore/apitoken"]


class AdminTab:
    """A tab of a superuser; it notes what the browser's console complains about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", self._note)

    def _note(self, message) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def visit(self, path: str) -> None:
        answer = self.page.goto(f"{self.url}/admin/{path}", wait_until="load")
        assert answer is not None
        assert answer.status == 200, path


@pytest.fixture(scope="module")
def staff_browser(browser: Browser, live_chat: Web) -> Iterator[BrowserContext]:
    context = signed_in(browser, live_chat.url, "staff")
    yield context
    context.close()


@pytest.fixture
def admin(staff_browser: BrowserContext, live_chat: Web) -> Iterator[AdminTab]:
    tab = AdminTab(staff_browser.new_page(), live_chat.url)
    yield tab
    tab.page.close()


@pytest.fixture(scope="module")
def asked(live_chat: Web) -> None:
    """One turn, so that there is a thread, a turn and an attempt to look at."""
    person = live_chat.sign_in("staff")
    answer = person.client.post(
        f"/api/threads/{person.new_thread()}/turns/",
        json={"id": str(uuid.uuid4()), "text": "Hello!"},
        headers=person.writes,
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("asked")
class TestTheAdmin:
    def test_shows_its_lists_without_a_complaint(self, admin):
        for name in ["", *(f"{name}/" for name in LISTS)]:
            admin.visit(name)

        assert admin.complaints == []

    def test_shows_its_forms_without_a_complaint(self, admin):
        for name in [*(f"{name}/add/" for name in ADDABLE), "routing/policy/1/change/"]:
            admin.visit(name)
        admin.visit("routing/try/")

        assert admin.complaints == []

    def test_shows_a_row_of_each_table_without_a_complaint(self, admin):
        for name in CHANGEABLE:
            admin.visit(f"{name}/")
            row = admin.page.locator("#result_list th a").first
            admin.visit(str(row.get_attribute("href")).removeprefix("/admin/"))

        assert admin.complaints == []

    def test_runs_its_scripts(self, admin):
        """Alpine needs to evaluate what stands in attributes; without it no menu would open."""
        admin.visit("auth/user/")
        assert admin.page.evaluate("typeof Alpine") == "object"
        assert admin.page.locator("[x-cloak]").count() == 0

    def test_has_its_colours(self, admin):
        admin.visit("")
        colour = (
            "getComputedStyle(document.documentElement).getPropertyValue('--color-primary-600')"
        )

        assert admin.page.evaluate(colour).startswith("oklch(")
