"""Links from a number to the list of the attempts behind it."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from observability.overview.question import Question


class Links:
    """Makes the links of one question's numbers."""

    def __init__(self, question: Question) -> None:
        self._list = reverse("admin:observability_attemptrecord_changelist")
        self._span = question.span
        self._whose: dict[str, Any] = {"source__in": ",".join(question.sources)}
        if question.organisation_id is not None:
            self._whose["organisation_id"] = question.organisation_id

    def to(self, **lookups: str) -> str:
        """Those of the whole span that match."""
        return self._address(self._span.start, self._span.end, lookups)

    def to_organisation(self, pk: str) -> str:
        """One organisation's."""
        return self.to(**({"organisation_id": pk} if pk else {"organisation_id__isnull": "1"}))

    def during(self, start: datetime, length: timedelta) -> str:
        """Those of an hour or a day."""
        return self._address(start, start + length, {})

    def _address(self, start: datetime, end: datetime, lookups: dict[str, str]) -> str:
        span = {"started_at__gte": start.isoformat(), "started_at__lt": end.isoformat()}
        return f"{self._list}?{urlencode({**span, **self._whose, **lookups})}"
