"""A value that cannot be used stops the start with one line that names it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.services.warm import warm

ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, *program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return warm().run(program, env={**os.environ, "CHATCORE_DATA": str(folder), **environment})


class TestABadValue:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DATABASE_URL", "mysql://root@localhost/chat"),
            ("REDIS_URL", "localhost:6379"),
            ("DEBUG", "perhaps"),
            ("OPENAI_BASE_URL", "api.openai.com"),
            ("OPENAI_BASE_URL", "https://api.example.org/v1?version=2"),
            ("OPENAI_BASE_URL", "https://me:secret@api.example.org/v1"),
            ("OPENAI_API_KEY", "OPENAI_API_KEY=test-key-secret"),
            ("KIMI_API_KEY", "'test-key-secret"),
            ("GEMINI_API_KEY", "test-key secret"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318#traces"),
            ("PROVIDER_PROXY", "proxy.example.org:3128"),
            ("PROVIDER_PROXY", "http://proxy.example.org"),
            ("PROVIDER_PROXY", "socks5://proxy.example.org:1080"),
            ("PROVIDER_PROXY", "http://proxy.example.org:3128/path"),
            ("PROVIDER_CA_FILE", "/nowhere/authority.pem"),
            ("PROVIDER_CA_FILE", "README.md"),
            ("TRUSTED_PROXIES", "nginx"),
            ("SEALING_KEYS", "short"),
            ("EMAIL_URL", "pigeon://coop"),
            ("REPORT_RECIPIENTS", "ops@example.com, the boss"),
        ],
    )
    def test_is_named_in_one_line(self, tmp_path: Path, name: str, value: str):
        done = start(tmp_path, "manage.py", "check", **{name: value})

        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"chatcore: {name} is not usable: expected")
        assert "secret" not in line

    def test_of_the_proxy_is_not_repeated(self, tmp_path: Path):
        proxy = "https://site:parole@proxy.example.org:3128"

        done = start(tmp_path, "manage.py", "check", PROVIDER_PROXY=proxy)

        assert done.stderr.strip() == (
            "chatcore: PROVIDER_PROXY is not usable: "
            "expected http://host:port or http://user:password@host:port"
        )

    def test_of_a_limit_of_telemetry_is_named_where_anybody_listens(self, tmp_path: Path):
        listening = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
        limit = {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many"}

        done = start(tmp_path, "manage.py", "check", **listening, **limit)

        (line,) = done.stderr.splitlines()
        assert line == (
            "chatcore: OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT is not usable: "
            "expected a whole number, got 'many'"
        )

    def test_of_the_server_is_named_too(self, tmp_path: Path):
        done = start(tmp_path, "-m", "chatcore.serve", CHATCORE_SERVER="apache")

        assert done.returncode == 1
        assert done.stderr.startswith("chatcore: CHATCORE_SERVER is not usable")

    def test_is_an_empty_file_of_keys(self, tmp_path: Path):
        (tmp_path / "sealing_keys").touch()

        done = start(tmp_path, "manage.py", "check", SEALING_KEYS="")

        assert done.returncode == 1
        assert "sealing_keys is empty" in done.stderr


class TestWhatAProviderIsGiven:
    SHOW = ("manage.py", "shell", "-v", "0", "-c")

    @pytest.mark.parametrize(
        ("name", "value", "read"),
        [
            ("OPENAI_API_KEY", '"test-key-1234"', "test-key-1234"),
            ("OPENAI_API_KEY", "Bearer test-key-1234\n", "test-key-1234"),
            ("OPENAI_BASE_URL", "'http://127.0.0.1:1/v1/'", "http://127.0.0.1:1/v1"),
            ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1/chat/completions", "http://127.0.0.1:1/v1"),
            ("OPENAI_BASE_URL", "https://api.openai.com", "https://api.openai.com/v1"),
        ],
    )
    def test_is_corrected_where_it_is_certain(self, tmp_path: Path, name, value, read):
        setting = "ENV_KEYS" if name.endswith("KEY") else "ENV_BASE_URLS"
        show = f"from django.conf import settings; print(settings.{setting}['openai'])"

        done = start(tmp_path, *self.SHOW, show, **{name: value})

        assert done.stdout.splitlines()[-1] == read

    def test_is_told_when_it_was_corrected_and_shows_no_key(self, tmp_path: Path):
        done = start(tmp_path, "manage.py", "check", OPENAI_API_KEY="'test-key-1234'")

        assert done.stderr.splitlines()[0] == (
            "chatcore: OPENAI_API_KEY: The quotation marks around it were left out."
        )
        assert "test-key" not in done.stdout + done.stderr


LOOK = """
import asyncio, django
django.setup()
from routing.providers import http
asyncio.run(http.get_status("https://vendor.test/v1/models", headers={}, timeout_s=5))
"""


class TestAProxy:
    def test_is_what_the_vendors_are_called_through(self, tmp_path: Path):
        """Nobody listens at its address: the error names who could not be reached."""
        settings = {"DJANGO_SETTINGS_MODULE": "chatcore.settings"}
        proxy = "http://site:par%20ole@127.0.0.1:1"

        done = start(tmp_path, "-c", LOOK, PROVIDER_PROXY=proxy, **settings)

        assert "errors.Unreachable: ClientProxyConnectionError\n" in done.stderr
        assert "ole@" not in done.stderr


class TestADeployment:
    SITE = {"SECRET_KEY": "a" * 25 + "bcdefghijklmnopqrstuvwxyz" * 2, "DEBUG": "0"}

    @pytest.mark.parametrize("address", ["", "https://other.example.org", "http://127.0.0.1:8000"])
    def test_is_warned_of_an_address_where_nobody_is_let_in(self, tmp_path: Path, address: str):
        public = {"ALLOWED_HOSTS": "chat.example.org,127.0.0.1", "CHATCORE_URL": address}

        done = start(tmp_path, "manage.py", "check", "--deploy", **self.SITE, **public)

        assert "(chatcore.W001) Links in mails and the smoke evaluation go to" in done.stderr
        assert "Set CHATCORE_URL" in done.stderr

    def test_that_knows_its_address_is_clean(self, tmp_path: Path):
        public = {"ALLOWED_HOSTS": ".example.org", "CHATCORE_URL": "https://chat.example.org"}
        # On PostgreSQL it looks at the server's own settings, too.
        on_sqlite = {"DATABASE_URL": ""}

        done = start(tmp_path, "manage.py", "check", "--deploy", **self.SITE, **public, **on_sqlite)

        assert "no issues" in done.stdout + done.stderr
