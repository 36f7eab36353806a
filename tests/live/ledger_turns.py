"""A thousand turns of every kind, twenty at once, and a kill when half of them are done."""

import asyncio
import random
import signal

from tests.live.ledger_cases import CASES
from tests.live.site import Person, Site, Socket, Web

AT_ONCE = 20
SESSIONS = 10
"""Threads of each of the twenty, half of them before the kill."""
TURNS_A_SESSION = 5
KEPT_PROMPTS = 4
STOPPED_EVERY = 17
MIXED = [name for name in CASES if name not in {"kept", "long0", "long1"}]


async def thousand_turns(site: Site) -> Web:
    """Ask them all and wait for their ends; gives the web process that is left."""
    askers = [_Asker(number) for number in range(AT_ONCE)]
    web = await asyncio.to_thread(site.open)
    await _half(web, askers)
    await _kill(web, askers)
    web = await asyncio.to_thread(site.open)
    await _half(web, askers)
    async with asyncio.timeout(40):  # a killed turn ends when its lease has run out
        while site.rows("SELECT id FROM chatcore_turn WHERE status = 'running'"):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    return web


async def _half(web: Web, askers: list["_Asker"]) -> None:
    person = await asyncio.to_thread(web.sign_in, "demo")
    await asyncio.gather(*(asker.sessions(person) for asker in askers))


async def _kill(web: Web, askers: list["_Asker"]) -> None:
    """With twenty long turns under way, and twenty short ones just ended and hardly recorded yet."""
    person = web.sign_in("demo")
    ready, dead = asyncio.Barrier(AT_ONCE + 1), asyncio.Event()

    async def lose(asker: _Asker) -> None:
        lost, quick = [await asyncio.to_thread(person.new_thread) for _ in range(2)]
        async with person.socket(lost) as tab, person.socket(quick) as other:
            await asker.begin_long(tab)
            await other.ask("ledger plain0, please")
            await other.to_the_end()
            await ready.wait()
            await dead.wait()

    losing = [asyncio.create_task(lose(asker)) for asker in askers]
    await ready.wait()
    await asyncio.to_thread(web.end, signal.SIGKILL)
    dead.set()
    await asyncio.gather(*losing, return_exceptions=True)


class _Asker:
    """One of the twenty: asks one thing after another, some of them in vain."""

    def __init__(self, number: int) -> None:
        self._asked = 0
        self._chance = random.Random(number)

    async def sessions(self, person: Person) -> None:
        """Some threads, each begun with a question that others ask too, then four of any kind."""
        for _ in range(SESSIONS // 2):
            thread = await asyncio.to_thread(person.new_thread)
            async with person.socket(thread) as tab:
                await self._turn(tab, f"kept question {self._chance.randrange(KEPT_PROMPTS)}")
                for _ in range(TURNS_A_SESSION - 1):
                    name = self._chance.choice(MIXED)
                    await self._turn(tab, f"{name} {'word ' * self._chance.randrange(50)}")

    async def _turn(self, tab: Socket, words: str) -> None:
        self._asked += 1
        if self._asked % STOPPED_EVERY == 0:
            await self.begin_long(tab)
            await tab.say("stop", turn=tab.frames[-1]["turn"])
        else:
            assert (await tab.ask(f"ledger {words}"))["type"] == "accepted"
        await tab.to_the_end()

    async def begin_long(self, tab: Socket) -> None:
        """A turn whose first words have come, and that goes on for long."""
        await tab.ask(f"ledger long{self._asked % 2}, please")
        await tab.until("delta")
