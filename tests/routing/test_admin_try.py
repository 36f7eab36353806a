"""What "Try a message" tells staff."""

import pytest

from routing.admin import try_message
from routing.admin.try_message import Asked
from routing.models import Provider, Revision
from routing.providers.errors import ServerError
from routing.services import credentials, snapshot
from routing.services.context import History, PastTurn
from routing.services.health import Health, health

URL = "/admin/routing/try/"

pytestmark = pytest.mark.usefixtures("installation")


def page(response):
    return response.content.decode()


def states(response):
    """Model -> its state."""
    return {row[1]: row[3] for row in response.context["rungs"]["rows"]}


@pytest.fixture(autouse=True)
def known(installation, ana):
    """Gemini and Kimi have a key; this process has just read the tables and knows no outage."""
    for slug in ("gemini", "kimi"):
        credentials.add_key(
            provider=Provider.objects.get(slug=slug),
            label="x",
            value="test-key-of-try",
            enabled=True,
            by=ana,
        )
    vars(health).update(vars(Health()))
    snapshot.refresh(force=True)
    yield
    vars(health).update(vars(Health()))


@pytest.fixture
def past_turns(monkeypatch):
    """One turn that ana may see, asked after a question about code."""
    monkeypatch.setattr(try_message, "_sources", [])
    before = PastTurn(
        prompt="Write a Python function that sorts.", reply="def f()", intent="coding_help"
    )

    def source(turn, user):
        if turn != "turn-1" or user.username != "boss":
            return None
        return Asked("make it shorter", History(turns=(before,)))

    try_message.read_past_turns_from(source)


class TestTryAMessage:
    def test_shows_how_likely_each_intent_is(self, boss):
        response = boss.post(URL, {"message": "Write a Python function that reverses a list."})

        best = response.context["scores"]["rows"][0]
        assert best[0] == "coding help"
        assert float(best[1].rstrip("%")) > 70
        assert response.context["route"].reason == "coding help"

    def test_shows_the_words_that_weighed_most_and_known_messages(self, boss):
        response = boss.post(URL, {"message": "Write a Python function that reverses a list."})

        words = [row[0] for row in response.context["words"]["rows"]]
        nearest = [row[1] for row in response.context["nearest"]["rows"]]
        assert {"python", "function"} & set(words)
        assert "coding help" in nearest

    def test_shows_each_rung_with_its_state(self, boss):
        response = boss.post(URL, {"message": "Write a Python function that reverses a list."})

        assert states(response) == {
            "GPT-6.1 Terra": "passed over: no key",
            "Kimi K3.1 Pro": "would be asked first",
            "Gemini 3.8 Flash": "would be asked as number 2, if those before it fail",
            "Sonar": "passed over: no key",
            "SmolLM2 135M (tiny demo model)": "passed over: the local model is not running",
        }

    def test_shows_a_breaker_that_is_open(self, boss):
        for _ in range(5):
            health.failed(health.begin("kimi/kimi-k3.1-pro"), ServerError())

        response = boss.post(URL, {"message": "Write a Python function that reverses a list."})

        assert states(response)["Gemini 3.8 Flash"] == "would be asked first"
        assert "its breaker is open for another" in states(response)["Kimi K3.1 Pro"]

    def test_shows_the_size_of_the_context(self, boss):
        response = boss.post(URL, {"message": "Hello!"})

        assert response.context["route"].context_tokens > 0
        assert "would be sent about" in page(response)

    def test_says_when_nobody_could_be_asked(self, boss):
        Provider.objects.update(enabled=False)
        Revision.bump()
        snapshot.refresh(force=True)

        response = boss.post(URL, {"message": "Hello!"})

        assert "Nobody could be asked" in page(response)

    def test_sends_nothing(self, boss, vendors):
        snapshot.refresh(force=True)

        boss.post(URL, {"message": "Hello!"})

        assert vendors.log == []

    def test_asks_for_a_message(self, boss):
        assert "Type a message" in page(boss.post(URL, {"message": " "}))

    def test_escapes_what_was_typed(self, boss):
        response = boss.post(URL, {"message": "<script>alert(1)</script>"})

        assert "<script>alert(1)" not in page(response)

    def test_reads_a_past_turn_after_what_was_said_before_it(self, boss, past_turns):
        response = boss.post(URL, {"message": "", "turn": "turn-1"})

        assert response.context["route"].intent == "coding_help"
        assert response.context["turns_before"] == 1
        assert "make it shorter" in page(response)

    def test_can_be_linked_to_with_a_past_turn(self, boss, past_turns):
        assert "make it shorter" in page(boss.get(URL, {"turn": "turn-1"}))

    def test_says_when_there_is_no_such_turn(self, boss, past_turns):
        assert "There is no such turn" in page(boss.post(URL, {"turn": "turn-2"}))

    def test_is_in_the_sidebar(self, boss):
        assert URL in page(boss.get("/admin/"))

    def test_sends_strangers_to_the_sign_in(self, client):
        assert client.get(URL).status_code == 302
