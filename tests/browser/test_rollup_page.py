"""The weekly rollups in the admin, in a browser."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.live.site import Site, Web

ROLLUPS = "observability/weeklyrollup/"
RECIPIENTS = "observability/recipient/"


@pytest.fixture(scope="module")
def rollup(live_site: Site, live_chat: Web) -> None:
    """A stored week of hostile names, with three mails."""
    program = "from tests.observability.rollup_rows import *; keep_one_with_trouble()"
    live_site.manage("shell", "-c", program)


@pytest.mark.usefixtures("rollup")
class TestARollupsPage:
    def test_shows_the_report_and_its_charts_without_a_complaint(self, admin):
        admin.visit(ROLLUPS)
        admin.page.get_by_role("link", name="2026-11-22").click()

        expect(admin.page.get_by_role("heading", name="What to do about it")).to_be_visible()
        charts = admin.page.get_by_alt_text(re.compile("^(Cost|Turns) per day: "))
        expect(charts).to_have_count(2)
        for chart in charts.all():
            expect(chart).to_have_js_property("naturalWidth", 960)
        expect(admin.page.get_by_text("<script>alert(1)</script>").first).to_be_visible()
        assert admin.complaints == []

    def test_fits_on_a_telephone(self, admin):
        admin.visit(ROLLUPS)
        admin.page.get_by_role("link", name="2026-11-22").click()
        admin.page.set_viewport_size({"width": 360, "height": 800})

        assert admin.page.evaluate("document.documentElement.scrollWidth") <= 360

    def test_sends_again_what_failed(self, admin):
        admin.visit(ROLLUPS)
        admin.page.get_by_role("link", name="2026-11-22").click()
        failed = admin.page.get_by_role("listitem").filter(has_text="failed@example.com")
        failed.get_by_role("button", name="Send again").click()

        expect(admin.page.get_by_text("It waits to be sent")).to_be_visible()
        expect(failed).to_contain_text("Waiting to be sent")
        expect(failed.get_by_role("button")).to_have_count(0)
        assert admin.complaints == []

    def test_says_why_no_test_was_sent(self, admin):
        admin.visit(ROLLUPS)
        admin.page.get_by_role("link", name="2026-11-22").click()
        admin.page.get_by_role("button", name="Send me a test").click()

        expect(admin.page.get_by_text("your account has no e-mail address")).to_be_visible()


class TestTheListOfRecipients:
    def test_takes_an_address(self, admin):
        address = f"{uuid.uuid4().hex[:8]}@example.com"
        admin.visit(f"{RECIPIENTS}add/")
        admin.page.get_by_label("E-mail address").fill(address)
        admin.save()

        row = admin.page.get_by_role("row").filter(has_text=address)
        expect(row).to_contain_text("all organisations")
        expect(row).to_contain_text("staff")
        assert admin.complaints == []
