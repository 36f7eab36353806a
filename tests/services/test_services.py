"""The tests run on the real thing, and on nothing outside this machine."""

import email.message
import os
import smtplib
import socket

import pytest
import redis
from django.db import connection

from tests.services.chromium import version_of
from tests.services.smtp import mail_server

LAUNCHED = "run the tests by scripts/test, which starts the services"


class TestServices:
    @pytest.mark.django_db
    def test_give_django_a_real_postgresql(self):
        assert connection.vendor == "postgresql", LAUNCHED
        with connection.cursor() as cursor:
            cursor.execute("SELECT version()")

            assert cursor.fetchone()[0].startswith("PostgreSQL")

    def test_give_a_real_redis(self):
        assert "REDIS_URL" in os.environ, LAUNCHED
        with redis.from_url(os.environ["REDIS_URL"]) as client:
            assert client.info("server")["redis_version"]

    def test_give_a_chromium_that_runs(self):
        assert "Chrom" in (version_of(os.environ["CHROMIUM"]) or ""), LAUNCHED


class TestMailServer:
    def test_keeps_what_it_was_sent(self):
        message = email.message.EmailMessage()
        message["Subject"], message["From"], message["To"] = "Grüße", "a@chat.test", "b@chat.test"
        message.set_content("Hello")

        with mail_server() as mailbox, smtplib.SMTP(mailbox.host, mailbox.port) as client:
            client.send_message(message)

        assert [kept["Subject"] for kept in mailbox.messages] == ["Grüße"]


class TestTheOutside:
    def test_cannot_be_connected_to(self):
        with pytest.raises(PermissionError, match="192.0.2.1"):
            socket.create_connection(("192.0.2.1", 80), timeout=1)

    def test_cannot_be_looked_up(self):
        with pytest.raises(PermissionError, match="chat.test"):
            socket.getaddrinfo("chat.test", 80)
