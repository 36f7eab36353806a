"""What staff decide in the admin, the next message obeys: in this web process and in every other."""

import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.admin_tab import AdminTab
from tests.browser.chat_page import ChatPage
from tests.live.site import Site, Web

OBEYED_WITHIN_S = 2.0
# A second process runs on the other server, so one site is enough to see both obey.
OTHER = {"daphne": "uvicorn", "uvicorn": "daphne"}
Turn = dict[str, Any]


def ask(web: Web, text: str) -> Turn:
    """The turn that answers a message through the HTTP endpoint; for a failed one, its failure."""
    person = web.sign_in("demo")
    answer = person.client.post(
        f"/api/threads/{person.new_thread()}/turns/",
        json={"id": str(uuid.uuid4()), "text": text},
        headers=person.writes,
    )
    turn: Turn = answer.json()
    return turn


class Processes:
    """All web processes of a site, which must obey soon after staff have saved."""

    def __init__(self, webs: list[Web]) -> None:
        self.webs = webs
        for web in webs:
            web.sign_in("demo")

    def answer(self, text: str, *, obeying: Callable[[Turn], bool]) -> None:
        """Ask each until it obeys; a message sent two seconds after this call or later must."""
        saved = time.monotonic()
        for web in self.webs:
            sent = time.monotonic()
            while not obeying(turn := ask(web, text)):
                assert sent - saved < OBEYED_WITHIN_S, (web.url, turn)
                sent = time.monotonic()

    def answer_by(self, version: int, text: str, model: str) -> None:
        """Each answers by this version, with this `<provider>/<model>`."""
        self.answer(
            text,
            obeying=lambda turn: (
                turn.get("policy_version") == version
                and f"{turn['provider']}/{turn['model']}" == model
            ),
        )


@pytest.fixture(scope="module")
def processes(live_site: Site, live_chat: Web) -> Processes:
    """The one whose admin staff use, and one of the other server."""
    return Processes([live_chat, live_site.open(OTHER[live_site.server])])


@pytest.fixture(scope="module", autouse=True)
def _as_it_was(live_chat: Web) -> Iterator[None]:
    """Other tests find the policy that they expect."""
    before = ask(live_chat, "case plain, before")["policy_version"]
    yield
    staff = live_chat.sign_in("staff")
    address = f"/admin/routing/policyversion/{before}/revert/"
    staff.client.get(address)
    reverted = staff.client.post(
        address, headers={**staff.writes, "Referer": live_chat.url + address}
    )
    assert reverted.status_code == 302, reverted.text


def newest_version(admin: AdminTab) -> int:
    """The version in force, as the list of versions shows it."""
    admin.visit("routing/policyversion/")
    return int(admin.page.locator("#result_list tbody th").first.inner_text())


class TestALadder:
    def test_is_climbed_in_the_order_it_was_dragged_to(
        self, admin: AdminTab, processes: Processes, chat: ChatPage
    ):
        admin.open_row("routing/ladder/", "(case_cut)")
        admin.drag_rung(1, to=0)
        admin.save()
        version = admin.published()
        processes.answer_by(version, "case cut, dragged", "kimi/sim-ok-tokens40-pace2")
        reply = chat.ask_and_await("case cut, on the page")

        expect(reply).to_contain_text("sim-ok-tokens40-pace2")
        assert chat.stored()[0]["policy_version"] == version
        assert chat.stored()[0]["fallback_used"] is False

    def test_goes_on_to_a_rung_that_was_added(self, admin: AdminTab, processes: Processes):
        admin.open_row("routing/ladder/", "(case_dead)")
        admin.add_rung("kimi/sim-ok-tokens40-pace2")
        admin.save()

        processes.answer_by(admin.published(), "case dead, no more", "kimi/sim-ok-tokens40-pace2")


class TestAnIntent:
    def test_takes_messages_with_a_ladder_of_its_own(self, admin: AdminTab, processes: Processes):
        admin.visit("routing/intent/add/")
        admin.page.get_by_label("Label").fill("beekeeping")
        admin.page.get_by_label("Name").fill("beekeeping")
        admin.add_rule("Keyword or phrase", "beehive", "9")
        admin.save()
        admin.published()
        admin.open_row("routing/ladder/", "(beekeeping)")
        admin.rungs().first.locator("select").select_option(
            label="sim-echo-pace0 (openai/sim-echo-pace0)"
        )
        admin.save()
        version = admin.published()

        processes.answer(
            f"Where should my beehive stand? {uuid.uuid4()}",
            obeying=lambda turn: (
                turn["policy_version"] == version
                and turn["intent"] == "beekeeping"
                and turn["reason"] == "beekeeping: mentions “beehive”"
                and turn["model"] == "sim-echo-pace0"
            ),
        )

    def test_has_rules_that_can_be_found_and_weighed_anew(
        self, admin: AdminTab, processes: Processes
    ):
        admin.visit("routing/intentrule/?q=case+context")
        admin.page.locator("#result_list tbody th a").click()
        admin.page.get_by_label("Text").fill("lighthouse keeper")
        admin.page.get_by_label("Kind").select_option(label="Keyword or phrase")
        admin.save()
        version = admin.published()

        processes.answer(
            "Once a lighthouse keeper",
            obeying=lambda turn: (
                turn["policy_version"] == version and turn["intent"] == "case_context"
            ),
        )


