"""Every refusal that once ended a turn, or taught nothing: through the whole product, on every wire.

The vendor under test leads a shipped ladder, and all vendors behind it are well. A row says what it
answers, word for word; what the user sees of it, who was called, what cooled, and which incident staff
are shown. The rows are in `tests/chatcore/refusals/`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from chatcore.accounts import Member
from chatcore.database import read, writer
from chatcore.models import Organisation, Thread
from chatcore.replies import Reply
from chatcore.running import running
from chatcore.services import reply_cache, take_turn
from chatcore.turns import new_turn
from observability.models import AttemptRecord, Incident
from routing.models import ProviderKey
from routing.providers.http import aclose_all
from routing.seeding import seed
from routing.services import snapshot
from routing.services.health import Health, health
from routing.simulator import Entry, Simulator, serve
from routing.simulator.vendors import VENDORS, Vendor
from tests.chatcore.refusals import account, answers, endings, parameters, vendors_down
from tests.chatcore.refusals.rows import MODELS, NAMES, Row
from tests.factories import make_member, make_thread

pytestmark = [pytest.mark.anyio, pytest.mark.django_db]

ROWS = (
    *account.ROWS,
    *parameters.ROWS,
    *vendors_down.ROWS,
    *endings.ROWS,
    *answers.ROWS,
)
WELL = "ok-pace0-tokens4"
ASKS: dict[Vendor, str] = {
    "openai": "write a python function that adds {} and two",
    "kimi": "solve the equation x + {} = 12 step by step",
    "perplexity": "what is the population of Norway according to source {}?",
    "gemini": "proofread this sentence: she have {} apples",
}
"""Questions whose ladders each vendor leads."""
numbers = count(3)


class Seen:
    """What a page is shown of one turn."""

    def __init__(self) -> None:
        self.text = ""
        self.last: dict[str, Any] = {}
        self.resets = 0

    async def follow(self, reply: Reply) -> None:
        follower = reply.follow(0)
        while not follower.finished:
            await follower.news.wait()
            for _, raw in follower.take():
                self._take(json.loads(raw))
        reply.leave(follower)

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "delta":
                self.text += frame["text"]
            case "snapshot":
                self.text = frame["text"]
            case "reset":
                self.text, self.resets = "", self.resets + 1
            case "done" | "failed":
                self.last = frame


class Site:
    """An installation as it ships, with a key of each vendor, and one person who asks."""

    def __init__(self, simulator: Simulator, member: Member, keys: dict[str, int]) -> None:
        self.simulator = simulator
        self.keys = keys
        self._member = member

    async def new_thread(self) -> Thread:
        return await read(
            lambda: Thread.objects.create(
                owner_id=self._member.user_id, organisation_id=self._member.organisation_id
            )
        )

    async def ask(self, thread: Thread, vendor: Vendor) -> Seen:
        """A message to the ladder that this vendor leads; back when all who listen were told."""
        text = ASKS[vendor].format(next(numbers))
        _, reply = await take_turn(self._member, new_turn(thread.pk, None, kind="ask", text=text))
        assert reply is not None
        seen = Seen()
        await asyncio.wait_for(seen.follow(reply), 20)
        await running.drain()
        running.draining = False
        return seen

    @property
    def calls(self) -> list[Entry]:
        return [entry for entry in self.simulator.log if entry.method == "POST"]

    @property
    def called(self) -> tuple[str, ...]:
        return tuple(entry.vendor for entry in self.calls)

    async def records(self, thread: Thread) -> list[AttemptRecord]:
        rows = AttemptRecord.objects.filter(thread_id=thread.pk).order_by("started_at", "number")
        return await read(lambda: list(rows))

    async def incidents(self) -> set[tuple[str, str]]:
        rows = Incident.objects.filter(closed_at=None).values_list("kind", "subject")
        return await read(lambda: set(rows))

    def cooling(self) -> set[str]:
        """The keys and models that are left alone now."""
        keys = {f"key of {slug}" for slug, id_ in self.keys.items() if health.key_cools_s(id_)}
        return keys | {model for model in MODELS.values() if health.outage(model)}

    def forget(self) -> None:
        """Vendors are well, and nothing is known of them."""
        self.simulator.forget()
        for vendor in ASKS:
            self.simulator.outage(vendor, WELL)
        vars(health).update(vars(Health()))


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
            yield await asyncio.to_thread(_install, simulator)
        await aclose_all()
        await reply_cache.aclose()
        vars(health).update(vars(Health()))


def _install(simulator: Simulator) -> Site:
    seed()
    snapshot.refresh(force=True)
    user = make_member("alice", Organisation.objects.create(name="Acme"))
    thread = make_thread(user)
    keys = {key.provider.slug: key.pk for key in ProviderKey.objects.select_related("provider")}
    connection.close()
    member = Member(
        user_id=user.pk,
        organisation_id=thread.organisation_id,
        username="alice",
        is_staff=False,
    )
    return Site(simulator, member, keys)


@pytest.fixture
async def site(installed: Site) -> AsyncIterator[Site]:
    installed.forget()
    await read(lambda: Incident.objects.all().delete())
    yield installed
    installed.forget()


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
        assert_costs(row, records)
        assert site.cooling() == ({f"key of {row.vendor}"} if row.cools else set())
        assert health.refused_parameters(MODELS[row.vendor]) == row.without
        subject = f"{row.vendor} / from the environment"
        assert await site.incidents() == ({(row.incident, subject)} if row.incident else set())
        if row.next_turn:
            before = len(row.called)
            await site.ask(thread, row.vendor)
            assert site.called[before:] == row.next_turn


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
    assert (site.calls[-1].peer_left_at is not None) is row.left_open


def assert_costs(row: Row, records: list[AttemptRecord]) -> None:
    """Every call's cost is known, and a refusal before the stream costs nothing."""
    for record in records:
        assert record.cost_usd is not None
        if record.http_status is not None and record.http_status != 200:
            assert record.cost_usd == Decimal(0)
