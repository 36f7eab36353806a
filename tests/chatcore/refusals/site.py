"""An installation for the table of refusals: its vendors, who asks, and what is to be seen of a turn."""

import asyncio
import json
from itertools import count
from typing import Any

from django.db import connection

from chatcore.db.reader import read
from chatcore.identity.members import Member
from chatcore.models import Organisation, Thread
from chatcore.replies.reply import Reply
from chatcore.services import take_turn
from chatcore.turns.data import new_turn
from chatcore.turns.running import running
from observability.models import AttemptRecord, Incident
from routing.models import ProviderKey
from routing.seeding import seed
from routing.services import snapshot
from routing.services.health import Health, health
from routing.simulator import Entry, Simulator
from routing.simulator.vendors import Vendor
from tests.chatcore.refusals.rows import MODELS
from tests.factories import make_member, make_thread

WELL = "ok-pace0-tokens4"
ASKS: dict[Vendor, str] = {
    "openai": "write a python function that adds {} and two",
    "kimi": "solve the equation x + {} = 12 step by step",
    "perplexity": "what is the population of Norway according to source {}?",
    "gemini": "proofread this sentence: she have {} apples",
}
"""Questions whose ladders each vendor leads."""
numbers = count(3)
PATIENCE_S = 10
"""Less than the 15 s for which a vendor may be silent: no turn of these waits for that."""


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
        new = new_turn(thread.pk, None, kind="ask", text=text)
        _, reply = await take_turn(member=self._member, new=new)
        assert reply is not None
        seen = Seen()
        await asyncio.wait_for(seen.follow(reply), PATIENCE_S)
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

    def all_are(self, behaviour: str) -> None:
        """What every vendor does from now on, where no reply was prepared."""
        for vendor in ASKS:
            self.simulator.outage(vendor, behaviour)

    def forget(self) -> None:
        """Vendors are well, and nothing is known of them."""
        self.simulator.forget()
        self.all_are(WELL)
        vars(health).update(vars(Health()))


def install(simulator: Simulator) -> Site:
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
    )
    return Site(simulator, member, keys)


def forget_records() -> None:
    Incident.objects.all().delete()
    AttemptRecord.objects.all().delete()
