"""Long conversations are summarised, by the ladder that staff choose, once."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from queue import Queue
from threading import Thread as Worker

import pytest
from django.utils import timezone

from chatcore.db.writer import writer
from chatcore.models import Thread, Turn
from chatcore.summaries import summary_store
from chatcore.summaries import write as summaries
from chatcore.turns.signals import TurnFinished, turn_finished
from routing.models import Deployment, Ladder, Provider
from routing.services import policy, policy_tables, snapshot
from routing.simulator.server import Simulator, serve
from tests.factories import NOON, make_thread, make_turn

WINDOW, LONGEST_REPLY = 1024, 160
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """On a loop of its own, for the worker has one for each call."""
    started: Queue = Queue()

    async def run() -> None:
        stop = asyncio.Event()
        async with serve() as running:
            started.put((running, asyncio.get_running_loop(), stop))
            await stop.wait()

    worker = Worker(target=asyncio.run, args=(run(),))
    worker.start()
    running, loop, stop = started.get(timeout=10)
    yield running
    loop.call_soon_threadsafe(stop.set)
    worker.join()


@pytest.fixture(autouse=True)
def _site(db, settings, simulator, shipped):
    settings.ENV_KEYS = {"openai": "test-key", "gemini": "", "perplexity": "", "kimi": ""}
    settings.ENV_BASE_URLS = {"openai": simulator.base_url("openai")}
    shipped()
    simulator.forget()
    yield
    writer.close()


@pytest.fixture
def told() -> Iterator[list[TurnFinished]]:
    """What the signal said."""
    heard: list[TurnFinished] = []

    async def listen(*, finished: TurnFinished, **kwargs) -> None:
        heard.append(finished)

    turn_finished.connect(listen)
    yield heard
    turn_finished.disconnect(listen)


def summarised_by(model: str) -> None:
    """Let a model of the simulator, as small as the local one, write the summaries."""
    deployment = Deployment.objects.create(
        provider=Provider.objects.get(slug="openai"),
        model=model,
        label=model,
        context_window=WINDOW,
        max_output_tokens=LONGEST_REPLY,
    )
    policy_tables.set_rungs(Ladder.objects.get(name="summary"), [deployment])
    policy.publish(author=None)
    snapshot.refresh(force=True)


def long_thread(owner, turns: int = 5, text: str = "word " * 40) -> Thread:
    """One that wants a summary, with a turn an hour; the newest at noon."""
    thread = make_thread(owner, summary_wanted_at=timezone.now())
    for age in reversed(range(turns)):
        made = NOON - timedelta(hours=age)
        make_turn(thread, f"Question {age}. {text}", reply=f"Answer. {text}", created_at=made)
    return thread


def nth(thread: Thread, position: int) -> Turn:
    """One of a thread's turns, from 1."""
    return Turn.objects.get(thread=thread, position=position)


class TestASweep:
    def test_summarises_all_but_the_last_two_turns(self, alice):
        summarised_by("sim-ok-tokens30-pace0")
        thread = long_thread(alice)

        assert summaries.summarise_due() == 1

        thread.refresh_from_db()
        assert "made of fixed sentences" in thread.summary
        assert thread.summarised_to == nth(thread, 3)

    def test_leaves_nothing_wanted(self, alice):
        summarised_by("sim-ok-tokens30-pace0")
        thread = long_thread(alice)

        summaries.summarise_due()

        thread.refresh_from_db()
        assert (thread.summary_wanted_at, thread.summary_not_before) == (None, None)
        assert summaries.summarise_due() == 0

    def test_asks_the_model_to_go_on_from_the_last_summary(self, alice):
        summarised_by("sim-context-pace0")
        thread = long_thread(alice)
        Thread.objects.update(summary="They spoke of swifts.", summarised_to=nth(thread, 2))

        summaries.summarise_due()

        thread.refresh_from_db()
        # This model answers with what it was sent.
        assert "So far: They spoke of swifts." in thread.summary

    def test_asks_only_about_turns_that_are_not_summarised_yet(self, alice, simulator):
        summarised_by("sim-ok-tokens30-pace0")
        thread = long_thread(alice)
        Thread.objects.update(summary="Old.", summarised_to=nth(thread, 3))

        summaries.summarise_due()

        assert simulator.log == []

    def test_fits_a_small_window_however_long_the_turns(self, alice, told):
        summarised_by("sim-ok-tokens400-pace0")
        long_thread(alice, turns=9, text="words and more words 漢字 " * 400)

        summaries.summarise_due()

        sizes = [finished.route.context_tokens for finished in told]
        assert len(sizes) == summaries.PIECES_A_THREAD
        assert max(sizes) <= WINDOW - LONGEST_REPLY

    def test_is_not_cut_small_for_a_demo_model_that_stands_last(self, alice, told):
        summarised_by("sim-ok-tokens30-pace0")
        openai = Provider.objects.get(slug="openai")
        large = Deployment.objects.create(
            provider=openai,
            model="sim-ok-tokens30-pace0-taglarge",
            label="large",
            context_window=100_000,
            max_output_tokens=1_000,
        )
        ladder = Ladder.objects.get(name="summary")
        Deployment.objects.filter(model="sim-ok-tokens30-pace0").update(demo=True)
        policy_tables.set_rungs(ladder, [large, ladder.rungs.get().deployment])
        policy.publish(author=None)
        snapshot.refresh(force=True)
        long_thread(alice, text="word " * 400)

        summaries.summarise_due()

        assert [finished.route.attempts[0].deployment for finished in told] == [large.name]

    def test_goes_on_with_the_rest_next_time(self, alice):
        summarised_by("sim-ok-tokens30-pace0")
        thread = long_thread(alice, turns=9, text="words and more words " * 400)

        summaries.summarise_due()
        thread.refresh_from_db()
        half = thread.summarised_to
        summaries.summarise_due()

        thread.refresh_from_db()
        assert half is not None
        assert half.position is not None
        assert half.position < 7
        assert thread.summarised_to == nth(thread, 7)
        assert thread.summary_wanted_at is None

    def test_keeps_the_summary_short(self, alice):
        summarised_by("sim-echo-pace0")
        thread = long_thread(alice, text="漢字" * 300)

        summaries.summarise_due()

        thread.refresh_from_db()
        assert 0 < len(thread.summary) <= 4 * summaries.LONGEST_SUMMARY

    def test_tells_whoever_listens_what_it_cost(self, alice, acme, told):
        summarised_by("sim-ok-tokens30-pace0")
        thread = long_thread(alice)

        summaries.summarise_due()

        assert [(one.source, one.status) for one in told] == [("summary", "complete")]
        assert (told[0].thread_id, told[0].organisation_id) == (None, acme.pk)
        assert told[0].user_id == thread.owner_id
        assert told[0].route.attempts[0].usage_source == "reported"


