"""Secrets and people's words are stored where they belong and nowhere else."""

import json

from tests.live.planted import dump, found_in
from tests.live.site import VENDORS
from tests.live.told import SECRETS, WORDS


class TestTheLogs:
    def test_are_one_json_object_a_line_in_every_process(self, told):
        assert set(told.logs) == {"web-0.log", "worker.log"}
        lines = [line for log in told.logs.values() for line in log.splitlines()]

        assert lines
        for line in lines:
            said = json.loads(line)
            assert {"time", "level", "logger", "message", "trace_id", "span_id", "process"} <= set(
                said
            )


class TestWhatWasPlanted:
    def test_no_secret_is_found_anywhere(self, told):
        assert {message["To"] for message in told.mailbox.messages} == {
            "demo@example.org",  # who forgot the password
            "staff@example.org",  # who gets the weekly rollup
        }
        places = {
            **told.logs,
            **told.pages,
            "exports": b"\n".join(told.collector.bodies),
            "mails": b"\n".join(message.as_bytes() for message in told.mailbox.messages),
            "mails' texts": b"\n".join(
                part.get_payload(decode=True)
                for message in told.mailbox.messages
                for part in message.walk()
                if not part.is_multipart()
            ),
            "database": dump(told.site.env["DATABASE_URL"]),
        }

        assert found_in(places, SECRETS) == []

    def test_nobody_s_words_are_in_logs_spans_or_metrics(self, told):
        places = {**told.logs, "exports": b"\n".join(told.collector.bodies)}
        words = {"prompt": WORDS, "a word": WORDS.partition(" ")[0]}

        assert found_in(places, words) == []

    def test_both_were_there_to_be_found(self, told):
        everything = dump(told.site.env["DATABASE_URL"])

        assert WORDS.encode() in everything
        rows = everything.decode()
        for vendor in VENDORS:
            assert f"case leaky_{vendor}" in rows
