"""A dead collector, or none at all, does no harm."""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.live.site import ROOT
from tests.live.told import start_worker
from tests.services.otlp import Collector, collector
from tests.services.ports import free_port

EXIT_S = 5.0


class TestACollectorThatFails:
    @pytest.mark.parametrize(
        ("server", "mode"),
        [("daphne", "hang"), ("daphne", "429"), ("daphne", "refuse"), ("uvicorn", "hang")],
    )
    def test_holds_up_no_web_process(self, told, server, mode):
        with failing(mode) as (url, ready):
            told.site.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
            web = told.site.open(server)
            web.sign_in("demo")
            ready()

            began = time.monotonic()
            web.process.send_signal(signal.SIGTERM)
            web.process.wait(30)

        assert time.monotonic() - began < EXIT_S
        said = [json.loads(line)["message"] for line in web.log.read_text().splitlines()]
        kinds = [line.partition(":")[0] for line in said if "export" in line]
        assert len(kinds) == len(set(kinds)), said

    def test_holds_up_no_worker(self, told):
        with failing("hang") as (url, ready):
            told.site.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
            worker = start_worker(told.site)
            told.site.manage(
                "shell",
                "-c",
                "import chatcore.celery; from chatcore.tasks import purge; purge.delay()",
            )
            ready()

            began = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            worker.wait(30)

        assert time.monotonic() - began < EXIT_S


class failing:
    """A collector that hangs, answers 429, or is not there; `ready` waits until it was called."""

    def __init__(self, mode: str) -> None:
        self._mode = mode

    def __enter__(self):
        if self._mode == "refuse":
            return f"http://127.0.0.1:{free_port()}", lambda: None
        self._collector = collector(self._mode)  # type: ignore[arg-type]
        made: Collector = self._collector.__enter__()
        return made.url, lambda: made.until(lambda: made.calls)

    def __exit__(self, *error: object) -> None:
        if self._mode != "refuse":
            self._collector.__exit__(None, None, None)


class TestWhereNobodyListens:
    def test_nothing_is_set_up_and_nothing_instrumented(self, told):
        script = (
            "import sys, chatcore.asgi; from opentelemetry import trace, metrics;"
            "print(type(trace.get_tracer_provider()).__name__,"
            " type(metrics.get_meter_provider()).__name__,"
            " [m for m in sys.modules if m.startswith('opentelemetry.instrumentation')])"
        )
        environment = {
            name: value for name, value in told.site.env.items() if not name.startswith("OTEL_")
        }
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert done.stdout == "ProxyTracerProvider _ProxyMeterProvider []\n", done.stderr

    @pytest.mark.parametrize("address", ["collector:4318", "grpc://here:4317", "http://here:port"])
    def test_a_bad_address_is_one_clear_line(self, told, address):
        done = subprocess.run(
            [sys.executable, "manage.py", "check"],
            env={**told.site.env, "OTEL_EXPORTER_OTLP_ENDPOINT": address},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert done.returncode != 0
        assert done.stderr.count("\n") == 1
        assert "OTEL_EXPORTER_OTLP_ENDPOINT is not usable" in done.stderr
