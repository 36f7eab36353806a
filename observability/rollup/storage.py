"""Reads stored rollups, and packs their charts."""

from collections.abc import Sequence

import msgspec
from django.db.models import QuerySet
from django.urls import reverse

from observability.models import WeeklyRollup
from observability.rollup import report
from observability.rollup.document import Picture
from observability.rollup.mail import Mail, render

LONG = ["content", "pictures"]
"""The columns that may hold megabytes."""


def light() -> QuerySet[WeeklyRollup]:
    """All rollups, without the long columns."""
    return WeeklyRollup.objects.defer(*LONG)


def lock(pk: int) -> WeeklyRollup:
    """A rollup's row, without the long columns, held for the length of the transaction.

    Raises WeeklyRollup.DoesNotExist.
    """
    # Its own order is by the organisation's name, and PostgreSQL locks no row of an outer join.
    return light().order_by("pk").select_for_update().get(pk=pk)


def pack(pictures: Sequence[Picture]) -> bytes:
    """Charts as `WeeklyRollup.pictures` holds them."""
    return msgspec.msgpack.encode(list(pictures))


def pictures_of(rollup: WeeklyRollup) -> tuple[Picture, ...]:
    """A rollup's charts; none where none were drawn."""
    packed = bytes(rollup.pictures)
    return msgspec.msgpack.decode(packed, type=tuple[Picture, ...]) if packed else ()


def path_of(rollup: WeeklyRollup) -> str:
    """A rollup's page in the admin."""
    return reverse("admin:observability_weeklyrollup_change", args=[rollup.pk])


def mail_of(rollup: WeeklyRollup) -> Mail:
    """What its recipients get. Raises msgspec.MsgspecError for a row that cannot be read."""
    return render(report.load(rollup.content), pictures_of(rollup), path=path_of(rollup))
