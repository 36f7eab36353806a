"""Turns a vendor's error reply into one of our exceptions, in our own words."""

from collections.abc import Callable, Mapping

import msgspec

from routing.providers import delays, error_body, refused_fields
from routing.providers.error_report import ErrorReport, ErrorType
from routing.providers.errors import (
    ContextTooLong,
    Delayed,
    InvalidRequest,
    ModelGone,
    ParameterRefused,
    ProviderError,
    ServerError,
)


def retry_delay(report: ErrorReport) -> float | None:
    """Seconds until the vendor wants to be called again, from header, message or reset header."""
    for wait in (
        delays.from_headers(report.headers),
        delays.from_message(report.message),
        delays.from_resets(report.headers),
    ):
        if wait is not None:
            return wait
    return None


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """Reads the refusals of one call by its vendor's rules."""

    classify: Callable[[ErrorReport], ErrorType]
    """By this vendor's words."""
    delay: Callable[[ErrorReport], float | None] = retry_delay
    sent: tuple[str, ...] = ()
    """The parameters that the wire added to this call by itself; see `Endpoint.without`."""

    def of_reply(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """The exception for a reply with an error status."""
        return self._error_of(error_body.read(status, headers, body))

    def in_band(self, document: object) -> ProviderError:
        """The exception for an error object inside a 200."""
        return self._error_of(error_body.read_in_band(document))

    def _error_of(self, report: ErrorReport) -> ProviderError:
        kind = self.classify(report)
        where = "in the answer" if report.in_band else f"HTTP {report.status}"
        status, in_band = report.status, report.in_band
        if name := self._refused_parameter(kind, report):
            return ParameterRefused(name, status=status, in_band=in_band)
        if issubclass(kind, Delayed):
            wait = self.delay(report)
            return kind(where, retry_after_s=wait, status=status, in_band=in_band)
        if issubclass(kind, InvalidRequest):
            field = refused_fields.field_named(report)
            return kind(where, param=field, status=status, in_band=in_band)
        return kind(where, status=status, in_band=in_band)

    def _refused_parameter(self, kind: ErrorType, report: ErrorReport) -> str | None:
        may_be = (
            kind is InvalidRequest
            or (kind is ServerError and report.status == 500)
            # "For this model the parameter ... is not supported."
            or (kind is ModelGone and report.status in (400, 422))
            or (kind is ContextTooLong and refused_fields.refuses_cap(report))
        )
        return refused_fields.refused_by(report, self.sent) if may_be else None
