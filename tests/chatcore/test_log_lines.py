"""What stands in a log, and what never does."""

import asyncio
import gc
import json
import logging

import httpx
import psycopg
import pytest
from opentelemetry import trace

from chatcore.conf.log_lines import JsonLines, PlainLines

SECRET = "planted-word"


def record(name: str, message: object, *args: object, error: BaseException | None = None):
    about = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, about)


def line(name: str, message: object, *args: object, error: BaseException | None = None):
    return json.loads(JsonLines().format(record(name, message, *args, error=error)))


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


class TestALine:
    def test_says_when_how_grave_who_what_and_in_which_process(self):
        said = line("chatcore.services", "Turn %s failed on our side", "1f0e")

        assert said["message"] == "Turn 1f0e failed on our side"
        assert said["level"] == "ERROR"
        assert said["logger"] == "chatcore.services"
        assert said["time"].endswith("+00:00")
        assert isinstance(said["process"], int)

    def test_names_the_trace_that_it_stands_in(self):
        context = trace.SpanContext(trace_id=10, span_id=11, is_remote=False)
        with trace.use_span(trace.NonRecordingSpan(context)):
            said = line("chatcore", "here")

        assert said["trace_id"] == "0" * 31 + "a"
        assert said["span_id"] == "0" * 15 + "b"

    def test_is_one_line_whatever_it_says(self):
        text = JsonLines().format(record("chatcore", "a\nb", error=raised(ValueError("c\nd"))))

        assert "\n" not in text

    def test_keeps_a_word_that_somebody_else_fills_in(self):
        said = line("django.request", "%s: %s", "Not Found", "/no/such/page/")

        assert said["message"] == "Not Found: /no/such/page/"

    def test_stands_though_its_numbers_are_marks(self):
        assert line("strange", "%d calls", "many words")["message"] == "%d calls"


class TestAnException:
    def test_is_its_type_its_code_and_its_places(self):
        told = line("chatcore", "It failed", error=raised(ConnectionRefusedError(111, SECRET)))

        assert told["exception"].startswith("ConnectionRefusedError [111]\n")
        assert "test_log_lines.py" in told["exception"]
        assert "in raised" in told["exception"]

    def test_of_a_refused_page_is_not_told(self):
        refused = record("django.request", "Forbidden", error=raised(PermissionError()))
        refused.levelno = logging.WARNING

        assert "exception" not in json.loads(JsonLines().format(refused))

    def test_names_what_it_came_of(self):
        try:
            try:
                raise KeyError(SECRET)
            except KeyError as error:
                raise ValueError(SECRET) from error
        except ValueError as error:
            told = line("chatcore", "It failed", error=error)

        assert [part.split("\n")[0] for part in told["exception"].split("\nbecause of ")] == [
            "ValueError",
            "KeyError",
        ]
        assert SECRET not in json.dumps(told)

    @pytest.mark.parametrize(
        "error",
        [
            httpx.ConnectError(f"GET https://example.org/?key={SECRET}"),
            psycopg.errors.NotNullViolation(f"DETAIL:  Failing row contains ({SECRET})"),
            UnicodeEncodeError("utf-8", SECRET, 0, 1, SECRET),
            RuntimeError({"headers": SECRET}),
        ],
        ids=lambda error: type(error).__name__,
    )
    @pytest.mark.parametrize("form", [JsonLines, PlainLines])
    @pytest.mark.parametrize("name", ["chatcore.db.writer", "daphne.server"])
    def test_never_speaks_for_itself(self, error, form, name):
        local = SECRET
        texts = [
            form().format(record(name, "It failed: %s", error, error=raised(error))),
            form().format(record(name, error)),
            form().format(record(name, "It failed: %s", f"what {error} says")),
        ]

        assert local not in texts[0]
        assert local not in texts[1]
        if name == "daphne.server":
            assert local not in texts[2]

    def test_in_celery_s_own_words_is_a_mark(self):
        context = {"id": "1f0e", "name": "a.task", "exc": f"ValueError('{SECRET}')"}
        said = line("celery.app.trace", "Task %(name)s[%(id)s] raised: %(exc)s", context)

        assert said["message"] == "Task a.task[1f0e] raised: …"

    def test_of_a_forgotten_task_is_in_no_line(self):
        told: list[str] = []

        class Kept(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                told.append(JsonLines().format(record))

        handler = Kept()
        logging.getLogger("asyncio").addHandler(handler)
        try:
            asyncio.run(forget_a_task())
        finally:
            logging.getLogger("asyncio").removeHandler(handler)

        assert json.loads(told[0])["message"] == "Task exception was never retrieved"
        assert SECRET not in told[0]


async def forget_a_task() -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    await asyncio.wait([asyncio.create_task(fail())])
    gc.collect()


class TestAWarning:
    def test_is_its_first_line(self):
        said = line("py.warnings", "%s", "a.py:1: UserWarning: old\n  source(line)\n")

        assert said["message"] == "a.py:1: UserWarning: old"
