"""What stops the web process or the worker is one line that names the cause and what to do."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis

from tests.installation.sites import (
    KEYS,
    PYTHON,
    bound_by_modes,
    contents,
    few_files,
    refusal,
    serve_command,
    start,
    start_on_full_disk,
)

WORKER: list[str | Path] = [PYTHON, "-m", "celery", "-q", "-A", "chatcore", "worker"]
PASSWORD = "hunter-two"
NOBODY = "nowhere.invalid"


@pytest.fixture(scope="module")
def server() -> str:
    """The address of the tests' own PostgreSQL."""
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="module")
def read_only(server: str) -> Iterator[str]:
    """A database that takes no writes."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS read_only")
        admin.execute("CREATE DATABASE read_only")
        admin.execute("ALTER DATABASE read_only SET default_transaction_read_only = on")
        yield urlsplit(server)._replace(path="/read_only").geturl()
        admin.execute("DROP DATABASE read_only")


class TestAPort:
    @pytest.mark.parametrize("server", ["daphne", "uvicorn"])
    def test_that_is_in_use_is_named(self, site: Path, server: str):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]

            line = refusal(start(serve_command(port, server), CHATCORE_DATA=site))

        assert f"Port {port} cannot be used ([Errno 98] Address already in use)" in line
        assert "choose another with --port" in line


class TestASite:
    @pytest.mark.parametrize("command", [serve_command(), WORKER], ids=["web", "worker"])
    def test_that_has_lost_its_database_is_not_a_new_one(self, site: Path, command):
        (site / "chatcore.sqlite3").unlink()
        before = contents(site)

        line = refusal(start(command, CHATCORE_DATA=site, PYTHONWARNINGS="ignore"))

        assert "chatcore.sqlite3 is missing, but " in line
        assert contents(site) == before

    def test_whose_environment_file_was_not_read_is_not_there(self, tmp_path: Path, server: str):
        data = tmp_path / "data"

        line = refusal(start(serve_command(), DATABASE_URL=server, CHATCORE_DATA=data))

        assert "SECRET_KEY and SEALING_KEYS not set" in line
        assert "environment file" in line
        assert contents(tmp_path) == {}

    def test_whose_folder_is_read_only_is_refused(self, site: Path):
        site.chmod(0o500)

        line = refusal(start(serve_command(), CHATCORE_DATA=site, before=bound_by_modes))

        assert f"{site} cannot be written (permission denied)" in line

    def test_on_a_full_disk_is_refused(self, whole_site: Path, tmp_path: Path):
        line = refusal(start_on_full_disk(serve_command(), tmp_path / "disk", whole_site))

        assert "disk" in line

    def test_with_too_few_open_files_is_refused(self, site: Path):
        line = refusal(start(serve_command(), CHATCORE_DATA=site, before=few_files(255)))

        assert "only 255 files may be open at once, and at least 256 are needed" in line


class TestAnAddressOfPostgreSQL:
    @pytest.mark.parametrize(
        ("changed", "answer"),
        [
            ({"netloc": f"chatcore:{PASSWORD}@{NOBODY}"}, f"failed to resolve host '{NOBODY}'"),
            ({"netloc": f"chatcore:{PASSWORD}@127.0.0.1:1"}, "port 1 failed: Connection refused"),
            ({"netloc": None}, "password authentication failed"),
            ({"path": "/nothing"}, 'database "nothing" does not exist'),
            ({"scheme": "mysql"}, "expected postgresql://user:password@host:port/name"),
        ],
        ids=["host", "port", "password", "database", "scheme"],
    )
    def test_that_is_wrong_is_answered(self, server: str, tmp_path: Path, changed, answer: str):
        parts = urlsplit(server)
        if changed == {"netloc": None}:
            changed = {"netloc": parts.netloc.replace(str(parts.password), PASSWORD)}
        url = parts._replace(**changed).geturl()

        line = refusal(start(serve_command(), env=KEYS, DATABASE_URL=url, CHATCORE_DATA=tmp_path))

        assert "DATABASE_URL" in line
        assert answer in line
        assert PASSWORD not in line
        assert str(parts.password) not in line
        assert contents(tmp_path) == {}

    def test_of_a_database_that_takes_no_writes_is_refused(self, read_only: str, tmp_path: Path):
        command = serve_command()

        line = refusal(start(command, env=KEYS, DATABASE_URL=read_only, CHATCORE_DATA=tmp_path))

        assert "it is read-only" in line


@pytest.fixture
def redis_address() -> Iterator[str]:
    """The host and port of the tests' own Redis, which knows a user "guarded"."""
    with Redis.from_url(os.environ["REDIS_URL"]) as admin:
        admin.acl_setuser("guarded", enabled=True, passwords=["+another"], reset=True)
        yield urlsplit(os.environ["REDIS_URL"]).netloc
        admin.acl_deluser("guarded")


class TestAnAddressOfRedis:
    @pytest.mark.parametrize(
        ("url", "answer"),
        [
            (f"redis://:{PASSWORD}@{NOBODY}/0", f"connecting to {NOBODY}:6379"),
            (f"redis://:{PASSWORD}@127.0.0.1:1/0", "Connection refused"),
            (f"redis://guarded:{PASSWORD}@{{}}/0", "invalid username-password pair"),
            ("redis://{}/9999", "DB index is out of range"),
            (f"http://:{PASSWORD}@127.0.0.1/0", "expected an address such as redis://"),
        ],
        ids=["host", "port", "password", "database", "scheme"],
    )
    def test_that_is_wrong_is_answered(self, site: Path, redis_address: str, url: str, answer: str):
        url = url.format(redis_address)

        line = refusal(start(serve_command(), REDIS_URL=url, CHATCORE_DATA=site))

        assert "REDIS_URL" in line
        assert answer in line
        assert PASSWORD not in line
