"""What a client of the websocket can rely on, on both servers."""

import asyncio
import uuid

import pytest

from tests.live.site import Person, Site

pytestmark = pytest.mark.anyio


class TestATurn:
    async def test_streams_and_ends_with_the_stored_reply(self, site: Site, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab:
            accepted = await tab.ask("case plain, please")
            done = await tab.to_the_end()

        stored = demo.turn(accepted["turn"])
        assert accepted["seq"] == 0
        assert accepted["duplicate"] is False
        assert tab.shown == stored["reply"] == site.calls()[-1]["served"]["text"]
        assert done["seq"] == len(tab.shown)
        assert [frame["seq"] for frame in tab.of("delta")] == sorted(
            {frame["seq"] for frame in tab.of("delta")}
        )

    async def test_says_who_answers_before_the_first_words(self, demo: Person):
        async with demo.socket(demo.new_thread()) as tab:
            await tab.ask("case plain, please")
            await tab.to_the_end()

        types = [frame["type"] for frame in tab.frames]
        assert types.index("route") < types.index("delta")
        assert tab.of("route")[0]["provider"] == "openai"
        assert tab.of("route")[0]["intent"] == "case_plain"

    async def test_with_the_same_id_twice_is_one_turn(self, site: Site, demo: Person):
        site.forget_calls()
        id_ = str(uuid.uuid4())
        thread = demo.new_thread()
        async with demo.socket(thread) as tab, demo.socket(thread) as other:
            first = await tab.ask("case plain, once", id_)
            second = await other.ask("case plain, once", id_)
            await asyncio.gather(tab.to_the_end(), other.to_the_end())

        assert second["turn"] == first["turn"]
        assert second["duplicate"] is True
        assert tab.shown == other.shown
        assert len(site.calls()) == 1

    async def test_with_the_same_id_and_another_text_is_refused(self, demo: Person):
        id_ = str(uuid.uuid4())
        async with demo.socket(demo.new_thread()) as tab:
            await tab.ask("case plain, one", id_)
            error = await tab.ask("case plain, two", id_)

        assert (error["type"], error["code"]) == ("error", "id_reused")
        assert error["id"] == id_

    async def test_waits_for_the_one_before_it(self, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab:
            first = await tab.ask("case long, first")
            second = await tab.ask("case context, second")
            waiting = await tab.until("waiting")
            await tab.to_the_end()
            await tab.to_the_end()

        assert waiting["turn"] == second["turn"]
        ended = [frame["turn"] for frame in tab.frames if frame["type"] == "done"]
        assert ended == [first["turn"], second["turn"]]
        assert "case long, first" in demo.turn(second["turn"])["reply"]


class TestStop:
    async def test_keeps_the_part_and_leaves_the_provider(self, site: Site, demo: Person):
        site.forget_calls()
        async with demo.socket(demo.new_thread()) as tab:
            accepted = await tab.ask("case endless, please")
            await tab.until("delta")
            await tab.say("stop", turn=accepted["turn"])
            done = await tab.to_the_end()

        stored = demo.turn(accepted["turn"])
        assert done["status"] == stored["status"] == "stopped"
        assert done["usage"]["truncated"] is True
        assert (done["truncated_reason"], done["usage_source"]) == ("stopped", "estimated")
        assert tab.shown == stored["reply"] != ""
        assert site.calls()[-1]["peer_left_at"] is not None


class TestRetryAndEdit:
    async def test_retry_asks_the_same_again_and_keeps_the_old_turn(self, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab:
            first = await tab.ask("case plain, again")
            await tab.to_the_end()
            await tab.say("retry", turn=first["turn"])
            again = await tab.until("accepted")
            await tab.to_the_end()

        old, new = demo.turns(thread)
        assert again["turn"] == new["id"] != first["turn"]
        assert (new["prompt"], new["replaces"]) == ("case plain, again", old["id"])
        assert old["replaced_by"] == new["id"]

    async def test_retry_with_a_model_that_staff_offer(self, demo: Person):
        offered = demo.client.get("/api/models/").json()
        wanted = next(model["id"] for model in offered if model["id"].startswith("kimi/sim"))
        async with demo.socket(demo.new_thread()) as tab:
            first = await tab.ask("case plain, by another")
            await tab.to_the_end()
            await tab.say("retry", turn=first["turn"], model=wanted)
            await tab.until("accepted")
            done = await tab.to_the_end()

        assert done["provider"] == "kimi"

    async def test_retry_with_a_model_that_they_do_not_is_refused(self, demo: Person):
        async with demo.socket(demo.new_thread()) as tab:
            first = await tab.ask("case plain, by another")
            await tab.to_the_end()
            await tab.say("retry", turn=first["turn"], model="openai/sim-echo-pace0")
            error = await tab.until("error")

        assert error["code"] == "model_not_offered"

    async def test_edit_replaces_the_last_prompt(self, demo: Person):
        thread = demo.new_thread()
        async with demo.socket(thread) as tab:
            await tab.ask("case plain, kept")
            await tab.to_the_end()
            second = await tab.ask("case plain, misspelt")
            await tab.to_the_end()
            await tab.say(
                "edit", turn=second["turn"], id=str(uuid.uuid4()), text="case context, mended"
            )
            await tab.until("accepted")
            await tab.to_the_end()

        reply = demo.turns(thread)[-1]["reply"]
        assert "case plain, kept" in reply
        assert "case context, mended" in reply
        assert "misspelt" not in reply


class TestFaults:
    async def test_a_busy_provider_is_replaced_silently_and_named(self, demo: Person):
        async with demo.socket(demo.new_thread()) as tab:
            await tab.ask("case busy, please")
            done = await tab.to_the_end()

        assert tab.of("reset") == []
        assert done["fallback_used"] is True
        assert done["provider"] == "kimi"
        assert "so Kimi answered" in done["reason"]

    async def test_a_cut_reply_is_restarted_in_sight(self, site: Site, demo: Person):
        async with demo.socket(demo.new_thread()) as tab:
            accepted = await tab.ask("case cut, please")
            done = await tab.to_the_end()

        reset = tab.of("reset")[0]
        assert reset["seq"] == 2**32
        assert done["status"] == "complete"
        assert tab.shown == demo.turn(accepted["turn"])["reply"]
        assert tab.shown == site.calls()[-1]["served"]["text"]
        assert len(tab.of("route")) == 2

    async def test_a_cut_reply_is_kept_where_the_policy_says_so(self, site: Site, demo: Person):
        async with demo.socket(demo.new_thread()) as tab:
            accepted = await tab.ask("case broken, please")
            failed = await tab.to_the_end()

        stored = demo.turn(accepted["turn"])
        assert (failed["type"], failed["code"]) == ("failed", "interrupted")
        assert stored["reply"] == tab.shown == site.calls()[-1]["served"]["text"]
        assert failed["reference"] == stored["reference"]

    async def test_a_filter_is_one_plain_sentence(self, demo: Person):
        async with demo.socket(demo.new_thread()) as tab:
            await tab.ask("case filter, please")
            failed = await tab.to_the_end()

        assert failed["code"] == "content_filter"
        assert failed["message"].count(".") == 1

    async def test_a_token_limit_is_complete_and_truncated(self, demo: Person):
        async with demo.socket(demo.new_thread()) as tab:
            await tab.ask("case limit, please")
            done = await tab.to_the_end()

        assert done["status"] == "complete"
        assert done["finish_reason"] == "length"
        assert done["usage"]["truncated"] is True

    async def test_the_reply_cache_answers_again_for_nothing(self, site: Site, demo: Person):
        site.forget_calls()
        ended = []
        for _ in range(2):
            async with demo.socket(demo.new_thread()) as tab:
                await tab.ask("case kept, please")
                ended.append(await tab.to_the_end())

        first, again = ended
        assert (first["cache_hit"], again["cache_hit"]) == (False, True)
        assert again["usage"]["cost_est"] == "0"
        assert again["usage"]["output_tokens"] == first["usage"]["output_tokens"]
        assert len(site.calls()) == 1
