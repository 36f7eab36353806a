"""Hands a mail to the SMTP server, and tells what was surely not sent from what is uncertain.

A server must not deliver before it has seen the line with a single dot (RFC 5321, 4.1.1.4:
https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.4). So whatever fails before that line is surely
not sent, and only a missing answer to it is uncertain. Django's backend does not tell these apart,
so the conversation is held here; the connection, its TLS and its login stay Django's.
"""

import contextlib
import re
import smtplib
from collections.abc import Callable
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address

_NOWHERE = {"console", "dummy"}
_TAKEN = range(200, 300)
_GO_ON = range(354, 355)
_LATER = range(400, 500)
_LAST_LINE = b".\r\n"


class NotSent(Exception):
    """The mail server surely did not take the mail."""

    def __init__(self, why: str, *, again: bool = True, nobody: bool = False) -> None:
        """`again`: it makes sense to try later; `nobody`: any other mail would fare the same."""
        super().__init__(why)
        self.again = again
        self.nobody = nobody


class Uncertain(Exception):
    """The mail was handed over whole, and the answer never came."""


def is_set_up() -> bool:
    """Whether a mail server is configured; the console is none."""
    return settings.EMAIL_BACKEND.split(".")[-2] not in _NOWHERE


def send(message: EmailMessage, *, before_last_line: Callable[[], bool]) -> None:
    """Hand a message to the mail server, for the one address that it is to.

    `before_last_line` is called when nothing but the last line is missing; where it gives False, the
    conversation is broken off and nothing was sent. Raises NotSent or Uncertain.
    """
    backend = get_connection()
    if isinstance(backend, EmailBackend):
        _hold_conversation(backend, message, before_last_line)
        return
    if not before_last_line():
        raise NotSent("another worker has taken over")
    try:
        backend.send_messages([message])
    except Exception as error:
        raise Uncertain(f"The mail could not be handed over: {type(error).__name__}.") from error


def _hold_conversation(
    backend: EmailBackend, message: EmailMessage, before_last_line: Callable[[], bool]
) -> None:
    """Send the whole mail. A conversation that fails is cut: a QUIT would be text of the mail."""
    try:
        to = _bare(message.to[0])
    except ValueError as error:
        raise NotSent("The address cannot be used.", again=False) from error
    text: bytes = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
    server = _connect(backend)
    try:
        _send_text(server, text, sender=_bare(message.from_email), to=to)
        if not before_last_line():
            raise NotSent("another worker has taken over")
        _send_last_line(server)
    finally:
        server.close()


def _connect(backend: EmailBackend) -> smtplib.SMTP:
    """Open a connection, with TLS and login where they are configured. Raises NotSent."""
    try:
        backend.open()
        server: smtplib.SMTP | None = backend.connection
        if server is not None:
            server.ehlo_or_helo_if_needed()
            return server
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent(
            f"The mail server refused our login ({error.smtp_code}).", nobody=True
        ) from error
    except OSError as error:  # smtplib's errors are of this kind too
        raise NotSent(
            f"The mail server at {backend.host}:{backend.port} could not be reached "
            f"({type(error).__name__}).",
            nobody=True,
        ) from error
    raise NotSent("The mail server could not be reached.", nobody=True)


def _send_text(server: smtplib.SMTP, text: bytes, *, sender: str, to: str) -> None:
    """Send everything but the last line. Raises NotSent."""
    try:
        code, _ = server.mail(sender)
        if code not in _TAKEN:
            # However final its code: it is of our settings (no TLS, no login, a sender that is not
            # ours), which staff can mend, and of no address.
            raise NotSent(f"The mail server refused the sender ({code}).", nobody=True)
        _expect(_TAKEN, server.rcpt(to), "the address")
        _expect(_GO_ON, server.docmd("DATA"), "the mail")
        # A line of the text that begins with a dot gets a second one (RFC 5321, 4.5.2).
        server.send(re.sub(rb"(?m)^\.", b"..", text.removesuffix(b"\r\n")) + b"\r\n")
    except OSError as error:
        raise NotSent("The mail server broke off before it had the whole mail.") from error


def _send_last_line(server: smtplib.SMTP) -> None:
    """Send the last line and read the answer to it. Raises NotSent where it is a no, else Uncertain."""
    try:
        server.send(_LAST_LINE)
        code, _ = server.getreply()
    except OSError as error:
        raise Uncertain("The mail server had the whole mail and did not answer.") from error
    if not 200 <= code < 600:
        raise Uncertain("The mail server had the whole mail and answered nothing that it may.")
    _expect(_TAKEN, (code, b""), "the mail")
    with contextlib.suppress(OSError):
        server.quit()


def _expect(codes: range, answer: tuple[int, bytes], what: str) -> None:
    """Raise NotSent for any other code; only one that says so is worth another try."""
    code = answer[0]
    if code not in codes:
        raise NotSent(f"The mail server refused {what} ({code}).", again=code in _LATER)


def _bare(address: str) -> str:
    """Give the address alone, as the protocol wants it: without a name, its domain in ASCII.

    Raises ValueError for what is no address.
    """
    return parseaddr(sanitize_address(address, "utf-8"))[1]
