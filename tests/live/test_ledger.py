"""A thousand turns, and the numbers agree to the last token and digit, wherever they are told:

what the simulator served, the records of attempts, the admin, the weekly mail, and its sheet.
"""

import asyncio
import csv
import io
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import pytest

from tests.live.conftest import make_site
from tests.live.ledger import KEPT, cost_of, kinds_of
from tests.live.ledger_turns import AT_ONCE, SESSIONS, TURNS_A_SESSION, thousand_turns
from tests.live.site import Site, Web
from tests.services.smtp import mail_server

COLUMNS = (
    "provider, model_asked, number, usage_source, cost_source, status, concludes, cost_usd, saved_usd, "
    "COALESCE(input_tokens, 0), COALESCE(output_tokens, 0), COALESCE(cache_read_tokens, 0), "
    "COALESCE(reasoning_tokens, 0), cache_hit, CAST(turn_id AS TEXT)"
)
A_WEEK_LATER = {
    "postgresql": "started_at - INTERVAL '7 days'",
    "sqlite": "STRFTIME('%Y-%m-%d %H:%M:%f', started_at, '-7 days')",
}
IN_THE_SHEET = [
    "turns",
    "calls",
    "unpriced_calls",
    "estimated_calls",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cost_usd",
]
SUMMED = [*IN_THE_SHEET, "cached_turns"]


RESET = ("openai", "sim-refused-tagreset")


def exact(amount: Any) -> Decimal | None:
    """An amount as the database gave it: SQLite gives floats."""
    return None if amount is None else Decimal(str(amount)).quantize(Decimal("1e-12"))


class Record:
    """One row, as any program reads it."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.name, self.number = (row[0], row[1]), row[2]
        self.usage_source, self.cost_source, self.status, self.concludes = row[3:7]
        self.cost, self.saved = exact(row[7]), exact(row[8])
        self.tokens = row[9:13]
        self.cache_hit, self.turn = bool(row[13]), row[14]


class Books:
    """Everybody's numbers, once all has ended."""

    def __init__(self, site: Site, web: Web) -> None:
        self.log = site.calls()
        self.served = kinds_of(self.log)
        _record_the_killed(site)
        sql = f"SELECT {COLUMNS} FROM observability_attemptrecord"
        self.records = [Record(row) for row in site.rows(sql)]
        self.calls = [record for record in self.records if record.number]
        self.turns = [row for (row,) in site.rows("SELECT CAST(id AS TEXT) FROM chatcore_turn")]
        staff = web.sign_in("staff").client
        asked = {"span": "7days", "counted": "chat"}
        self.overview = staff.get("/admin/overview/", params={**asked, "format": "json"}).json()
        self.page = staff.get("/admin/overview/", params=asked).text
        self.totals = self._totals()

    def _totals(self) -> dict[str, Decimal | int]:
        """The records, added up by hand."""
        return {
            "turns": sum(bool(record.concludes) for record in self.records),
            "calls": len(self.calls),
            "unpriced_calls": sum(call.cost is None for call in self.calls),
            "estimated_calls": sum(call.usage_source == "estimated" for call in self.calls),
            "cached_turns": sum(record.cache_hit for record in self.records),
            "input_tokens": sum(call.tokens[0] for call in self.calls),
            "output_tokens": sum(call.tokens[1] for call in self.calls),
            "cache_read_tokens": sum(call.tokens[2] for call in self.calls),
            "cost_usd": sum((call.cost or Decimal(0) for call in self.calls), Decimal(0)),
        }


def _record_the_killed(site: Site) -> None:
    """Reconcile until each turn has records: a turn that has just ended is not looked at yet."""
    missing = (
        "SELECT id FROM chatcore_turn WHERE id NOT IN"
        " (SELECT turn_id FROM observability_attemptrecord)"
    )
    deadline = time.monotonic() + 60
    while site.rows(missing):
        assert time.monotonic() < deadline, "turns without records"
        site.manage("reconcile")


def mailed(site: Site, mails: list[EmailMessage]) -> EmailMessage:
    """The mail of that week, after it is over."""
    dialect = "postgresql" if site.env.get("DATABASE_URL") else "sqlite"
    site.execute(f"UPDATE observability_attemptrecord SET started_at = {A_WEEK_LATER[dialect]}")
    site.manage("weekly_rollup", "--send")
    (mail,) = mails
    return mail


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Books, EmailMessage]]:
    with mail_server() as mailbox:
        site = make_site(
            tmp_path_factory.mktemp("ledger"),
            "daphne",
            "live_ledger",
            EMAIL_URL=mailbox.url,
            REPORT_RECIPIENTS="controller@example.org",
        )
        try:
            site.manage("shell", "-c", "from tests.live.ledger_cases import add_cases; add_cases()")
            site.forget_calls()
            web = asyncio.run(thousand_turns(site))
            yield Books(site, web), mailed(site, mailbox.messages)
        finally:
            site.close()


@pytest.fixture
def books(told: tuple[Books, EmailMessage]) -> Books:
    return told[0]


