"""Texts go after as many days as staff say, and nothing that speaks of them stays behind."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chatcore.maintenance import purging
from chatcore.models import Retention, Thread, Turn
from chatcore.summaries import summary_store
from observability.models import AttemptRecord
from observability.reconcile import record_missing
from tests.factories import make_route, make_thread, make_turn, make_turn_alone, route_text

OLD, YOUNG = timedelta(days=90.1), timedelta(days=89.9)


@pytest.fixture
def ninety_days(db) -> None:
    Retention.objects.update_or_create(pk=1, defaults={"text_days": 90})


def said(thread: Thread, prompt: str, *, ago: timedelta, **fields) -> Turn:
    when = timezone.now() - ago
    if fields.get("status") != "running":
        fields["finished_at"] = when
    return make_turn(thread, prompt, created_at=when, route=route_text(), **fields)


def purge() -> None:
    purging.purge(now=timezone.now())


class TestTexts:
    def test_are_kept_for_ever_unless_staff_say_otherwise(self, alice):
        said(make_thread(alice), "Why?", ago=timedelta(days=10_000))

        purge()

        assert Turn.objects.count() == 1

    def test_go_when_they_are_older_than_that(self, alice, ninety_days):
        thread = make_thread(alice)
        said(thread, "Too old?", ago=OLD)
        young = said(thread, "Young enough?", ago=YOUNG)

        purge()

        assert list(Turn.objects.all()) == [young]

    def test_of_a_running_turn_stay(self, alice, ninety_days):
        said(make_thread(alice), "Still there?", ago=OLD, status="running")

        purge()

        assert Turn.objects.count() == 1

    def test_take_a_thread_along_that_holds_nothing_else(self, alice, ninety_days):
        said(make_thread(alice), "Why?", ago=OLD)

        purge()

        assert not Thread.objects.exists()

    def test_take_the_title_along_that_was_made_of_them(self, alice, ninety_days):
        thread = make_thread(alice, title="Too old to be kept")
        said(thread, "Too old to be kept?", ago=OLD)
        said(thread, "Young enough to be kept?", ago=YOUNG)

        purge()

        thread.refresh_from_db()
        assert thread.title == "Young enough to be kept?"

    @pytest.mark.parametrize("source", ["owner", "generated"])
    def test_leave_a_title_that_the_owner_gave(self, alice, ninety_days, source: str):
        thread = make_thread(alice, title="Tax 2026", title_source=source)
        said(thread, "Too old to be kept?", ago=OLD)
        said(thread, "Young enough to be kept?", ago=YOUNG)

        purge()

        thread.refresh_from_db()
        assert (thread.title == "Tax 2026") is (source == "owner")

    def test_take_the_summary_along_that_holds_them(self, alice, ninety_days):
        now = timezone.now()
        thread = make_thread(
            alice,
            summary="They spoke of old things.",
            summary_wanted_at=now,
        )
        turns = [said(thread, "Why?", ago=ago, reply="Because.") for ago in (OLD, YOUNG, YOUNG)]
        thread.summarised_to = turns[1]
        thread.save()
        claim = summary_store.claim(thread, now=now)
        assert claim is not None

        purge()

        thread.refresh_from_db()
        assert (thread.summary, thread.summarised_to_id) == ("", None)
        assert not summary_store.keep(claim, "Of old things.", to=turns[1].pk, now=now)

    def test_leave_the_thread_its_newest_turn_as_head(self, alice, ninety_days):
        thread = make_thread(alice)
        said(thread, "Too old?", ago=OLD)
        young = said(thread, "Young enough?", ago=YOUNG)

        purge()

        thread.refresh_from_db()
        assert (thread.head, thread.last_position) == (young, 2)

    @pytest.mark.parametrize(("days", "left"), [(30.1, 0), (29.9, 1)])
    def test_of_turns_without_a_thread_go_after_a_month(self, alice, days: float, left: int):
        then = timezone.now() - timedelta(days=days)
        turn = make_turn_alone(alice, created_at=then, route=route_text())

        purge()

        assert Turn.objects.count() == left
        assert AttemptRecord.objects.filter(turn_id=turn.pk, concludes=True).count() == 1 - left

    def test_go_in_batches_until_none_is_left(self, alice, ninety_days):
        thread = make_thread(alice)
        for _ in range(purging.BATCH + 1):
            said(thread, "Why?", ago=OLD)

        purge()

        assert not Turn.objects.exists()


class TestRecords:
    def test_outlive_their_deleted_thread(self, alice):
        turn = said(
            make_thread(alice, deleted_at=timezone.now() - timedelta(days=31)), "Why?", ago=OLD
        )

        purge()

        assert not Thread.objects.exists()
        assert {row.turn_id for row in AttemptRecord.objects.all()} == {turn.pk}

    def test_are_written_before_a_turn_goes_that_had_none(self, alice, ninety_days):
        turn = said(make_thread(alice), "Why?", ago=OLD)
        assert not AttemptRecord.objects.exists()

        purge()

        assert AttemptRecord.objects.filter(turn_id=turn.pk, concludes=True).count() == 1

    def test_are_looked_up_once_for_many_turns_that_go(
        self, alice, ninety_days, django_assert_num_queries
    ):
        thread = make_thread(alice)
        few, many = ([said(thread, "Why?", ago=OLD) for _ in range(n)] for n in (2, 9))
        for turn in few + many:
            record_missing([turn])

        with django_assert_num_queries(1):
            assert record_missing(few) == set()
        with django_assert_num_queries(1):
            assert record_missing(many) == set()

    def test_that_cannot_be_written_keep_their_turn_and_no_other(self, alice, ninety_days, caplog):
        thread = make_thread(alice)
        odd = said(thread, "Why?", ago=OLD)
        said(thread, "And why?", ago=OLD)
        route = make_route()
        route.attempts[0].number = -1
        Turn.objects.filter(pk=odd.pk).update(route=route_text(route))

        purge()

        assert list(Turn.objects.all()) == [odd]
        assert f"Turn {odd.pk} stays" in caplog.text

    def test_of_a_turn_whose_route_cannot_be_read_say_that_its_cost_is_unknown(
        self, alice, ninety_days
    ):
        turn = said(make_thread(alice), "Why?", ago=OLD)
        Turn.objects.filter(pk=turn.pk).update(route="not a route")

        purge()

        assert not Turn.objects.exists()
        assert AttemptRecord.objects.get(turn_id=turn.pk).cost_source == "unknown"


class TestAThreadThatIsDeleted:
    def test_stays_while_one_of_its_turns_runs(self, alice):
        thread = make_thread(alice, deleted_at=timezone.now() - timedelta(days=31))
        said(thread, "Still there?", ago=OLD, status="running")

        purge()

        assert Thread.objects.exists()


class TestThePage:
    def test_is_one_form_with_both_limits(self, client, staff):
        Retention.objects.get_or_create(pk=1)
        client.force_login(staff)

        page = client.get(reverse("admin:chatcore_retention_changelist"), follow=True)
        assert "texts (days)" in page.content.decode().lower()
        client.post(page.request["PATH_INFO"], {"text_days": "", "record_months": "12"})

        assert Retention.current().record_months == 12
        assert Retention.current().text_days is None

    def test_refuses_limits_that_would_empty_the_reports(self, client, staff):
        Retention.objects.get_or_create(pk=1)
        client.force_login(staff)

        client.post(
            reverse("admin:chatcore_retention_change", args=[1]),
            {"text_days": "0", "record_months": "1"},
        )

        assert Retention.current().record_months == 25