class TestAFailure:
    def test_puts_the_thread_off_for_longer_each_time(self, alice, caplog):
        summarised_by("sim-404")
        thread = long_thread(alice)
        pauses = []
        for _ in range(3):
            Thread.objects.update(summary_not_before=None)
            before = timezone.now()
            summaries.summarise_due()
            thread.refresh_from_db()
            assert thread.summary_not_before is not None
            pauses.append((thread.summary_not_before - before).total_seconds() // 60)

        assert pauses == [2, 4, 8]
        assert f"Thread {thread.pk} has no summary" in caplog.text

    def test_is_not_tried_again_before_its_time(self, alice):
        summarised_by("sim-404")
        long_thread(alice)
        summaries.summarise_due()

        assert summaries.summarise_due() == 0

    def test_loses_nothing_of_the_summary_there_was(self, alice):
        summarised_by("sim-empty")
        thread = long_thread(alice)
        Thread.objects.update(summary="They spoke of swifts.")

        summaries.summarise_due()

        thread.refresh_from_db()
        assert thread.summary == "They spoke of swifts."
        assert thread.summary_wanted_at is not None

    def test_is_told_too(self, alice, told):
        summarised_by("sim-404")
        long_thread(alice)

        summaries.summarise_due()

        assert [(one.status, len(one.route.attempts)) for one in told] == [("failed", 1)]

    def test_of_having_nobody_to_ask_is_put_off_as_well(self, alice, settings):
        settings.ENV_KEYS = dict.fromkeys(settings.ENV_KEYS, "")
        snapshot.refresh(force=True)
        thread = long_thread(alice)

        summaries.summarise_due()

        thread.refresh_from_db()
        assert thread.summary_failures == 1


class TestTwoWorkers:
    def test_do_not_do_the_same_thread(self, alice):
        thread = long_thread(alice)
        seen_by_both = Thread.objects.get(pk=thread.pk)

        first = summary_store.claim(thread, now=timezone.now())
        second = summary_store.claim(seen_by_both, now=timezone.now())

        assert (first is not None, second) == (True, None)

    def test_pass_a_thread_on_when_one_of_them_died(self, alice):
        thread = long_thread(alice)
        summary_store.claim(thread, now=timezone.now() - summary_store.CLAIM)

        assert summary_store.due(now=timezone.now(), limit=1) == [thread]

    def test_write_nothing_once_their_claim_was_taken(self, alice):
        thread = long_thread(alice)
        late = summary_store.claim(thread, now=timezone.now() - summary_store.CLAIM)
        summary_store.claim(Thread.objects.get(pk=thread.pk), now=timezone.now())
        assert late is not None

        kept = summary_store.keep(late, "Too late.", to=nth(thread, 1).pk, now=timezone.now())

        thread.refresh_from_db()
        assert (kept, thread.summary) == (False, "")

    def test_forget_no_wish_that_came_while_they_wrote(self, alice):
        thread = long_thread(alice)
        claim = summary_store.claim(thread, now=timezone.now())
        assert claim is not None
        wished = timezone.now()
        Thread.objects.update(summary_wanted_at=wished)

        summary_store.finish(claim)

        thread.refresh_from_db()
        assert (thread.summary_wanted_at, thread.summary_not_before) == (wished, None)
