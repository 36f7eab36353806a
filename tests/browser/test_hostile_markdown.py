"""No reply runs a script or fetches anything: the real modules in Chromium, without a CSP."""

import pytest

from tests.browser.bench import Bench
from tests.browser.hostile_markdown import PAYLOADS

every_payload = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())


def assert_harmless(bench: Bench) -> None:
    bench.provoke()

    assert bench.wins() == []
    assert bench.requests_elsewhere == []
    assert bench.strange() == []


class TestHostileReply:
    @every_payload
    def test_does_nothing_when_it_comes_at_once(self, bench: Bench, payload: str):
        bench.show_whole(payload)

        assert_harmless(bench)

    @every_payload
    def test_does_nothing_at_any_step_of_its_stream(self, bench: Bench, payload: str):
        strange_on_the_way = bench.show_streamed(payload)

        assert strange_on_the_way == []
        assert_harmless(bench)

    @every_payload
    def test_does_nothing_when_only_the_sanitiser_stands_in_its_way(
        self, bench: Bench, payload: str
    ):
        bench.sanitise(payload)

        assert_harmless(bench)


class TestBench:
    """The bench sees what it is there to see."""

    def test_notices_a_script_that_runs(self, bench: Bench):
        bench.page.evaluate(
            "document.querySelector('main').innerHTML = '<svg><a href=\"javascript:pwned()\"/></svg>"
            "<img src=data:, onerror=pwned()>'"
        )
        bench.provoke()

        assert bench.wins()

    def test_notices_a_request_that_leaves(self, bench: Bench):
        with bench.page.expect_event("requestfailed"):
            bench.page.evaluate(
                "document.querySelector('main').innerHTML = '<img src=https://evil.test/x.png>'"
            )

        assert bench.requests_elsewhere == ["https://evil.test/x.png"]

    def test_notices_what_no_reply_may_have(self, bench: Bench):
        bench.page.evaluate(
            "document.querySelector('main').innerHTML = '<form id=x><a href=/logout/>y</a></form>'"
        )

        assert bench.strange() == ["FORM", "FORM id", "A href=/logout/"]

    def test_has_at_least_sixty_payloads(self):
        assert len(PAYLOADS) >= 60
