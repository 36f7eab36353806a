"""How many series may a metric of a library become? Its attributes are bounded here.

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
