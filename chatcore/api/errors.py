"""Turns every error below /api/ into `{code, message}`."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from chatcore.errors import AWAY, FAULT, RETRY_AFTER_S

API = "/api/"


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request's body is too large."
    default_code = "too_large"


def as_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answer to an error in our form; None for a fault of ours, which `fault` answers."""
    if isinstance(error, RequestDataTooBig):
        error = BodyTooLarge()
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = {"code": _code(error), "message": _message(error)}
    return response


def not_found() -> JsonResponse:
    """The answer below /api/ where no address matches."""
    return plain(404, "not_found", "There is nothing at this address.")


def fault() -> JsonResponse:
    """The answer below /api/ to a fault of ours."""
    return plain(500, "internal", FAULT)


def away() -> JsonResponse:
    """The answer below /api/ while the database is away."""
    response = plain(503, "unavailable", AWAY)
    response["Retry-After"] = RETRY_AFTER_S
    return response


def plain(http_status: int, code: str, message: str) -> JsonResponse:
    """The answer to an error outside DRF's views."""
    return JsonResponse(
        {"code": code, "message": message},
        status=http_status,
        headers={"Cache-Control": "no-store"},
    )


def is_api(request: HttpRequest) -> bool:
    """Whether a request is for the API, whose answers are JSON."""
    return request.path_info.startswith(API)


def _code(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "invalid"
    if isinstance(error, APIException):
        codes = error.get_codes()
        return codes if isinstance(codes, str) else error.default_code
    return "permission_denied" if isinstance(error, PermissionDenied) else "not_found"


def _message(error: Exception) -> str:
    if isinstance(error, APIException):
        return " ".join(_sentences(error.detail))
    if isinstance(error, PermissionDenied):
        return "You may not do this."
    return "There is nothing at this address, or it is not yours."


def _sentences(detail: Any, field: str = "") -> list[str]:
    """`{"title": ["Too long."]}` becomes `title: Too long.`"""
    if isinstance(detail, ErrorDetail | str):
        return [f"{field}: {detail}" if field and field != "non_field_errors" else str(detail)]
    if isinstance(detail, dict):
        return [text for name, inner in detail.items() for text in _sentences(inner, str(name))]
    return [text for inner in detail for text in _sentences(inner, field)]
