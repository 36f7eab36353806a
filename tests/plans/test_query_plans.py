"""With 100,000 turns, each page and each job reads few rows, in a number of statements that stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib import admin
from django.test import Client, RequestFactory

from chatcore.admin.big_tables import MOST
from chatcore.maintenance import purging
from chatcore.models import Membership, Retention, Thread, Turn, User
from observability import reconcile
from observability.alerts import raise_incident
from observability.alerts.refusals import close_what_works_again
from observability.models import AttemptRecord, Incident
from observability.rollup.gather import gather
from tests.factories import browser, make_user
from tests.plans.seeding import FIRST, LONG_DELETED, TODAY, TURNS, TURNS_A_THREAD
from tests.plans.watched import Statements, keys_without_index, statements

pytestmark = pytest.mark.usefixtures("big_site")
A_WEEK = TURNS * 7 // 365 * 6 // 5
"""The records of a week."""
TURN_LIST, THREAD_LIST = "/admin/chatcore/turn/", "/admin/chatcore/thread/"
ATTEMPT_LIST = "/admin/observability/attemptrecord/"
SOMEBODY, ORGANISATION = FIRST + 23, FIRST + 3


@pytest.fixture
def person() -> Client:
    """Somebody with a hundred turns."""
    member = User.objects.get(pk=SOMEBODY)
    Membership.objects.create(user=member, organisation_id=ORGANISATION)
    return warm(browser(member), "/api/threads/")


@pytest.fixture
def boss() -> Client:
    return warm(browser(make_user("boss", is_superuser=True)), "/admin/")


def warm(client: Client, address: str) -> Client:
    """A browser that has been here before: what a process remembers is read."""
    assert client.get(address).status_code == 200
    return client


def page(client: Client, address: str) -> Statements:
    with statements() as sent:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return sent


def found(model: type, address: str) -> tuple[Statements, int]:
    """What a list asks for, and how many rows of it are shown, without its page being drawn."""
    request = RequestFactory().get(address)
    request.user = User(is_superuser=True, is_active=True)
    with statements() as sent:
        shown = admin.site.get_model_admin(model).get_changelist_instance(request).result_list
        rows = len(shown)
    return sent, rows


def a_thread() -> Thread:
    return Thread.objects.filter(owner=SOMEBODY, deleted_at=None)[0]


def a_reference() -> str:
    return Turn.objects.order_by("created_at")[TURNS // 2].pk.hex[:12]


class TestThePage:
    @pytest.mark.parametrize(
        ("path", "number", "rows"),
        [
            ("/api/threads/", 4, 50),
            ("/api/threads/?search=swift", 4, 110),
            ("/api/threads/{}/", 4, 1),
            ("/api/threads/{}/turns/", 5, 4 * TURNS_A_THREAD),
        ],
    )
    def test_reads_what_it_shows(self, person, path: str, number: int, rows: int):
        sent = page(person, path.format(a_thread().pk))

        assert sent.reading_more_than(rows) == []
        assert sent.count == number
        assert sent.naming('"route"', '"summary"') == []


class TestAList:
    @pytest.mark.parametrize(
        ("address", "number"), [(TURN_LIST, 7), (THREAD_LIST, 5), (ATTEMPT_LIST, 8)]
    )
    def test_is_drawn_with_few_statements_and_without_texts(self, boss, address, number: int):
        sent = page(boss, address)

        assert sent.reading_more_than(MOST + 1) == []
        assert sent.count == number
        assert sent.naming('"route"', '"prompt"', '"reply"', '"summary"') == []

    @pytest.mark.parametrize(
        "asked",
        [
            "p=50",
            "status__exact=failed",
            "status__exact=running",
            "intent=nobodys",
            "provider=kimi",
            "provider=nobodys",
            f"organisation_id={ORGANISATION}",
            "organisation_id=1",
            "source=smoke",
            "source=check",
            "error_code=interrupted",
            "error_code=busy",
            "thumb__exact=up",
            "fallback_used__exact=1",
            "cache_hit__exact=1",
            "created_at__gte=2026-11-20T00:00:00Z",
            "q=person-0007",
            "q=nobody",
            "q=abcdef123456",
        ],
    )
    def test_of_turns_is_sifted_by_an_index(self, asked: str):
        sent, _ = found(Turn, f"{TURN_LIST}?{asked}")

        assert sent.reading_more_than(MOST + 1) == []

    @pytest.mark.parametrize("common", ["status__exact=complete", "intent=coding_help"])
    def test_of_turns_ends_early_where_most_are_meant(self, common: str):
        sent, rows = found(Turn, f"{TURN_LIST}?{common}")

        assert sent.reading_more_than(MOST * 5 // 2 + 1) == []
        assert rows == 50

    @pytest.mark.parametrize(
        "asked",
        [
            f"organisation_id={ORGANISATION}",
            "deleted_at__isnull=False",
            "q=person-0007",
            "q=nobody",
        ],
    )
    def test_of_threads_is_sifted_by_an_index(self, asked: str):
        sent, _ = found(Thread, f"{THREAD_LIST}?{asked}")

        # Its turns are counted for those that are shown.
        assert sent.reading_more_than(1_000 + 50 * (TURNS_A_THREAD + 1)) == []

    @pytest.mark.parametrize(
        "asked",
        [
            "status=unknown",
            "error=timeout",
            "intent=nobodys",
            "provider=nobodys",
            "deployment=nobodys/model",
            f"organisation_id={ORGANISATION}",
            "source=check",
            "usage_source=estimated",
            "cost_source=unknown",
            "truncated__exact=1",
            "cache_hit__exact=1",
            "started_at__gte=2026-11-20T00:00:00Z",
            "q=nobodys/model",
        ],
    )
    def test_of_attempts_is_sifted_by_an_index(self, asked: str):
        sent, _ = found(AttemptRecord, f"{ATTEMPT_LIST}?{asked}")

        assert sent.reading_more_than(MOST + 1) == []

    def test_finds_a_turn_by_its_reference(self):
        for model, address in ((Turn, TURN_LIST), (AttemptRecord, ATTEMPT_LIST)):
            sent, rows = found(model, f"{address}?q={a_reference()}")

            assert sent.reading_more_than(2) == []
            assert rows in {1, 2}


class TestTheReports:
    @pytest.mark.parametrize(("span", "rows"), [("today", A_WEEK // 7), ("7days", A_WEEK)])
    def test_overview_reads_its_span(self, boss, span: str, rows: int):
        sent = page(boss, f"/admin/overview/?span={span}")

        assert sent.reading_more_than(rows) == []
        assert sent.count == 18

    @pytest.mark.parametrize(
        ("organisation", "number", "part"), [(None, 51, 1), (ORGANISATION, 46, 20)]
    )
    def test_rollup_reads_its_week_and_its_month(self, organisation, number: int, part: int):
        with statements() as sent:
            gather(TODAY.date(), organisation)

        assert sent.reading_more_than(A_WEEK * 31 // 7 // part) == []
        assert sent.count == number


class TestTheWorker:
    def test_sweep_looks_at_the_last_hour(self):
        raise_incident(kind=Incident.Kind.MODEL_GONE, subject="gemini/flash", text="It is gone.")

        sent = self._do(reconcile.mend_recent, close_what_works_again)

        assert sent.reading_more_than(A_WEEK // 7 // 24 * 2) == []

    def test_proof_reads_each_turn_once(self):
        """Batch by batch, as on the tenth day of that year."""
        with time_machine.travel(TODAY - timedelta(days=355), tick=False), statements() as sent:
            proof = reconcile.prove()

        batches = -(-proof.turns // reconcile.BATCH)
        assert batches > 5
        assert (proof.mended, proof.differing) == (0, [])
        assert sent.reading_more_than(reconcile.BATCH * 6 // 5 + 1) == []
        assert sent.count == 2 + 2 * batches

    def test_purge_reads_the_threads_that_go(self, monkeypatch):
        monkeypatch.setattr(purging, "PAUSE_S", 0)
        with statements() as sent:
            assert purging.purge(now=TODAY) == LONG_DELETED

        assert sent.reading_more_than(LONG_DELETED * (TURNS_A_THREAD + 1)) == []

    def test_finds_what_speaks_of_a_row_that_goes_by_an_index(self):
        assert keys_without_index() == []

    def test_purge_of_texts_reads_those_that_go(self, monkeypatch):
        monkeypatch.setattr(purging, "PAUSE_S", 0)
        Thread.objects.filter(deleted_at__isnull=False).update(deleted_at=None)
        Retention.objects.update_or_create(pk=1, defaults={"text_days": 364})
        before = Turn.objects.count()
        with statements() as sent:
            purging.purge(now=TODAY)

        assert before - Turn.objects.count() > 200
        assert sent.reading_more_than(10 * purging.BATCH) == []

    def _do(self, *steps: Callable[[], object]) -> Statements:
        with statements() as sent:
            for step in steps:
                step()
        return sent
