"""One Chromium for all browser tests; a page of its own for each."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.bench import Bench
from tests.browser.chromium import launched
from tests.browser.static_site import served


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
