"""What a person does in the chat, with the real page, server and database; the simulator answers."""

from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.hostile_markdown import PAYLOADS
from tests.live.site import Web


class TestAsking:
    def test_streams_the_reply_and_says_who_answered_and_why(self, chat: ChatPage):
        chat.ask("case code, please")
        expect(chat.replies).to_have_attribute("data-status", "running")
        chat.await_end(chat.replies)

        expect(chat.replies.locator(".model")).to_have_text("sim-code-pace20")
        expect(chat.replies.locator(".reason")).to_contain_text("case code")
        expect(chat.replies.locator(".facts")).to_contain_text("tokens in")
        expect(chat.replies.locator("pre code span").first).to_be_visible()

    def test_gives_the_new_thread_an_address_and_a_name(self, chat: ChatPage):
        chat.ask_and_await("case plain, name me")

        assert "/threads/" in chat.page.url
        expect(chat.page.get_by_role("heading", level=1)).to_have_text("case plain, name me")
        expect(chat.page.locator(".thread-link[aria-current]")).to_have_text("case plain, name me")

    def test_shows_the_same_after_a_reload(self, chat: ChatPage):
        chat.ask_and_await("case code, please")
        before = chat.shown()

        chat.page.reload()

        expect(chat.replies).to_have_count(1)
        assert chat.shown() == before

    def test_says_when_another_provider_had_to_answer(self, chat: ChatPage):
        reply = chat.ask_and_await("case busy, please")

        expect(reply.locator(".reason")).to_contain_text("so Kimi answered")

    def test_shows_only_the_whole_new_answer_after_a_restart(self, chat: ChatPage):
        reply = chat.ask_and_await("case cut, please")

        expect(reply.locator(".reply-text")).to_contain_text("Kimi speaking")
        expect(reply.locator(".reply-text")).not_to_contain_text("Openai")

    def test_sends_the_next_message_while_one_streams(self, chat: ChatPage):
        chat.ask("case lasts3, first")
        expect(chat.replies).to_have_attribute("data-status", "running")
        chat.ask("case plain, second")

        expect(chat.replies.nth(1)).to_have_attribute("data-status", "waiting")
        expect(chat.page.get_by_text("Waits for the reply above.")).to_be_visible()
        chat.await_end(chat.replies.nth(1))
        assert [turn["prompt"] for turn in chat.stored()] == [
            "case lasts3, first",
            "case plain, second",
        ]

    def test_keeps_what_was_typed_before_the_page_had_started(self, chat: ChatPage):
        held: list[Route] = []
        chat.page.route("**/composer*.js", lambda route: held.append(route))
        with chat.page.expect_request("**/composer*.js"):
            chat.page.goto(chat.page.url, wait_until="commit")
        chat.box.fill("typed early")
        held[0].continue_()

        expect(chat.button("Send")).to_be_enabled()
        expect(chat.box).to_have_value("typed early")
        chat.box.fill("")

    def test_starts_a_line_with_shift_and_enter(self, chat: ChatPage):
        chat.box.type("case plain")
        chat.box.press("Shift+Enter")
        chat.box.type("two lines")
        chat.box.press("Enter")

        expect(chat.prompts).to_have_text("case plain\ntwo lines")

    def test_reads_out_the_finished_reply(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")

        expect(chat.page.locator("[aria-live=polite]")).to_contain_text(
            "Reply: **Openai** speaking"
        )


class TestFailing:
    def test_says_one_sentence_with_a_reference_and_offers_retry(self, chat: ChatPage):
        chat.ask("case dead, please")
        chat.await_end(chat.replies, "failed")

        notice = chat.replies.locator(".notice")
        expect(notice).to_contain_text("No model could answer just now.")
        expect(notice.locator("code")).to_have_text(chat.stored()[0]["reference"])
        expect(notice.get_by_role("button", name="Retry")).to_be_visible()

    def test_says_that_a_reply_was_cut_short(self, chat: ChatPage):
        reply = chat.ask_and_await("case limit, please")

        expect(reply.locator(".badge")).to_have_text("cut short: it reached its length limit")


class TestStopping:
    def test_keeps_the_part_by_button(self, chat: ChatPage):
        chat.ask("case endless, please")
        expect(chat.page.locator(".reply-text")).to_contain_text("speaking")
        chat.button("Stop the reply").click()
        chat.await_end(chat.replies, "stopped")

        expect(chat.replies.locator(".badge")).to_have_text("cut short: you stopped it")
        shown = chat.shown()
        chat.page.reload()
        expect(chat.replies).to_have_count(1)
        assert chat.shown() == shown

    def test_stops_by_escape(self, chat: ChatPage):
        chat.ask("case endless, please")
        expect(chat.page.locator(".reply-text")).to_contain_text("speaking")
        chat.page.keyboard.press("Escape")

        chat.await_end(chat.replies, "stopped")


class TestAskingAgain:
    def test_retries_and_keeps_the_old_reply_viewable(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")
        chat.button("Retry").click()

        expect(chat.page.locator(".version-position")).to_have_text("2 of 2")
        chat.await_end(chat.replies)
        chat.button("Earlier version").click()
        expect(chat.page.locator(".version-position")).to_have_text("1 of 2")
        assert chat.stored()[1]["replaces"] == chat.stored()[0]["id"]

    def test_retries_with_a_model_that_staff_offer(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")
        chat.button("Retry with…").click()
        chat.page.get_by_role("menuitem", name="sim-ok-tokens40-pace2").click()

        expect(chat.page.locator(".version-position")).to_have_text("2 of 2")
        chat.await_end(chat.replies)
        expect(chat.replies.locator(".model")).to_have_text("sim-ok-tokens40-pace2")

    def test_edits_the_last_prompt_and_keeps_the_old_one(self, chat: ChatPage):
        chat.ask_and_await("case plain, before")
        chat.prompts.hover()
        chat.button("Edit and send again").click()
        box = chat.page.get_by_role("textbox", name="Edit message")
        box.fill("case plain, after")
        box.press("Enter")

        expect(chat.prompts).to_have_text("case plain, after")
        chat.await_end(chat.replies)
        chat.button("Earlier version").click()
        expect(chat.prompts).to_have_text("case plain, before")


class TestCopying:
    def test_takes_the_reply_as_it_was_written(self, chat: ChatPage):
        chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        chat.ask_and_await("case code, please")
        chat.button("Copy reply").click()
        expect(chat.button("Copied")).to_be_visible()

        copied = chat.page.evaluate("() => navigator.clipboard.readText()")
        assert copied == chat.stored()[0]["reply"]

    def test_takes_a_block_of_code_alone(self, chat: ChatPage):
        chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        chat.ask_and_await("case code, please")
        chat.button("Copy code").first.click()
        expect(chat.button("Copied")).to_be_visible()

        copied = chat.page.evaluate("() => navigator.clipboard.readText()")
        assert copied == chat.page.locator("pre code").first.text_content()


class TestFeedback:
    def test_keeps_a_thumb_and_a_note(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")
        chat.button("Bad reply").click()
        chat.page.get_by_role("textbox", name="Your note").fill("too short")
        chat.button("Send note").click()
        expect(chat.page.get_by_role("textbox", name="Your note")).to_be_hidden()

        assert chat.stored()[0]["feedback"] == {"thumb": "down", "note": "too short"}
        chat.page.reload()
        expect(chat.button("Bad reply")).to_have_attribute("aria-pressed", "true")

    def test_takes_a_thumb_back(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")
        chat.button("Good reply").click()
        expect(chat.page.get_by_role("textbox", name="Your note")).to_be_visible()
        chat.button("Good reply").click()
        expect(chat.page.get_by_role("textbox", name="Your note")).to_be_hidden()

        assert chat.stored()[0]["feedback"] is None


class TestThreads:
    def test_finds_a_thread_by_its_name(self, chat: ChatPage):
        chat.ask_and_await("case plain, about xylophones")
        chat.button("New chat").or_(chat.page.get_by_role("link", name="New chat")).first.click()
        chat.page.get_by_role("searchbox", name="Search chats").fill("xylophones")

        expect(chat.page.locator(".thread-link")).to_have_count(1)

    def test_renames_a_thread(self, chat: ChatPage):
        chat.ask_and_await("case plain, old name")
        chat.button("Rename case plain, old name").click()
        box = chat.page.get_by_role("textbox", name="Name of the chat")
        box.fill("A better name")
        box.press("Enter")

        expect(chat.page.get_by_role("heading", level=1)).to_have_text("A better name")
        chat.page.reload()
        expect(chat.page.get_by_role("heading", level=1)).to_have_text("A better name")

    def test_deletes_a_thread_once_confirmed(self, chat: ChatPage):
        chat.ask_and_await("case plain, delete me")
        address = chat.page.url
        chat.button("Delete case plain, delete me").click()
        chat.page.get_by_role("dialog").get_by_role("button", name="Delete").click()

        expect(chat.page.get_by_role("heading", name="What shall we work on?")).to_be_visible()
        assert chat.page.request.get(address.replace("/threads/", "/api/threads/")).status == 404

    def test_starts_a_new_chat_by_keyboard(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")
        chat.page.keyboard.press("Control+Shift+O")

        expect(chat.page.get_by_role("heading", name="What shall we work on?")).to_be_visible()
        expect(chat.box).to_be_focused()

    def test_goes_back_with_the_browser(self, chat: ChatPage):
        chat.ask_and_await("case plain, please")
        chat.page.keyboard.press("Control+Shift+O")
        expect(chat.replies).to_have_count(0)
        chat.page.go_back()

        expect(chat.replies).to_have_count(1)


class TestTwoTabs:
    def test_both_follow_a_reply_that_one_asked_for(
        self, chat: ChatPage, demo_browser: BrowserContext, live_chat: Web
    ):
        chat.ask_and_await("case plain, please")
        other = ChatPage(demo_browser.new_page(), live_chat.url)
        other.open(chat.page.url.removeprefix(live_chat.url))
        expect(other.replies).to_have_count(1)

        chat.ask("case code, for both")
        expect(other.replies).to_have_count(2)
        chat.await_end(chat.replies.nth(1))
        other.await_end(other.replies.nth(1))

        assert other.shown() == chat.shown()
        other.page.close()


class TestHostileReplies:
    def test_run_nothing_and_fetch_nothing_on_the_real_page(self, chat: ChatPage, live_chat: Web):
        requests: list[str] = []
        dialogs: list[str] = []
        chat.page.on("request", lambda request: requests.append(request.url))
        chat.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        chat.page.evaluate(
            "() => { window.pwned = () => { document.body.dataset.pwned = 'yes'; }; }"
        )
        # Each alone is tried by `test_hostile_markdown`, on the page's own modules.
        payloads = list(PAYLOADS.values())
        for first in range(0, len(payloads), 6):
            some = payloads[first : first + 6]
            chat.ask_and_await("\n\n---\n\n".join(["case echo", *some]))

        expect(chat.page.locator("body")).not_to_have_attribute("data-pwned", "yes")
        assert [url for url in requests if not url.startswith(live_chat.url)] == []
        assert dialogs == []
