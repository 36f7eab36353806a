"""The weekly mail as it is seen: on a telephone and a desk, in the dark, with pictures and without.

To look at it yourself: `scripts/test tests/browser/test_rollup_mail.py --basetemp=/tmp/look` leaves
screenshots and plain texts of the weeks in /tmp/look.
"""

import base64
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from observability.rollup.charts import pictures
from observability.rollup.mail import Mail, render
from tests.observability.rollup_samples import SAMPLES

WIDTHS = [360, 700]
WEEKS = ["ordinary", "no_traffic", "first_week", "unpriced", "hostile", "crowded"]

# For every piece of text: the contrast of its colour with the nearest background that is not
# transparent, as https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio has it; the least of all, and where.
LEAST_CONTRAST = """() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number)
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor
      const [, , , alpha = 1] = parts(colour)
      if (alpha === 1) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  let least = [99, '']
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (!walker.currentNode.data.trim() || !element.offsetParent) continue
    const pair = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a)
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05)
    if (ratio < least[0]) least = [ratio, walker.currentNode.data]
  }
  return least
}"""


@pytest.fixture(scope="module", params=WEEKS)
def mail(request) -> Mail:
    """Each week's mail in turn."""
    report = SAMPLES[request.param]()
    return render(report, pictures(report), path="/admin/observability/weeklyrollup/1/change/")


@pytest.fixture(params=WIDTHS)
def width(request) -> int:
    return request.param


@pytest.fixture
def tab(browser: Browser, width: int) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.route("**/*", lambda route: route.abort())
    yield page
    page.close()


@pytest.fixture
def keep(request, tmp_path_factory, tab: Page, mail: Mail) -> Callable[[str], None]:
    """Leaves a screenshot for people to look at, where somebody has asked for a folder of them."""

    def keep(kind: str) -> None:
        if request.config.option.basetemp is None:
            return
        name = request.node.callspec.id
        tab.screenshot(path=tmp_path_factory.getbasetemp() / f"{name}-{kind}.png", full_page=True)
        (tmp_path_factory.getbasetemp() / f"{name}.txt").write_text(mail.text)

    return keep


def with_pictures(mail: Mail) -> str:
    """The HTML as a mail client shows it, each picture in its place."""
    html = mail.html
    for picture in mail.pictures:
        data = base64.b64encode(picture.png).decode()
        html = html.replace(f"cid:{picture.name}@chatcore", f"data:image/png;base64,{data}")
    return html


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


class TestTheMail:
    def test_fits_its_window_and_can_be_read(self, mail, tab, keep):
        tab.set_content(with_pictures(mail))
        keep("light")

        assert overflow(tab) <= 0
        assert tab.evaluate(LEAST_CONTRAST)[0] >= 4.5
        for image in tab.locator("img").all():
            assert image.evaluate("image => image.naturalWidth") == 2 * 480
            assert image.bounding_box()["width"] >= 300

    def test_fits_and_can_be_read_in_the_dark(self, mail, tab, keep):
        tab.emulate_media(color_scheme="dark")
        tab.set_content(with_pictures(mail))
        keep("dark")

        assert overflow(tab) <= 0
        assert tab.evaluate(LEAST_CONTRAST)[0] >= 4.5
        page_is = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert page_is == "rgb(20, 24, 26)"

    def test_says_all_without_its_pictures_and_its_style_sheet(self, mail, tab, keep):
        """As webmails show it that drop the style element and hold pictures back."""
        head, _, rest = mail.html.partition("<style>")
        tab.set_content(head + rest.partition("</style>")[2])
        keep("bare")

        assert overflow(tab) <= 0
        assert tab.evaluate(LEAST_CONTRAST)[0] >= 4.5
        for picture in mail.pictures:
            assert tab.get_by_alt_text(picture.alt).is_visible()
