"""A mail server that keeps what it was sent.

A real SMTP server on a loopback port of the test's own process. It needs no launcher: Django opens
a connection for each mail, so a test hands it `settings.EMAIL_HOST` and `EMAIL_PORT`, or the URL to
a process it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.services.ports import free_port

Trouble = Literal[
    "",
    "refuse sender",
    "refuse address",
    "refuse address for now",
    "refuse mail for now",
    "drop after mail",
    "silent at address",
    "silent at mail",
]


@dataclass
class Mailbox:
    """The server's address, and what it took in, oldest first."""

    port: int
    host: str = "127.0.0.1"
    messages: list[EmailMessage] = field(default_factory=list)
    trouble: Trouble = ""
    """What it does wrong from now on: refuse whoever sends, refuse an address for good or for now,
    refuse a mail for now when it has all of it, drop the connection then, or fall silent at the address or the mail."""
    silent: threading.Event = field(default_factory=threading.Event)
    """Set when it has fallen silent."""
    addresses: list[str] = field(default_factory=list)
    """Every address that it was ever asked for."""

    @property
    def url(self) -> str:
        """As EMAIL_URL wants it."""
        return f"smtp://{self.host}:{self.port}"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.trouble == "refuse sender":
            return "530 5.7.0 Must issue a STARTTLS command first"
        envelope.mail_from = address
        return "250 known"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.addresses.append(address)
        if self.trouble in ("refuse address", "refuse address for now"):
            return "550 nobody here" if self.trouble == "refuse address" else "450 later"
        await self._perhaps_be_silent("silent at address")
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.trouble == "refuse mail for now":
            return "451 later"
        await self._perhaps_be_silent("silent at mail")
        self._take(envelope)
        if self.trouble == "drop after mail":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 taken"

    async def _perhaps_be_silent(self, where: Trouble) -> None:
        if self.trouble == where:
            self.silent.set()
            await asyncio.Event().wait()

    def _take(self, envelope: Envelope) -> None:
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(email.message_from_bytes(content, policy=email.policy.default))


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