class TestAKey:
    @pytest.fixture
    def _openai_comes_back(self, admin: AdminTab) -> Iterator[None]:
        yield
        self.switch_openai(admin)

    @pytest.mark.usefixtures("_openai_comes_back")
    def test_switched_off_takes_its_provider_out_of_every_ladder(
        self, admin: AdminTab, processes: Processes
    ):
        self.switch_openai(admin)

        processes.answer(
            "case plain, please", obeying=lambda turn: turn.get("code") == "providers_unavailable"
        )
        processes.answer(
            f"Write a Python function that doubles {uuid.uuid4()}",
            obeying=lambda turn: turn["intent"] == "coding_help" and turn["provider"] == "kimi",
        )

    def switch_openai(self, admin: AdminTab) -> None:
        admin.visit("routing/providerkey/")
        row = admin.page.locator("#result_list tbody tr").filter(has_text="OpenAI")
        row.locator("th a").click()
        admin.page.get_by_label("Enabled").click()
        admin.save()
        expect(admin.page.get_by_text("was changed successfully")).to_be_visible()


class TestAPrice:
    @pytest.mark.parametrize(("day", "input_usd", "output_usd"), [(1, "3", "15"), (2, "0.5", "4")])
    def test_is_what_the_next_message_costs(
        self, admin: AdminTab, processes: Processes, day: int, input_usd: str, output_usd: str
    ):
        admin.visit("routing/price/add/")
        admin.page.get_by_label("Provider").select_option(label="OpenAI")
        admin.page.get_by_label("Model").fill("sim-ok-tokens60-pace2")
        admin.page.locator("[name=effective_from_0]").fill(f"2026-01-0{day}")
        admin.page.locator("[name=effective_from_1]").fill("00:00:00")
        admin.page.locator("[name=input_usd]").fill(input_usd)
        admin.page.locator("[name=output_usd]").fill(output_usd)
        admin.save()
        expect(admin.page.get_by_text("was added successfully")).to_be_visible()

        processes.answer(
            "case plain, for money",
            obeying=lambda turn: (
                turn["usage"]["cost_est"] is not None
                and Decimal(turn["usage"]["cost_est"]) * 1_000_000
                == turn["usage"]["input_tokens"] * Decimal(input_usd)
                + turn["usage"]["output_tokens"] * Decimal(output_usd)
            ),
        )


class TestTryAMessage:
    def test_shows_scores_and_rungs_and_sends_nothing(self, admin: AdminTab, live_site: Site):
        live_site.forget_calls()
        admin.visit("routing/try/")
        admin.page.get_by_label("Message").fill("Write a function that parses JSON in Python")
        admin.page.get_by_role("button", name="Try", exact=True).click()
        decision = admin.page.get_by_label("Decision")

        likely = decision.get_by_role("table").filter(has_text="Probability").get_by_role("row")
        expect(likely.filter(has_text="coding help")).to_contain_text("what was learned")
        expect(decision.get_by_role("cell", name="python", exact=True)).to_be_visible()
        expect(decision.get_by_role("row").filter(has_text="GPT-6.1 Terra")).to_contain_text(
            "would be asked first"
        )
        expect(decision.get_by_role("row").filter(has_text="Kimi K3.1 Pro")).to_contain_text(
            "would be asked as number 2"
        )
        expect(decision.get_by_role("row").filter(has_text="SmolLM2")).to_contain_text(
            "passed over: the local model is not running"
        )
        assert live_site.calls() == []
        assert admin.complaints == []


class TestAVersion:
    def test_comes_back_with_one_button(self, admin: AdminTab, processes: Processes):
        before = newest_version(admin)
        admin.open_row("routing/ladder/", "(case_echo)")
        admin.add_rung("kimi/sim-ok-tokens40-pace2")
        admin.drag_rung(1, to=0)
        admin.save()
        processes.answer_by(admin.published(), "case echo, away", "kimi/sim-ok-tokens40-pace2")
        admin.visit("routing/policyversion/")
        admin.page.locator("#result_list").get_by_role("link", name=str(before), exact=True).click()
        admin.page.get_by_role("link", name="Revert to this version").click()
        admin.page.get_by_role("button", name="Revert to this version").click()

        processes.answer_by(admin.published(), "case echo, back", "openai/sim-echo-pace0")


class TestAStaleForm:
    def test_is_refused_with_its_edits_kept_until_it_is_saved_again(
        self, admin: AdminTab, staff_browser: BrowserContext, live_chat: Web
    ):
        colleague = AdminTab(staff_browser.new_page(), live_chat.url)
        admin.open_row("routing/ladder/", "(case_limit)")
        admin.add_rung("kimi/kimi-k2.6")
        colleague.open_row("routing/ladder/", "(case_filter)")
        colleague.add_rung("kimi/kimi-k2.6")
        colleague.save()
        theirs = colleague.published()
        admin.save()

        expect(
            admin.page.get_by_text(f"While you were editing, staff saved version {theirs}")
        ).to_be_visible()
        assert newest_version(colleague) == theirs
        assert admin.rung_names()[1:] == ["Kimi K2.6 (kimi/kimi-k2.6)"]
        admin.save()
        assert admin.published() == theirs + 1
        colleague.page.close()


class TestAnInvalidSave:
    def test_changes_nothing_keeps_the_form_and_names_the_field(
        self, admin: AdminTab, staff_browser: BrowserContext, live_chat: Web
    ):
        before = newest_version(admin)
        admin.open_row("routing/intent/", "case plain")
        admin.page.get_by_label("Description").fill("Typed before the mistake.")
        admin.add_rule("Pattern (RE2)", "(?=looks ahead)", "2")
        admin.save()
        wrong = admin.page.locator("#rules-data tbody.form-group:not(.empty-form)").last

        expect(wrong.locator("td.field-text")).to_contain_text("RE2")
        expect(wrong.locator("input[name$=text]")).to_have_value("(?=looks ahead)")
        expect(admin.page.get_by_label("Description")).to_have_value("Typed before the mistake.")
        assert newest_version(admin) == before
