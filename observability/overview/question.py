"""The form at the top of the overview: which span, whose, and what is counted."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError

from chatcore.models import Organisation
from observability.figures import CHAT_SOURCES, Span
from observability.models.smoke import SERVICE_ORGANISATION
from observability.rollup.weeks import last_ended, span_of

if TYPE_CHECKING:  # unfold ships no types; its widgets are Django's with another look
    from django.forms import DateInput as DateWidget
    from django.forms import Select as SelectWidget
else:
    from unfold.widgets import UnfoldAdminDateWidget as DateWidget
    from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget

DAY = timedelta(days=1)
LONGEST = timedelta(days=400)
BY_HOUR = timedelta(days=2)
"""Spans up to this length are shown by the hour."""
SPANS = {
    "today": "Today",
    "7days": "The last 7 days",
    "30days": "The last 30 days",
    "month": "This month",
    "week": "Last week, as the weekly mail counts it",
    "custom": "From … to …",
}
COUNTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "chat": ("What people and programs asked", CHAT_SOURCES),
    "smoke": ("Our own smoke evaluation", ("smoke",)),
    "summary": ("Our own summaries", ("summary",)),
    "check": ("Tests of keys, and probes after an outage", ("check",)),
}
_FIRST = {"span": "7days", "counted": "chat"}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the records."""

    span: Span
    """Whole days (UTC)."""
    organisation_id: int | None
    """None: all organisations."""
    counted: str

    @property
    def sources(self) -> tuple[str, ...]:
        """What is counted, as the records say it."""
        return COUNTED[self.counted][1]

    @property
    def by_hour(self) -> bool:
        """Whether it is shown by the hour rather than by the day."""
        return self.span.end - self.span.start <= BY_HOUR


class QuestionForm(forms.Form):
    """The choices; by default the last seven days of what people asked, in all organisations."""

    span = forms.ChoiceField(
        choices=list(SPANS.items()), required=False, widget=SelectWidget, label="Days (UTC)"
    )
    start = forms.DateField(
        required=False, label="From", widget=DateWidget(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    end = forms.DateField(
        required=False, label="To", widget=DateWidget(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    organisation = forms.ModelChoiceField(
        queryset=Organisation.objects.exclude(name=SERVICE_ORGANISATION).order_by("name"),
        required=False,
        empty_label="All organisations",
        widget=SelectWidget,
    )
    counted = forms.ChoiceField(
        choices=[(name, words) for name, (words, _) in COUNTED.items()],
        required=False,
        widget=SelectWidget,
    )

    def __init__(self, typed: Any, *, now: datetime) -> None:
        """`typed` is what the address says; what it leaves open is filled in."""
        chosen = {**_FIRST, **{name: value for name, value in typed.items() if value}}
        if ("start" in typed or "end" in typed) and not typed.get("span"):
            chosen["span"] = "custom"
        super().__init__(chosen)
        self._now = now

    def clean(self) -> dict[str, Any]:
        """The span, where the two days make one."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            cleaned["found"] = self._span(cleaned)
        return cleaned

    def question(self) -> Question:
        """What a valid form asks."""
        cleaned = self.cleaned_data
        organisation = cleaned["organisation"]
        return Question(
            span=cleaned["found"],
            organisation_id=organisation.pk if organisation else None,
            counted=cleaned["counted"],
        )

    def show(self, question: Question) -> None:
        """Let the two days show what was found, whatever names it."""
        first, last = question.span.start.date(), question.span.end.date() - DAY
        self.data = {**self.data, "start": first.isoformat(), "end": last.isoformat()}

    def _span(self, cleaned: dict[str, Any]) -> Span:
        today = self._now.astimezone(UTC).date()
        match cleaned["span"]:
            case "today":
                return _days(today, today)
            case "30days":
                return _days(today - 29 * DAY, today)
            case "month":
                return _days(today.replace(day=1), today)
            case "week":
                return span_of(last_ended(self._now))
            case "custom":
                return _custom(cleaned["start"], cleaned["end"])
        return _days(today - 6 * DAY, today)


def _custom(first: date | None, last: date | None) -> Span:
    if first is None or last is None:
        raise ValidationError("Give both days, the first and the last.")
    if last < first:
        raise ValidationError("The last day comes before the first.")
    if last - first >= LONGEST:
        raise ValidationError(f"At most {LONGEST.days} days can be shown at once.")
    return _days(first, last)


def _days(first: date, last: date) -> Span:
    """From the beginning of the first day to the end of the last."""
    return Span(datetime.combine(first, time.min, UTC), datetime.combine(last + DAY, time.min, UTC))