@pytest.fixture
def mail(told: tuple[Books, EmailMessage]) -> EmailMessage:
    return told[1]


class TestAThousandTurns:
    def test_are_of_every_kind(self, books: Books):
        assert len(books.turns) == AT_ONCE * (SESSIONS * TURNS_A_SESSION + 2)
        assert {call.status for call in books.calls} == {
            "ok",
            "failed",
            "cut",
            "abandoned",
            "unknown",
        }
        assert {call.usage_source for call in books.calls} == {"reported", "estimated", "none"}
        assert {call.cost_source for call in books.calls} == {
            "provider",
            "computed",
            "estimated",
            "unknown",
        }
        assert sum(record.cache_hit for record in books.records) > 100

    def test_that_a_kill_broke_off_are_recorded_as_unknown(self, books: Books):
        killed = [call for call in books.calls if call.status == "unknown"]

        assert len(killed) == AT_ONCE
        assert all(call.usage_source == "estimated" for call in killed)


class TestTheRecords:
    def test_have_one_that_stands_for_each_turn(self, books: Books):
        assert Counter(r.turn for r in books.records if r.concludes) == Counter(books.turns)

    def test_say_of_counted_calls_what_was_served_and_what_that_costs(self, books: Books):
        reported = [call for call in books.calls if call.usage_source == "reported"]

        assert Counter((*c.name, *c.tokens, c.cost) for c in reported) == books.served.counted

    def test_estimate_the_calls_that_were_served_without_a_count(self, books: Books):
        estimated = [call for call in books.calls if call.usage_source == "estimated"]

        assert Counter(call.name for call in estimated) == books.served.uncounted
        assert all(call.cost and call.cost_source == "estimated" for call in estimated)

    def test_charge_nothing_for_calls_that_were_refused(self, books: Books):
        refused = [call for call in books.calls if call.usage_source == "none"]

        ours, theirs = Counter(call.name for call in refused), Counter(books.served.refused)
        # A reset on a connection that was used before is sent once more, unseen and unbilled: it may
        # have been closed while idle (docs/adr/0020-how-vendors-are-reached.md).
        again = theirs[RESET] - ours[RESET]
        assert 0 <= again <= ours[RESET]
        assert ours + Counter({RESET: again}) == theirs
        assert {call.cost for call in refused} == {Decimal(0)}

    def test_say_what_the_reply_cache_saved(self, books: Books):
        costs = {cost_of(call) for call in books.log if call["model"] == KEPT}
        hits = [record for record in books.records if record.cache_hit]

        assert {hit.saved for hit in hits} <= costs
        assert {hit.cost for hit in hits} == {Decimal(0)}


class TestTheOverview:
    @pytest.mark.parametrize("name", SUMMED)
    def test_adds_up_the_same_records(self, books: Books, name: str):
        total = books.overview["overview"]["total"][name]

        assert (Decimal(total) if name == "cost_usd" else total) == books.totals[name]

    @pytest.mark.parametrize("partition", ["moments", "intents", "models", "organisations"])
    def test_loses_nothing_in_a_partition(self, books: Books, partition: str):
        parts = [part["figures"] for part in books.overview["overview"][partition]]

        for name in SUMMED:
            assert sum(Decimal(part[name]) for part in parts) == books.totals[name]

    def test_shows_the_cost_to_the_last_digit_as_a_lower_bound(self, books: Books):
        assert f"at least ${plain(books.totals['cost_usd'])}" in books.page


class TestTheWeeklyMail:
    def test_has_the_same_cost_and_turns_in_its_headline(self, books: Books, mail: EmailMessage):
        text = body(mail)
        cost = Decimal(books.totals["cost_usd"])

        assert f"At least ${rounded_down(cost)} for {books.totals['turns']:,} turns" in text
        assert plain(cost) in text

    def test_says_how_many_calls_are_not_sure(self, books: Books, mail: EmailMessage):
        text = body(mail)

        calls, unpriced, estimated = (
            f"{books.totals[name]:,}" for name in ("calls", "unpriced_calls", "estimated_calls")
        )
        assert f"of {calls} calls, {unpriced} without a known price" in text
        assert f"the tokens or the cost of {estimated} (" in text

    @pytest.mark.parametrize("name", IN_THE_SHEET)
    def test_has_a_sheet_that_adds_up_to_it(self, books: Books, mail: EmailMessage, name: str):
        (sheet,) = [part for part in mail.iter_attachments() if part.get_content_subtype() == "csv"]
        rows = list(csv.DictReader(io.StringIO(sheet.get_content().lstrip("\ufeff"))))

        assert sum(Decimal(row[name]) for row in rows) == books.totals[name]


def body(mail: EmailMessage) -> str:
    """The plain text on one line."""
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def plain(amount: Decimal | int) -> str:
    """Without idle zeros."""
    return f"{amount:f}".rstrip("0").rstrip(".")


def rounded_down(amount: Decimal) -> str:
    """Cents, and four places under a dollar."""
    places = 2 if amount >= 1 else 4
    return f"{int(amount * 10**places) / 10**places:.{places}f}"
