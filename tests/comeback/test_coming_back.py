"""The site comes back by itself, at once, from whatever its surroundings do: with twenty replies followed
by websockets, as events and as JSON, on both servers."""

import pytest

from tests.comeback.conftest import Story
from tests.comeback.matrix import SERVERS, Cause
from tests.comeback.readers import Reader

OUTAGES = ("restarted", "crashed", "away for 2 s", "away for 20 s", "away for 75 s")
OF_REDIS = ("Redis restarted", "Redis hung")
SOON_S = 2.0
SENTENCES = {"interrupted": "The reply broke off. What had arrived is kept; you can retry."}

each_cause = pytest.mark.parametrize("name", [*OUTAGES, *OF_REDIS])
each_outage = pytest.mark.parametrize("name", OUTAGES)
each_server = pytest.mark.parametrize("server", SERVERS)


@pytest.fixture
def cause(story: Story, name: str) -> Cause:
    return story.causes[name]


class TestTwentyFollowedReplies:
    @each_cause
    def test_end_whole(self, cause: Cause):
        assert [_end_of(reader) for reader in cause.readers] == ["done"] * 20

    @each_cause
    def test_are_told_as_they_are_stored(self, cause: Cause):
        for reader in cause.readers:
            assert reader.stored == [("complete", reader.shown)], reader.door

    @pytest.mark.parametrize("name", ["away for 20 s", "away for 75 s"])
    def test_that_ended_meanwhile_are_told_soon_after(self, cause: Cause):
        brief = [reader for reader in cause.readers if "lasts10" in reader.prompt]

        assert len(brief) == 10
        for reader in brief:
            assert 0 < reader.ended_at - cause.over_at < SOON_S, reader.door


class TestTheSite:
    @each_outage
    @each_server
    def test_is_ready_soon_after(self, cause: Cause, server: str):
        assert cause.ready_after_s[server] < SOON_S

    @each_outage
    @each_server
    def test_answers_every_request_from_then_on(self, cause: Cause, server: str):
        assert cause.afterwards[server] == [200] * 20

    @each_cause
    @each_server
    def test_holds_no_socket_and_no_task_of_anybody_who_has_gone(self, cause: Cause, server: str):
        assert cause.left[server] == {}


class TestWhileTheDatabaseIsAway:
    @pytest.mark.parametrize("name", ["away for 20 s", "away for 75 s"])
    @each_server
    def test_every_door_says_so(self, cause: Cause, server: str):
        assert cause.meanwhile[server] == {
            "healthz": "200",
            "readyz": "503",
            "api": "503 unavailable",
            "page": "503",
            "admin": "503",
            "login": "503",
            "turn": "503 unavailable",
            "websocket": "unavailable",
        }


class TestWhileRedisHangs:
    @each_server
    def test_messages_are_answered(self, story: Story, server: str):
        assert story.causes["Redis hung"].meanwhile[server] == {"ask": "done"}


class TestACommitWhoseAnswerIsLost:
    @pytest.mark.parametrize("where", ["accept", "end"])
    @each_server
    def test_is_found_out_and_not_guessed(self, story: Story, where: str, server: str):
        reader = story.lost[where, server]

        assert _end_of(reader) == "done"
        assert reader.stored == [("complete", reader.shown)]


class TestSigterm:
    def test_leaves_time_to_replies_of_ten_seconds(self, story: Story):
        brief = [reader for reader in _ended(story) if "lasts10" in reader.prompt]

        assert len(brief) == 10
        assert {_end_of(reader) for reader in brief} == {"done"}
        for reader in brief:
            assert reader.stored == [("complete", reader.shown)], reader.door

    def test_ends_longer_ones_with_their_text_and_one_sentence(self, story: Story):
        long = [reader for reader in _ended(story) if "lasts40" in reader.prompt]

        assert len(long) == 10
        for reader in long:
            ((status, text),) = reader.stored
            assert (_end_of(reader), status) == ("interrupted", "interrupted"), reader.door
            assert reader.last["message"] == SENTENCES["interrupted"]
            assert text
            assert reader.door == "json" or reader.shown == text, reader.door

    @each_server
    def test_turns_readiness_red_before_the_port_closes(self, story: Story, server: str):
        said = story.ended[server].readyz
        open_for = [status for status in said if status]

        assert set(open_for) == {503}
        assert said[: len(open_for)] == open_for

    @each_server
    def test_takes_no_further_message(self, story: Story, server: str):
        assert story.ended[server].asked == "unavailable"

    @each_server
    def test_has_idle_pages_come_again(self, story: Story, server: str):
        assert story.ended[server].idle_socket == 4503

    @each_server
    def test_ends_the_process_in_order(self, story: Story, server: str):
        ended = story.ended[server]

        assert ended.exit_code == 0
        assert [line for line in ended.log.splitlines() if '"ERROR"' in line] == []


class TestTheDatabasesLog:
    def test_holds_nobodys_words_and_no_session(self, story: Story):
        assert 'INSERT INTO "chatcore_turn"' in story.database_logs
        assert "DeadlockDetected" in story.deadlock
        assert "deadlock detected" in story.database_logs
        for secret in story.secrets:
            assert secret not in story.database_logs


def _ended(story: Story) -> list[Reader]:
    return story.causes["SIGTERM"].readers


def _end_of(reader: Reader) -> str:
    """`done`, the code of a failure, or why it was never taken."""
    return reader.refused or reader.last.get("code") or reader.last.get("type", "nothing")
