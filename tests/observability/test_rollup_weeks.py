"""A week is the seven days that end at a Sunday 00:00 UTC."""

from datetime import UTC, date, datetime, timedelta

import pytest

from observability.rollup import weeks


class TestTheWeek:
    def test_is_the_seven_days_before_its_sunday(self):
        span = weeks.span_of(date(2026, 11, 22))

        assert span.start == datetime(2026, 11, 15, tzinfo=UTC)
        assert span.end == datetime(2026, 11, 22, tzinfo=UTC)

    def test_ends_at_no_other_day(self):
        with pytest.raises(ValueError, match="2026-11-21 is a Saturday, not a Sunday"):
            weeks.span_of(date(2026, 11, 21))

    @pytest.mark.parametrize(
        ("now", "ended", "due"),
        [
            ("2026-11-21T23:59:59", "2026-11-15", "2026-11-15"),
            ("2026-11-22T00:00:00", "2026-11-22", "2026-11-15"),
            ("2026-11-22T01:59:59", "2026-11-22", "2026-11-15"),
            ("2026-11-22T02:00:00", "2026-11-22", "2026-11-22"),
            ("2026-11-25T12:00:00", "2026-11-22", "2026-11-22"),
        ],
    )
    def test_has_ended_at_midnight_and_is_due_at_two(self, now: str, ended: str, due: str):
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

        assert str(weeks.last_ended(moment)) == ended
        assert str(weeks.last_due(moment)) == due

    def test_is_found_in_any_time_zone(self):
        tokyo = datetime.fromisoformat("2026-11-22T08:00:00+09:00")  # Saturday 23:00 UTC

        assert str(weeks.last_ended(tokyo)) == "2026-11-15"

    @pytest.mark.parametrize(
        ("week_ending", "first", "after"),
        [
            ("2026-11-22", "2026-11-01", "2026-12-01"),
            ("2026-11-01", "2026-10-01", "2026-11-01"),  # its last day is 31 October
            ("2027-01-03", "2027-01-01", "2027-02-01"),
        ],
    )
    def test_belongs_to_the_month_of_its_last_day(self, week_ending: str, first: str, after: str):
        month = weeks.month_of(weeks.span_of(date.fromisoformat(week_ending)))

        assert (str(month.start.date()), str(month.end.date())) == (first, after)
        assert month.start.tzinfo is UTC
        assert month.end - month.start >= timedelta(days=28)
