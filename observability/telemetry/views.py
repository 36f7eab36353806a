"""Bounds the attributes of the libraries' metrics, and so the number of their series.

What a client can choose freely (a Host header, an address) is never one of them.
"""

from opentelemetry.sdk.metrics.view import View

VIEWS = (
    View(
        instrument_name="http.server.*",
        attribute_keys={"http.request.method", "http.response.status_code", "http.route"},
    ),
    View(instrument_name="flower.task.*", attribute_keys={"task"}),
)
