"""One Chromium for all browser tests; a page of its own for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.admin_tab import AdminTab
from tests.browser.bench import Bench
from tests.browser.chat_page import ChatPage, signed_in
from tests.browser.chromium import launched
from tests.browser.static_site import served
from tests.live.conftest import make_house
from tests.live.house import House, Web


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def static_site() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def bench_page(browser: Browser, static_site: str) -> Iterator[Bench]:
    page: Page = browser.new_page()
    bench = Bench(page, static_site)
    page.goto(static_site + "/")
    expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    bench.prepare()
    yield bench
    page.close()


@pytest.fixture
def bench(bench_page: Bench) -> Bench:
    """The page's rendering modules on an empty page, every request and every win noted."""
    bench_page.clear()
    return bench_page


@pytest.fixture(scope="session", params=["daphne", "uvicorn"])
def live_house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A house for the browser, on each of the two servers."""
    folder = tmp_path_factory.mktemp(f"browser_{request.param}")
    house = make_house(folder, request.param, f"browser_{request.param}")
    try:
        yield house
    finally:
        house.close()


@pytest.fixture(scope="session")
def live_chat(live_house: House) -> Web:
    """Its web process."""
    return live_house.open()


@pytest.fixture(scope="module")
def demo_browser(browser: Browser, live_chat: Web) -> Iterator[BrowserContext]:
    context = signed_in(browser, live_chat.url)
    yield context
    context.close()


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


@pytest.fixture
def chat(demo_browser: BrowserContext, live_chat: Web) -> Iterator[ChatPage]:
    """A tab with a new chat, which must not have anything to complain about at the end."""
    chat = ChatPage(demo_browser.new_page(), live_chat.url)
    chat.open()
    yield chat
    chat.page.close()
    assert chat.complaints == []
