"""The errors that chatcore tells its clients: each has a code for programs and a text for people."""

STATUS = {
    "not_found": 404,
    "id_reused": 409,
    "still_running": 409,
    "busy": 429,
    "internal": 500,
    "unavailable": 503,
}
"""Code of a refusal -> HTTP status; 400 where a code is not listed."""


RETRY_AFTER_S = 2
"""What `Retry-After` says wherever a little later may do."""
AWAY = "The database does not answer just now. Please try again in a moment."
FAULT = "Something went wrong on our side. It has been noted."
LEAVING = "This server is about to restart. Please try again."


class ChatError(Exception):
    """Something that a client asked for and does not get.

    `code` is for programs, the message for people, `status` is the HTTP status at the doors that
    have one.
    """

    def __init__(self, code: str, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = STATUS.get(code, 400) if status is None else status


class Refused(ChatError):
    """A request about a turn that cannot be met."""


class Denied(ChatError):
    """A request that is turned away before anybody looks at what it asks for."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message, status=status)


class BadFrame(ChatError):
    """A frame or a prompt that cannot be understood."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_frame", message)
