"""Reads and checks the environment, once, when the settings are loaded.

Every variable is optional. A value that cannot be used stops the start with one line that names the
variable and what was expected.
"""

import ipaddress
import os
import ssl
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlsplit

import environ
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from chatcore.conf import postgresql
from chatcore.machine.data_folder import DATABASE, KEY_FILES
from chatcore.machine.refusal import stop

DATABASE_FORMS = "expected postgresql://user:password@host:port/name or sqlite:///path"
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def refuse(name: str, expected: str) -> NoReturn:
    """Stop the start with one line, without a traceback."""
    stop(f"{name} is not usable: {expected}")


def flag(name: str, *, default: bool) -> bool:
    """A switch: 1/0, true/false, yes/no, on/off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    refuse(name, f"expected 1 or 0, got {value!r}")


def count(name: str, *, default: int) -> int:
    """A small whole number."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 3):
        refuse(name, f"expected a whole number from 0 to 99, got {value!r}")
    return int(value)


def choice(name: str, allowed: tuple[str, ...]) -> str:
    """One of a few words; the first is the default."""
    value = os.environ.get(name, "").strip() or allowed[0]
    if value not in allowed:
        refuse(name, f"expected one of {', '.join(allowed)}, got {value!r}")
    return value


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()] or default


def addresses(name: str) -> list[str]:
    """A comma-separated list of e-mail addresses, each once."""
    found = {address.lower(): address for address in names(name, [])}
    for address in found.values():
        try:
            validate_email(address)
        except ValidationError:
            refuse(name, f"expected e-mail addresses with commas between them, got {address!r}")
    return list(found.values())


def http_url(name: str, *, such_as: str = "https://api.example.org/v1") -> str:
    """An http(s) address without a trailing slash, or ""."""
    value = os.environ.get(name, "").strip().rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        usable = usable and not set("?#") & set(value)  # paths are put behind it
    except ValueError:  # a port that is no number, a bracket that is not closed
        usable = False
    if not usable:
        refuse(name, f"expected an address such as {such_as}")
    return value


def proxy(name: str) -> tuple[str, str]:
    """A proxy's address and its login, `user:password`; "" where there is none.

    A bad value is not repeated: it may hold the password.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return "", ""
    try:
        parts = urlsplit(value)
        usable = parts.scheme == "http" and parts.hostname and parts.port
        usable = usable and parts.path in {"", "/"} and not set("?#") & set(value)
    except ValueError:  # a port that is no number, a bracket that is not closed
        usable = False
    if not usable:
        refuse(name, "expected http://host:port or http://user:password@host:port")
    login, _, address = parts.netloc.rpartition("@")
    return f"http://{address}", unquote(login)


def ca_file(name: str) -> str:
    """A file with certificates of authorities, or ""."""
    value = os.environ.get(name, "").strip()
    if not value:
        return ""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
    except OSError:  # what ssl raises is one too
        refuse(name, f"expected a readable file of certificates in PEM form, got {value!r}")
    return str(Path(value).absolute())


def check_telemetry_limits() -> None:
    """OTEL_…_LIMIT: OpenTelemetry itself would end the start with a traceback."""
    for name, value in os.environ.items():
        is_limit = name.startswith("OTEL_") and name.endswith("_LIMIT") and value.strip()
        if is_limit and not (value.strip().isascii() and value.strip().isdigit()):
            refuse(name, f"expected a whole number, got {value!r}")


def redis_url() -> str:
    """REDIS_URL, or "" in embedded mode."""
    value = os.environ.get("REDIS_URL", "").strip()
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        refuse("REDIS_URL", "expected an address such as redis://127.0.0.1:6379/0")
    return value


def data_folder() -> Path:
    """Where the embedded database, keys and queues lie; `chatcore.start` makes it."""
    return Path(os.environ.get("CHATCORE_DATA", "") or "data").absolute()


def kept_secret(name: str, file: Path) -> str:
    """The variable's value, or the one kept in `file`, or "" where a site must be found or made first."""
    value = os.environ.get(name, "").strip()
    if value or not file.exists():
        return value
    value = file.read_text().strip()
    if not value:
        refuse(name, f"{file} is empty; restore it from a backup")
    return value


