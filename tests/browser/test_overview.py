"""The overview as staff at a browser see it: drawn under the admin's policy, its tables holding it all."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.live.site import Web

PROMPTS = (
    "Hello!",
    "case busy, the overview",
    "case limit, the overview",
    "case dead, the overview",
)


@pytest.fixture(scope="module")
def asked(live_chat: Web) -> str:
    """Turns that are answered, that fall back and that fail; the days in which they lie, as an address says it.

    Two days, as midnight may come between.
    """
    today = datetime.now(UTC).date()
    person = live_chat.sign_in("staff")
    for text in PROMPTS:
        thread = person.new_thread()
        answer = person.client.post(
            f"/api/threads/{thread}/turns/",
            json={"id": str(uuid.uuid4()), "text": text},
            headers=person.writes,
        )
        assert answer.status_code in {200, 502}, answer.text
    return f"start={today}&end={today + timedelta(days=1)}"


@pytest.fixture
def overview(asked, admin):
    """The page of these days, with every turn recorded; nothing may complain."""
    url = f"{admin.url}/admin/overview/?{asked}&format=json"
    for _ in range(50):
        if json.loads(admin.page.request.get(url).text())["overview"]["total"]["turns"] >= len(
            PROMPTS
        ):
            break
        admin.page.wait_for_timeout(100)
    admin.visit(f"overview/?{asked}")
    yield admin
    assert admin.complaints == []


class TestTheOverview:
    def test_draws_a_chart_for_each_canvas(self, overview):
        canvases = overview.page.locator("canvas[data-chart]")
        expect(overview.page.locator(".overview")).to_have_attribute("data-drawn", "6")

        assert canvases.count() == 6
        for place in range(6):
            inked = canvases.nth(place).evaluate(
                "canvas => canvas.getContext('2d')"
                ".getImageData(0, 0, canvas.width, canvas.height).data.some(part => part)"
            )
            assert inked

    def test_is_drawn_anew_in_the_dark(self, overview):
        picture = "document.querySelector('canvas[data-chart=turns]').toDataURL()"
        light = overview.page.evaluate(picture)
        overview.page.evaluate("document.documentElement.classList.toggle('dark')")
        overview.page.evaluate("new Promise(done => requestAnimationFrame(() => done()))")

        assert overview.page.evaluate(picture) != light

    def test_says_the_same_in_tiles_tables_and_json(self, overview):
        address = f"{overview.page.url}&format=json"
        total = json.loads(overview.page.request.get(address).text())["overview"]["total"]
        tile = overview.page.locator(".tile", has=overview.page.get_by_text("Cost", exact=True))
        below = overview.page.locator("#table-moments tfoot td").all_inner_texts()
        rows = overview.page.locator("#table-moments tbody tr").all()

        cost = Decimal(tile.locator(".tile-value").inner_text().rpartition("$")[2])
        assert cost == Decimal(total["cost_usd"]) == Decimal(below[1].split()[-1])
        assert int(below[0]) == total["turns"] >= len(PROMPTS)
        assert sum(int(row.locator("td").first.inner_text()) for row in rows) == total["turns"]

    def test_is_asked_by_its_form(self, overview):
        page = overview.page
        page.get_by_label("Days (UTC)").select_option("30days")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**span=30days**")
        expect(page.get_by_role("heading", name="By day (UTC)")).to_be_visible()

    def test_takes_days_that_are_typed_for_the_span(self, overview):
        page = overview.page
        overview.visit("overview/?span=today")
        page.get_by_label("From").fill("2026-01-02")
        page.get_by_label("To", exact=True).fill("2026-01-01")
        expect(page.get_by_label("Days (UTC)")).to_have_value("custom")
        page.get_by_role("button", name="Show").click()

        expect(page.get_by_role("alert")).to_have_text("The last day comes before the first.")

    def test_leads_from_a_row_to_its_attempts(self, overview):
        overview.page.locator("#table-failed_calls tbody a").first.click()

        expect(overview.page.locator("#result_list tbody tr").first).to_be_visible()
        assert "/admin/observability/attemptrecord/" in overview.page.url

    @pytest.mark.parametrize("width", [390, 1280])
    def test_fits_the_window(self, overview, width: int):
        overview.page.set_viewport_size({"width": width, "height": 900})
        lists = ("observability/attemptrecord/", "observability/incident/")
        for path in ("overview/?span=today", *lists):
            overview.visit(path)
            assert overview.page.evaluate("document.documentElement.scrollWidth") == width

    def test_can_be_scrolled_without_a_mouse(self, overview):
        for region in overview.page.locator(".scroller").all():
            assert region.get_attribute("tabindex") == "0"
            assert region.get_attribute("aria-labelledby")


class TestSomebodyWhoMayNotSeeAttempts:
    def test_is_shown_no_way_there(self, demo_browser, live_chat: Web):
        page = demo_browser.new_page()
        page.goto(f"{live_chat.url}/admin/overview/")

        assert "/login/" in page.url
        page.close()
