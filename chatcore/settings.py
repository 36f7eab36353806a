"""Django's settings. What differs between machines comes from `chatcore.conf.environment` alone."""

import os
from hashlib import sha256
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from chatcore.conf import environment, provider_environment
from chatcore.conf.unfold import UNFOLD as UNFOLD
from routing.providers.registry import VENDORS

VERSION = "0.1.0"
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.data_folder()

# --- the machine ---------------------------------------------------------------------------------

DEBUG = environment.flag("DEBUG", default=False)
SECRET_KEY = environment.secret_key(DATA_DIR)
INSTALLATION = sha256(b"chatcore installation" + SECRET_KEY.encode()).hexdigest()[:12]
"""This installation's name in stores that it may share with another."""
SEALING_KEYS = environment.sealing_keys(DATA_DIR)
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", environment.LOOPBACK_HOSTS)
DATABASES = {"default": environment.database(DATA_DIR)}
REDIS_URL = environment.redis_url()
EMBEDDED = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"

SITE_URL = environment.site_url(DATA_DIR)

ENV_KEYS = {
    vendor.slug: provider_environment.provider_key(f"{vendor.slug.upper()}_API_KEY")
    for vendor in VENDORS
    if vendor.needs_key
}
ENV_BASE_URLS = {
    vendor.slug: provider_environment.base_address(
        f"{vendor.slug.upper()}_BASE_URL", such_as=vendor.base_url
    )
    for vendor in VENDORS
}
PROVIDER_PROXY, PROVIDER_PROXY_PASS = environment.proxy("PROVIDER_PROXY")
PROVIDER_CA_FILE = environment.ca_file("PROVIDER_CA_FILE")
ALLOWED_PROVIDER_HOSTS = tuple(host for vendor in VENDORS for host in vendor.known_hosts)

# --- the site -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "django_celery_beat",
    "routing",
    "chatcore",
    "observability",
]
MIDDLEWARE = [
    "chatcore.db.middleware.once_more",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "chatcore.conf.middleware.AdminContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "chatcore.urls"
ASGI_APPLICATION = "chatcore.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en-us"

# --- people --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "chatcore.User"
AUTHENTICATION_BACKENDS = ["chatcore.identity.backend.RoleBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 14 * 24 * 3600

# --- safety: https wherever anyone but this machine may come in ------------------------------------

HTTPS = not DEBUG and not all(environment.is_loopback(host) for host in ALLOWED_HOSTS)
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# The proxy must set this header itself and drop the client's: docs/operations.md says how.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 131_072
CSRF_TRUSTED_ORIGINS = environment.trusted_origins(ALLOWED_HOSTS, https=HTTPS)
CSRF_FAILURE_VIEW = "chatcore.views.csrf_failure"
TRUSTED_PROXIES = environment.count("TRUSTED_PROXIES", default=1 if HTTPS else 0)
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE, "'strict-dynamic'"],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["dompurify"],
    },
}

# --- static files --------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    ("vendor/marked", NODE_MODULES / "marked" / "lib"),
    ("vendor/dompurify", NODE_MODULES / "dompurify" / "dist"),
    ("vendor/chart.js", NODE_MODULES / "chart.js" / "dist"),
    ("vendor/highlight", NODE_MODULES / "@highlightjs" / "cdn-assets" / "es"),
]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG

# --- the API -------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "chatcore.api.authentication.ApiTokenAuthentication",
        "chatcore.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["chatcore.api.authentication.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["chatcore.api.parsers.BoundedJSONParser"],
    "EXCEPTION_HANDLER": "chatcore.api.errors.as_json",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {"TITLE": "Chatcore", "VERSION": VERSION, "SERVE_INCLUDE_SCHEMA": False}

# --- mail and jobs -------------------------------------------------------------------------------

for _name, _value in environment.email().items():
    globals()[_name] = _value
EMAIL_TIMEOUT = 10
REPORT_RECIPIENTS = environment.addresses("REPORT_RECIPIENTS")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "chatcore@localhost")

_QUEUE = DATA_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_connect_timeout": 0.5}
    if REDIS_URL
    else {
        "data_folder_in": str(_QUEUE / "messages"),
        "data_folder_out": str(_QUEUE / "messages"),
        "control_folder": str(_QUEUE / "control"),
    }
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- what is told of all this ---------------------------------------------------------------------

OTLP_ENDPOINT = environment.http_url("OTEL_EXPORTER_OTLP_ENDPOINT", such_as="http://127.0.0.1:4318")
if OTLP_ENDPOINT or DEBUG:
    environment.check_telemetry_limits()
_LINES = "chatcore.conf.log_lines.PlainLines" if DEBUG else "chatcore.conf.log_lines.JsonLines"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": _LINES}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Not Django's own handlers: one writes each line twice, one mails whole requests.
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        # It tells of every try to connect; `chatcore.conf.postgresql` does so now and then.
        "psycopg.pool": {"level": "ERROR"},
    },
}