def secret_key(folder: Path) -> str:
    """SECRET_KEY: signs sessions and tokens."""
    return kept_secret("SECRET_KEY", folder / KEY_FILES["SECRET_KEY"])


def sealing_keys(folder: Path) -> list[str]:
    """SEALING_KEYS, newest first: the first seals, all open. Apart from SECRET_KEY by design."""
    raw = kept_secret("SEALING_KEYS", folder / KEY_FILES["SEALING_KEYS"])
    keys = [part.strip() for part in raw.split(",") if part.strip()]
    for key in keys:
        if len(key) < 32:
            refuse(
                "SEALING_KEYS", "expected comma-separated random strings of at least 32 characters"
            )
    return keys


def database(folder: Path) -> dict[str, Any]:
    """Django's DATABASES entry for DATABASE_URL, else SQLite in the data folder."""
    config = _parsed_database(folder)
    engine = config.get("ENGINE")
    if engine == "django.db.backends.postgresql" and config["NAME"]:
        # CONN_MAX_AGE under ASGI would leave a connection per thread behind; the pool bounds them.
        config["CONN_MAX_AGE"] = 0
        config["OPTIONS"] = postgresql.options(config.get("OPTIONS", {}))
        return config
    if engine == "django.db.backends.sqlite3":
        if config["NAME"] != ":memory:":  # a file that is gone must not become an empty one
            config["NAME"] = f"file:{quote(str(Path(config['NAME']).absolute()))}?mode=rw"
        config["CONN_MAX_AGE"] = None
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        return config
    refuse("DATABASE_URL", DATABASE_FORMS)


def _parsed_database(folder: Path) -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL", "").strip()
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / DATABASE)}
    if urlsplit(url).scheme not in {"postgres", "postgresql", "sqlite"}:
        refuse("DATABASE_URL", DATABASE_FORMS)
    try:
        return dict(environ.Env.db_url_config(url))
    except Exception:
        return {}


def sqlite_file(config: dict[str, Any]) -> Path | None:
    """The file of a DATABASES entry, or None where it names a server."""
    parts = urlsplit(config["NAME"])
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def email() -> dict[str, Any]:
    """Django's EMAIL_* settings for EMAIL_URL, else mails on the console."""
    url = os.environ.get("EMAIL_URL", "").strip() or "consolemail://"
    try:
        config: dict[str, Any] = dict(environ.Env.email_url_config(url))
    except Exception:
        refuse("EMAIL_URL", "expected smtp://user:password@host:port or smtp+tls://…")
    config.pop("OPTIONS", None)
    return config


def site_url(folder: Path) -> str:
    """CHATCORE_URL: where people reach this site, for links in mails and for the smoke evaluation.

    Else what `scripts/run` noted in the data folder, else its default.
    """
    noted = folder / "url"
    return (
        http_url("CHATCORE_URL", such_as="https://chat.example.org")
        or (noted.read_text().strip() if noted.exists() else "")
        or "http://127.0.0.1:8000"
    )


def trusted_origins(hosts: list[str], *, https: bool) -> list[str]:
    """Where our own pages may be, whatever a proxy makes of the Host header.

    The address that CHATCORE_URL names, perhaps with a port; over https all hosts by their names alone.
    """
    parts = urlsplit(http_url("CHATCORE_URL"))
    own = [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
    if not https:
        return own
    named = [host for host in hosts if host != "*" and not is_loopback(host)]
    listed = [f"https://*{host}" if host.startswith(".") else f"https://{host}" for host in named]
    return listed + [origin for origin in own if parts.scheme == "https"]


def is_loopback(host: str) -> bool:
    """Whether a name in ALLOWED_HOSTS means this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
