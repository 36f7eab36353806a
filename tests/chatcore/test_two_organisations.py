"""The websockets of somebody who belongs to two organisations, and goes from one to the other."""

from collections.abc import Iterator

import pytest
from django.test import Client

from chatcore.db.reader import read
from chatcore.db.writer import writer
from chatcore.identity import last_known
from chatcore.models import Membership, Organisation, Thread, User
from tests.connections import Socket
from tests.factories import browser, make_member, make_thread

pytestmark = [pytest.mark.anyio, pytest.mark.django_db(transaction=True)]
NOT_FOUND = 4404


@pytest.fixture
def dave() -> Iterator[User]:
    acme, globex = (Organisation.objects.create(name=name) for name in ("Acme", "Globex"))
    dave = make_member("dave", acme)
    Membership.objects.create(user=dave, organisation=globex)
    for organisation in (acme, globex):
        make_thread(dave, organisation=organisation, title=f"at {organisation.name}")
    yield dave
    writer.close()  # its threads hold connections


async def socket_at(client: Client, name: str) -> Socket:
    """An open websocket on the thread of an organisation, as long as one may see it."""
    thread = await read(lambda: Thread.objects.get(title=f"at {name}"))
    socket = Socket(client, thread)
    await socket.open()
    return socket


async def go_to(client: Client, name: str) -> None:
    organisation = await read(lambda: Organisation.objects.get(name=name))
    await read(lambda: client.post("/organisation/", {"organisation": organisation.pk}))


class TestASocket:
    async def test_opens_in_the_new_organisation_at_once(self, dave):
        client = await read(lambda: browser(dave))
        before = await socket_at(client, "Acme")
        assert await before.ask_nonsense() == 0

        await go_to(client, "Globex")
        after = await socket_at(client, "Globex")

        assert await after.ask_nonsense() == 0
        await before.leave()
        await after.leave()

    async def test_of_the_old_organisation_closes_as_not_found(self, dave, monkeypatch):
        monkeypatch.setattr(last_known, "FRESH_S", 0.0)
        client = await read(lambda: browser(dave))
        socket = await socket_at(client, "Acme")
        assert await socket.ask_nonsense() == 0

        await go_to(client, "Globex")

        assert await socket.ask_nonsense() == NOT_FOUND
        await socket.leave()

    async def test_of_the_other_organisation_is_not_found(self, dave):
        socket = await socket_at(await read(lambda: browser(dave)), "Globex")

        assert await socket.ask_nonsense() == NOT_FOUND
        await socket.leave()
