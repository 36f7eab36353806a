"""The OpenAPI description of the API, with the streams, which are no Django views."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

_TURN = {"$ref": "#/components/schemas/Turn"}
_ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "reference": {"type": "string"},
    },
}
_ASK = {
    "type": "object",
    "required": ["id", "text"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "Yours: once is one turn."},
        "text": {"type": "string"},
    },
}
_EVENTS = {"text/event-stream": {"schema": {"type": "string"}}}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "chatcore.api.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "chatcore.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


def add_streams(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the plain ASGI routes of chatcore/asgi.py, which the generator cannot see."""
    result["components"]["schemas"]["Error"] = _ERROR
    turns = result["paths"].setdefault("/api/threads/{thread_id}/turns/", {})
    turns["post"] = _operation(
        "threads_turns_create",
        "Ask. As events once accepted, or as JSON the turn when it is done.",
        _uuid("thread_id"),
        body=_ASK,
        ok={"application/json": {"schema": _TURN}, **_EVENTS},
        failure="502",
    )
    result["paths"]["/api/turns/{turn_id}/events"] = {
        "get": _operation(
            "turns_events_retrieve",
            "Follow a turn from any position; `Last-Event-ID` works too.",
            _uuid("turn_id"),
            {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0}},
            ok=_EVENTS,
        )
    }
    result["paths"]["/api/turns/{turn_id}/stop/"] = {
        "post": _operation("turns_stop_create", "Stop writing its reply.", _uuid("turn_id"))
    }
    return result


def _uuid(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }


def _operation(
    name: str,
    description: str,
    *parameters: dict[str, Any],
    ok: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
    failure: str = "404",
) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    operation: dict[str, Any] = {
        "operationId": name,
        "description": description,
        "parameters": list(parameters),
        "security": [{"apiToken": []}, {"session": []}],
        "responses": {
            "200" if ok else "204": {"description": "", **({"content": ok} if ok else {})},
            failure: {"description": "", "content": error},
        },
    }
    if body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    return operation


class SchemaView(SpectacularAPIView):
    """Serves the description to everybody: it says nothing that the source does not."""

    permission_classes = [AllowAny]
    authentication_classes = []
    custom_settings = {
        "POSTPROCESSING_HOOKS": [
            "drf_spectacular.hooks.postprocess_schema_enums",
            "chatcore.api.schema.add_streams",
        ]
    }
