"""Makes a week's rollup from the records, once, and stores it.

What was made is kept as it is once a mail of it may have gone out, so that the page always shows what
was sent; until then `remake` brings it up to date.
"""

import logging
from datetime import date, datetime

from django.db import IntegrityError, transaction

from chatcore.models import Organisation, OutgoingMail
from observability.figures import measure, records
from observability.models import AttemptRecord, Recipient, WeeklyRollup
from observability.rollup import report, storage, weeks
from observability.rollup.gather import gather
from observability.rollup.report import Report
from routing.models import PolicyVersion

logger = logging.getLogger(__name__)
_GATHERINGS = 3


def scopes() -> list[int | None]:
    """Of whom rollups are made: all (None), and each organisation whose rollup somebody gets."""
    received = Recipient.objects.filter(active=True).values("organisation")
    organisations = Organisation.objects.filter(active=True, pk__in=received)
    return [None, *organisations.values_list("pk", flat=True)]


def was_here(week_ending: date) -> bool:
    """Whether this site was set up before a week's end: an earlier one is reported on demand only."""
    end = weeks.span_of(week_ending).end
    return (
        PolicyVersion.objects.filter(created_at__lt=end).exists()
        or AttemptRecord.objects.filter(started_at__lt=end).exists()
    )


def stored(week_ending: date, organisation_id: int | None) -> WeeklyRollup | None:
    """The rollup that was made before, if it was; without its long columns."""
    return storage.light().filter(week_ending=week_ending, organisation=organisation_id).first()


def make(week_ending: date, organisation_id: int | None, *, now: datetime) -> WeeklyRollup:
    """Give the stored rollup; where there is none, make it. Of two makers at once the first wins.

    One that staff had made before the week was over gives way to the whole week's, and one that they
    had made before it was due is brought up to date, for the last records come until then.
    """
    if found := stored(week_ending, organisation_id):
        if found.was_early and now >= weeks.span_of(week_ending).end:
            _begin_anew(found, now=now)
        elif found.made_at < weeks.due_at(week_ending) <= now and not _has_begun(found):
            remake(found, now=now)
        return found
    made = _settled(week_ending, organisation_id, now=now)
    try:
        with transaction.atomic():
            return WeeklyRollup.objects.create(
                week_ending=week_ending,
                organisation_id=organisation_id,
                content=report.dump(made),
                pictures=_drawn(made),
                made_at=now,
            )
    except IntegrityError:
        found = stored(week_ending, organisation_id)
        if found is None:  # the organisation has gone meanwhile
            raise
        return found


def remake(rollup: WeeklyRollup, *, now: datetime) -> str:
    """Bring a rollup up to date with its records, unless a mail of it may be out.

    Says what came of it, in words. Whoever mails it has claimed the mail before it reads the rollup
    under the same lock, so what is mailed is what is stored.
    """
    made = _settled(rollup.week_ending, rollup.organisation_id, now=now)
    content = report.dump(made)
    is_the_same = content == rollup.content
    pictures = bytes(rollup.pictures) if is_the_same else _drawn(made)
    with transaction.atomic():
        held = storage.lock(rollup.pk)
        stays = _has_begun(held)
        if not stays:
            changes = {"content": content, "pictures": pictures, "made_at": now}
            WeeklyRollup.objects.filter(pk=held.pk).update(**changes)
    if is_the_same:
        return "The records still say the same as the stored rollup."
    if stays:
        return (
            "The records, or the tables that the advice is from, have changed since it was mailed; "
            "the stored rollup stays as it was sent."
        )
    rollup.refresh_from_db()
    return "The stored rollup was brought up to date; no mail of it had gone out."


def _has_begun(rollup: WeeklyRollup) -> bool:
    """Whether a mail of it is being sent, or was."""
    return bool(rollup.mails.exclude(status=OutgoingMail.Status.QUEUED).exists())


def _begin_anew(rollup: WeeklyRollup, *, now: datetime) -> None:
    """Store the whole week in place of its beginning; it is mailed to who was sent that, too."""
    made = _settled(rollup.week_ending, rollup.organisation_id, now=now)
    with transaction.atomic():
        mine = WeeklyRollup.objects.filter(pk=rollup.pk, made_at=rollup.made_at)
        if mine.update(content=report.dump(made), pictures=_drawn(made), made_at=now):
            rollup.mails.all().delete()
    rollup.refresh_from_db()


def _settled(week_ending: date, organisation_id: int | None, *, now: datetime) -> Report:
    """Gather a report of one moment: again where records came in between its queries."""
    span = weeks.span_of(week_ending)
    so_far = now if now < span.end else None
    for _ in range(_GATHERINGS):
        made = gather(week_ending, organisation_id, so_far=so_far)
        rows = records(span, organisation_id=organisation_id)
        if measure(rows) == made.week:
            break
    return made


def _drawn(made: Report) -> bytes:
    """Draw the charts; a rollup without them is better than none."""
    try:
        # It brings matplotlib with it, which nothing but this moment needs.
        from observability.rollup.charts import pictures  # noqa: PLC0415

        return storage.pack(pictures(made))
    except Exception:
        logger.exception("The charts of the rollup could not be drawn; it goes out without them")
        return b""
