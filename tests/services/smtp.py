"""What mail did the code under test send?

A real SMTP server on a loopback port of the test's own process. It needs no launcher: Django opens
a connection for each mail, so a test hands it `settings.EMAIL_HOST` and `EMAIL_PORT`, or the URL to
a process it starts.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.services.ports import free_port


@dataclass
class Mailbox:
    """The server's address, and what it took in, oldest first."""

    port: int
    host: str = "127.0.0.1"
    messages: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        """As EMAIL_URL wants it."""
        return f"smtp://{self.host}:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 taken"


@contextlib.contextmanager
def mail_server() -> Iterator[Mailbox]:
    """An SMTP server for the length of a block."""
    mailbox = Mailbox(port=free_port())
    controller = Controller(
        mailbox,
        hostname=mailbox.host,
        port=mailbox.port,
        authenticator=lambda *who: AuthResult(success=True),
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
