"""One Chromium for all browser tests; a page of its own for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.admin_tab import AdminTab
from tests.browser.bench import Bench
from tests.browser.chat_page import ChatPage, signed_in
from tests.browser.chromium import launched
from tests.browser.static_site import served
from tests.live.conftest import make_site
from tests.live.site import Site, Web


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Pages are the same on both servers; a file about connections names both in `SERVERS`."""
    if "live_site" in metafunc.fixturenames:
        servers = getattr(metafunc.module, "SERVERS", ("daphne",))
        metafunc.parametrize("live_site", servers, indirect=True, scope="session")


@pytest.fixture(scope="session")
def live_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site for the browser."""
    folder = tmp_path_factory.mktemp(f"browser_{request.param}")
    site = make_site(folder, request.param, f"browser_{request.param}")
    try:
        yield site
    finally:
        site.close()


@pytest.fixture(scope="session")
def live_chat(live_site: Site) -> Web:
    """Its web process."""
    return live_site.open()


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
