"""Traces and metrics, by OpenTelemetry. Nothing of it is even imported where nobody listens."""

from django.conf import settings


def is_enabled() -> bool:
    """Whether anybody listens: a collector is named, or a developer looks at the console."""
    return bool(settings.OTLP_ENDPOINT or settings.DEBUG)
