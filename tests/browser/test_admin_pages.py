"""The admin in a browser: its pages work under the content security policy."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.live.site import Web

LISTS = [
    "chatcore/user",
    "chatcore/organisation",
    "chatcore/apitoken",
    "chatcore/thread",
    "chatcore/turn",
    "observability/attemptrecord",
    "observability/smokecase",
    "observability/smokerun",
    "django_celery_beat/periodictask",
    "routing/ladder",
    "routing/intent",
    "routing/intentrule",
    "routing/policyversion",
    "routing/provider",
    "routing/providerkey",
    "routing/deployment",
    "routing/price",
]
ADDABLE = [
    "chatcore/user",
    "chatcore/organisation",
    "chatcore/apitoken",
    "observability/smokecase",
    "routing/intent",
    "routing/provider",
    "routing/providerkey",
    "routing/deployment",
    "routing/price",
]
CHANGEABLE = [name for name in LISTS if name != "chatcore/apitoken"]


@pytest.fixture(scope="module")
def asked(live_chat: Web) -> None:
    """Two turns and a smoke evaluation that waits, so that there is something to look at."""
    person = live_chat.sign_in("staff")
    thread = person.new_thread()
    for text in ("Hello!", "case busy, the latest"):
        answer = person.client.post(
            f"/api/threads/{thread}/turns/",
            json={"id": str(uuid.uuid4()), "text": text},
            headers=person.writes,
        )
        assert answer.status_code == 200, answer.text
    answer = person.client.post("/admin/observability/smokerun/run/", headers=person.writes)
    assert answer.status_code == 302, answer.text


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
            row = admin.page.locator("#result_list tbody th a").first
            admin.visit(str(row.get_attribute("href")).removeprefix("/admin/"))

        assert admin.complaints == []

    def test_shows_the_newest_turn_first_and_why_it_was_answered_so(self, admin):
        admin.visit("chatcore/turn/")
        admin.page.locator("#result_list tbody th a").first.click()
        why = admin.page.get_by_label("Why it was answered so")

        for words in (
            "case busy, the latest",
            "case busy: ",
            "openai/sim-503",
            "called: failed, overloaded, HTTP 503; again: failed",
        ):
            expect(why.get_by_text(words).first).to_be_in_viewport()

    def test_runs_its_scripts(self, admin):
        """Alpine needs to evaluate what stands in attributes; without it no menu would open."""
        admin.visit("chatcore/user/")
        assert admin.page.evaluate("typeof Alpine") == "object"
        assert admin.page.locator("[x-cloak]").count() == 0

    def test_has_its_colours(self, admin):
        admin.visit("")
        colour = (
            "getComputedStyle(document.documentElement).getPropertyValue('--color-primary-600')"
        )

        assert admin.page.evaluate(colour).startswith("oklch(")
