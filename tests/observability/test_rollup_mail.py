"""What the weekly mail is made of, and that its three looks and the sheet say the same."""

import csv
import email
import email.policy
import io
import re
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser

import pytest
from django.core.mail import get_connection
from msgspec.structs import replace

from observability.rollup.charts import pictures
from observability.rollup.mail import Mail, message, render
from observability.rollup.report import Report, dump, load
from tests.observability import rollup_parts, rollup_samples
from tests.observability.rollup_samples import SAMPLES
from tests.services.smtp import mail_server

SITE = "https://chat.example.com"
PAGE = "/admin/observability/weeklyrollup/1/change/"
GMAIL_CLIPS_AT = 102 * 1024
"""https://github.com/hteumeuleu/email-bugs/issues/41: what is longer is hidden behind a link."""


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = SITE


charts_of = cache(pictures)


def mail_of(report: Report) -> Mail:
    return render(report, charts_of(report), path=PAGE)


@pytest.fixture(params=SAMPLES)
def report(request) -> Report:
    """Each week in turn."""
    return SAMPLES[request.param]()


class Page(HTMLParser):
    """What stands in a mail's HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._silent += tag in {"style", "title"}

    def handle_endtag(self, tag):
        self._silent -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self._silent:
            self.words.append(data)

    def all(self, *names: str) -> list[dict]:
        return [attrs for tag, attrs in self.tags if tag in names]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def rows_of(mail: Mail) -> list[dict]:
    return list(csv.DictReader(io.StringIO(mail.sheet.decode("utf-8-sig"), newline="")))


class TestTheSheet:
    def test_adds_up_to_the_headline_to_the_last_digit(self, report):
        mail = mail_of(report)
        total = sum((Decimal(row["cost_usd"]) for row in rows_of(mail)), Decimal(0))

        assert total == report.week.cost_usd
        if report.cells:
            assert f"To the last digit: {total.normalize():f} USD" in mail.text.replace("\n", " ")

    def test_adds_up_to_the_turns_calls_and_tokens(self, report):
        rows = rows_of(mail_of(report))
        for name in ("turns", "calls", "input_tokens", "output_tokens", "unpriced_calls"):
            assert sum(int(row[name]) for row in rows) == getattr(report.week, name)

    def test_writes_no_exponent(self):
        cell = replace(rollup_parts.cells(["ana"])[0], cost_usd=Decimal("1E-12"))
        report = rollup_parts.report_of([cell])

        assert rows_of(mail_of(report))[0]["cost_usd"] == "0.000000000001"

    def test_holds_nothing_that_a_spreadsheet_would_run(self):
        mail = mail_of(rollup_samples.hostile())

        for row in rows_of(mail):
            for value in row.values():
                assert not value.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert "'=cmd|' /C calc'!A0" in {row["member"] for row in rows_of(mail)}

    def test_ends_its_lines_as_the_format_wants_and_says_that_it_is_utf_8(self):
        sheet = mail_of(rollup_samples.hostile()).sheet

        assert sheet.startswith(b"\xef\xbb\xbfdate,organisation,member,intent,model,")
        assert sheet.count(b"\n") == sheet.count(b"\r\n") == len(rollup_samples.hostile().cells) + 1


class TestTheMail:
    def test_says_the_essential_in_its_subject(self):
        assert mail_of(rollup_samples.ordinary()).subject == (
            "Chatcore, Acme, 15 to 21 Nov 2026: at least $16.45 for 2,475 turns (+22 %)"
        )
        assert mail_of(rollup_samples.no_traffic()).subject.endswith(": no traffic")

    def test_has_one_line_as_its_subject(self):
        made = message(mail_of(rollup_samples.hostile()), "staff@example.com").message()
        assert "Bcc" not in made
        assert (
            "\n"
            not in email.message_from_string(made.as_string(), policy=email.policy.default)[
                "Subject"
            ]
        )

    def test_says_the_same_in_html_and_in_plain_text(self, report):
        mail = mail_of(report)
        html, text = Page(mail.html), mail.text
        # A chart's words stand in the text where the HTML has the chart.
        said = html.text + " ".join(image["alt"] for image in html.all("img"))
        said += " ".join(link["href"] for link in html.all("a"))

        assert numbers(text) == numbers(said.replace(mail.subject, ""))

    def test_says_both_dates(self, report):
        for said in (Page(mail_of(report).html).text, " ".join(mail_of(report).text.split())):
            assert "Sunday 15 November 2026, 00:00 UTC" in said
            assert "Sunday 22 November 2026, 00:00 UTC" in said

    def test_leaves_no_section_empty(self, report):
        blocks = re.split(r"\n\n(?=[^\n]+\n-{4,}\n)", mail_of(report).text)

        assert len(blocks) > 9
        for block in blocks[1:]:
            assert len(block.splitlines()) >= 3

    def test_is_read_aloud_with_sense(self, report):
        page = Page(mail_of(report).html)

        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("h1")) == 1
        assert {table.get("role") for table in page.all("table")} <= {"presentation", None}
        assert all(cell["scope"] in {"row", "col"} for cell in page.all("th"))
        for image in page.all("img"):
            assert "per day: Sun 15 Nov" in image["alt"]

    def test_fetches_nothing(self, report):
        mail = mail_of(report)
        page = Page(mail.html)

        names = {f"cid:{picture.name}@chatcore" for picture in mail.pictures}
        assert {image["src"] for image in page.all("img")} == names
        assert page.all("link", "script", "iframe", "object", "video", "input", "form") == []
        assert "url(" not in mail.html
        assert "@import" not in mail.html
        assert {link["href"].startswith(f"{SITE}/admin/") for link in page.all("a")} == {True}

    def test_is_not_clipped(self, report):
        assert len(mail_of(report).html.encode()) < GMAIL_CLIPS_AT

    def test_shows_names_as_they_are_written(self):
        page = Page(mail_of(rollup_samples.hostile()).html)

        assert "<script>alert(1)</script>" in page.text
        assert page.all("script", "b", "i") == []
        assert "\u202e" not in page.text

    def test_has_seventy_six_columns_of_text(self, report):
        for line in mail_of(report).text.splitlines():
            assert len(line) <= 76 or line.strip().startswith(SITE)

    def test_is_kept_whole_by_the_stored_report(self, report):
        assert mail_of(load(dump(report))) == mail_of(report)

    def test_names_the_first_week_as_such(self):
        text = mail_of(rollup_samples.first_week()).text.replace("\n", " ")
        assert "there is no week before to compare with" in text
        assert "Before" not in text

    def test_calls_a_cost_without_any_price_unknown(self):
        text = mail_of(rollup_samples.unpriced()).text

        assert re.search(r"^reasoning +[\d,]+ +[\d,]+ +unknown$", text, re.M)
        assert re.search(
            r"\d+ without a known price \(k9-preview\) are left out", text.replace("\n", " ")
        )

    def test_never_calls_an_unknown_cost_nothing(self):
        cells = [
            replace(cell, cost_usd=Decimal(0), unpriced_calls=cell.calls)
            for cell in rollup_parts.cells(["ana"])
        ]
        mail = mail_of(rollup_parts.report_of(cells))

        assert mail.subject.endswith(": unknown cost for 60 turns")
        assert "An unknown amount for 60 turns of 1 person." in mail.text
        assert re.search(r"^Cost +unknown +≥ \$13.43$", mail.text, re.M)


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,.]*\d|\d", text))


class TestThePictures:
    def test_are_the_same_bytes_for_the_same_week(self):
        assert pictures(rollup_samples.ordinary()) == pictures(rollup_samples.ordinary())

    def test_are_not_drawn_of_nothing(self):
        assert pictures(rollup_samples.no_traffic()) == ()

    def test_are_small(self, report):
        assert all(len(picture.png) < 100_000 for picture in charts_of(report))


class TestAsItArrives:
    def test_has_the_parts_where_mail_clients_look_for_them(self):
        made = mail_of(rollup_samples.hostile())
        with mail_server() as mailbox:
            backend = "django.core.mail.backends.smtp.EmailBackend"
            connection = get_connection(backend, host=mailbox.host, port=mailbox.port)
            connection.send_messages([message(made, "staff@example.com")])
        [mail] = mailbox.messages

        alternative, sheet = mail.iter_parts()
        text, related = alternative.iter_parts()
        html, *images = related.iter_parts()
        assert [part.get_content_type() for part in (mail, alternative, text, related, html)] == [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
        ]
        assert text.get_content().replace("\r\n", "\n") == made.text
        assert html.get_content().replace("\r\n", "\n") == made.html
        assert [image.get_content() for image in images] == [one.png for one in made.pictures]
        assert [image["Content-ID"] for image in images] == [
            "<cost_per_day@chatcore>",
            "<turns_per_day@chatcore>",
        ]
        assert {image.get_content_disposition() for image in images} == {"inline"}
        assert sheet.get_content_disposition() == "attachment"
        assert sheet.get_filename() == "chatcore-week-ending-2026-11-22.csv"
        assert sheet.get_payload(decode=True) == made.sheet
        assert mail["Auto-Submitted"] == "auto-generated"

    def test_is_whole_without_pictures(self):
        made = message(mail_of(rollup_samples.no_traffic()), "staff@example.com").message()
        kinds = [part.get_content_type() for part in made.walk()]

        assert kinds == [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "text/csv",
        ]
