"""Somebody who belongs to two organisations chats in one at a time, in all tabs alike."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.chat_page import ChatPage, signed_in
from tests.live.site import PASSWORD, Site, Web

MAKE_DAVE = f"""
from chatcore.models import Membership, Organisation, User
dave = User.objects.create_user("dave", password={PASSWORD!r})
for name in ("Acme", "Globex"):
    Membership.objects.create(user=dave, organisation=Organisation.objects.create(name=name))
"""


@pytest.fixture(scope="module")
def daves(browser: Browser, live_site: Site, live_chat: Web) -> Iterator[BrowserContext]:
    live_site.manage("shell", "-c", MAKE_DAVE)
    context = signed_in(browser, live_chat.url, "dave")
    yield context
    context.close()


def test_all_tabs_go_to_the_organisation_that_is_chosen_in_one(daves, live_chat):
    first, second = (ChatPage(daves.new_page(), live_chat.url) for _ in range(2))
    first.open()
    first.ask_and_await("case plain, for Acme")
    second.open()
    second.box.fill("a draft for Acme")

    first.page.get_by_text("dave").click()
    first.button("Globex").click()

    for tab in (first, second):
        expect(tab.page.get_by_text("Your chats will be listed here.")).to_be_visible()
        expect(tab.page).to_have_url(re.compile(rf"^{live_chat.url}/$"))
        expect(tab.box).to_have_value("")
        tab.page.get_by_text("dave").click()
        expect(tab.button("Globex")).to_have_attribute("aria-current", "true")
    first.ask_and_await("case plain, for Globex")

    second.button("Acme").click()
    expect(second.box).to_have_value("a draft for Acme")
    for tab in (first, second):
        expect(tab.page.locator(".thread-link")).to_have_text("case plain, for Acme")
    assert first.complaints == second.complaints == []
