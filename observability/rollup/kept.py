"""How does a stored rollup become a mail again? The same for every address, and for a test."""

from collections.abc import Sequence

import msgspec
from django.urls import reverse

from observability.models import WeeklyRollup
from observability.rollup import report
from observability.rollup.document import Picture
from observability.rollup.mail import Mail, render


def pack(pictures: Sequence[Picture]) -> bytes:
    """Charts as `WeeklyRollup.pictures` holds them."""
    return msgspec.msgpack.encode(list(pictures))


def pictures_of(rollup: WeeklyRollup) -> tuple[Picture, ...]:
    """Its charts; none where none were drawn."""
    packed = bytes(rollup.pictures)
    return msgspec.msgpack.decode(packed, type=tuple[Picture, ...]) if packed else ()


def path_of(rollup: WeeklyRollup) -> str:
    """Its page in the admin."""
    return reverse("admin:observability_weeklyrollup_change", args=[rollup.pk])


def mail_of(rollup: WeeklyRollup) -> Mail:
    """What its recipients get. Raises msgspec.MsgspecError for a row that cannot be read."""
    return render(report.load(rollup.content), pictures_of(rollup), path=path_of(rollup))
