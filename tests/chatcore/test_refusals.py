"""Every refusal that once ended a turn, or taught nothing: through the whole product, on every wire.

The vendor under test leads a shipped ladder, and all vendors behind it are well. A row says what it
answers, word for word; what the user sees of it, who was called, what cooled, and which incident staff
are shown. The rows are in `tests/chatcore/refusals/`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.turns.reply_cache import reply_cache
from observability.models import AttemptRecord
from routing.providers.http import aclose_all
from routing.services.health import Health, health
from routing.simulator import serve
from routing.simulator.vendors import VENDORS, Vendor
from tests.chatcore.refusals import account, answers, endings, parameters, vendors_down
from tests.chatcore.refusals.rows import MODELS, NAMES, Row
from tests.chatcore.refusals.site import ASKS, WELL, Seen, Site, forget_records, install

pytestmark = [pytest.mark.anyio, pytest.mark.django_db]

ROWS = (
    *account.ROWS,
    *parameters.ROWS,
    *vendors_down.ROWS,
    *endings.ROWS,
    *answers.ROWS,
)
ASSISTANT = ("assistant", "model")
"""What the wires call it."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for all rows."""
    return "asyncio"


@pytest.fixture(scope="module")
def tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One database for all rows: to empty it after each would take longer than the rows."""
    with django_db_blocker.unblock():
        yield
        writer.close()
        call_command("flush", verbosity=0, interactive=False)
        connection.close()


@pytest.fixture(scope="module")
async def installed(anyio_backend: str, tables: None) -> AsyncIterator[Site]:
    async with serve(port=0) as simulator:
        addresses = {vendor: simulator.base_url(vendor) for vendor in ASKS}
        with override_settings(
            ENV_KEYS=dict.fromkeys(VENDORS, "test-key"), ENV_BASE_URLS=addresses
        ):
            yield await asyncio.to_thread(install, simulator)
        await aclose_all()
        await reply_cache.aclose()
        vars(health).update(vars(Health()))


@pytest.fixture
async def site(installed: Site) -> Site:
    installed.forget()
    await read(forget_records)
    return installed


def names(row: Row) -> str:
    return f"{row.vendor}: {row.what}"


class TestARefusal:
    @pytest.mark.parametrize("row", ROWS, ids=names)
    async def test_is_met_as_its_row_says(self, site: Site, row: Row):
        for reply in row.replies:
            site.simulator.reply(reply)
        thread = await site.new_thread()

        seen = await site.ask(thread, row.vendor)
        records = await site.records(thread)

        assert_seen(site, row, seen)
        assert site.called == row.called
        assert tuple(record.error for record in records) == row.errors
        assert_costs(records)
        assert site.cooling() == ({f"key of {row.vendor}"} if row.cools else set())
        assert health.refused_parameters(MODELS[row.vendor]) == row.without
        subject = f"{row.vendor} / from the environment"
        assert await site.incidents() == ({(row.incident, subject)} if row.incident else set())
        if row.next_turn:
            before = len(row.called)
            await site.ask(thread, row.vendor)
            assert site.called[before:] == row.next_turn


class TestAPage:
    @pytest.mark.parametrize("vendor", ASKS)
    async def test_in_place_of_an_answer_is_told_to_staff_when_three_came_in_a_row(
        self, site: Site, vendor: Vendor
    ):
        site.simulator.reply(vendors_down.page(vendor, 405).replies[0])
        for _ in range(2):
            await site.ask(await site.new_thread(), vendor)
        assert await site.incidents() == set()

        await site.ask(await site.new_thread(), vendor)

        assert await site.incidents() == {("not_understood", MODELS[vendor])}


class TestWhiteSpace:
    @pytest.mark.parametrize("vendor", ASKS)
    async def test_of_every_vendor_is_no_answer(self, site: Site, vendor: Vendor):
        site.all_are("blank-pace0")

        seen = await site.ask(await site.new_thread(), vendor)

        assert (seen.last["type"], seen.last["code"]) == ("failed", "providers_unavailable")
        assert all(name in seen.last["message"] for name in NAMES.values())
        assert seen.text == ""
        assert set(site.called) == set(ASKS)

    @pytest.mark.parametrize("vendor", ASKS)
    async def test_is_never_sent_back_as_an_assistant_message(self, site: Site, vendor: Vendor):
        thread = await site.new_thread()
        site.all_are("blank-pace0")
        await site.ask(thread, vendor)
        site.all_are(WELL)
        site.simulator.outage(vendor, "blank-pace0")
        answered = await site.ask(thread, vendor)

        site.all_are("context-pace0")
        sent = json.loads((await site.ask(thread, vendor)).text)

        assert [one["content"] for one in sent if one["role"] in ASSISTANT] == [answered.text]


def assert_seen(site: Site, row: Row, seen: Seen) -> None:
    """The page holds one whole answer, and says truly what it is and whose."""
    last, answering = seen.last, row.called[-1]
    assert (last["type"], last["status"]) == ("done", "complete")
    assert last["provider"] == answering
    assert seen.text == (row.text or site.calls[-1].served.text)
    assert seen.text.strip()
    assert seen.resets == 0
    assert last["truncated_reason"] == row.truncated
    assert last["finish_reason"] == row.finish
    assert last["fallback_used"] is (answering != row.vendor)
    happened = f"; {NAMES[row.vendor]} {row.told}, so {NAMES[answering]} answered"
    assert last["reason"].endswith(happened) is bool(row.told)
    assert (", so " in last["reason"]) is bool(row.told)
    if row.tokens is not None:
        usage = last["usage"]
        assert (usage["input_tokens"], usage["output_tokens"]) == row.tokens
    if row.cost is not None:
        assert (last["usage"]["cost_est"], last["cost_source"]) == row.cost
    if row.left_open:
        assert site.calls[-1].peer_left_at is not None


def assert_costs(records: list[AttemptRecord]) -> None:
    """Every call's cost is known, and what was refused before its reply began costs nothing."""
    for record in records:
        assert record.cost_usd is not None
        assert (record.cost_usd == 0) is (record.opened_ms is None)
