"""A site on SQLite: what runs is known, and what a killed web process left is ended by its successor."""

import asyncio
import signal
import time

import pytest

from tests.live.site import Person, Site

pytestmark = pytest.mark.anyio
PATIENCE_S = 30.0


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path, server="daphne")
    made.env.pop("DATABASE_URL", None)
    made.env.pop("REDIS_URL", None)
    made.prepare()
    yield made
    made.close()


async def until(site: Site, query: str, found: list[tuple]) -> None:
    """Another process writes it, and tells nobody."""
    deadline = time.monotonic() + PATIENCE_S
    while site.rows(query) != found:
        assert time.monotonic() < deadline, site.rows(query)
        await asyncio.sleep(0.1)


class TestASiteOnSqlite:
    async def test_knows_its_processes_and_ends_what_a_killed_one_left(self, site: Site):
        doomed = site.open()
        demo = doomed.sign_in("demo")
        async with demo.socket(demo.new_thread()) as tab:
            accepted = await tab.ask("case endless, please")
            await tab.until("delta")
            jobs = site._spawn(
                "jobs", "-m", "celery", "-q", "-A", "chatcore", "worker", "-B", "-P", "solo",
                "--without-mingle", "--without-gossip", "--without-heartbeat",
                "-s", str(site.folder / "beat"),
            )  # fmt: skip
            try:
                query = "SELECT kind FROM chatcore_serverprocess ORDER BY kind"
                await until(site, query, [("beat",), ("web",), ("worker",)])
            finally:
                jobs.send_signal(signal.SIGTERM)
                jobs.wait(PATIENCE_S)
            before = site.rows("SELECT id FROM chatcore_serverprocess WHERE kind = 'web'")
            doomed.end(signal.SIGKILL)

        there = Person(site.open(), demo.client)
        query = f"SELECT status FROM chatcore_turn WHERE id = '{accepted['turn'].replace('-', '')}'"
        await until(site, query, [("interrupted",)])

        after = site.rows("SELECT id FROM chatcore_serverprocess WHERE kind = 'web'")
        assert (len(before), len(after)) == (1, 1)
        assert before != after
        there.web.end(signal.SIGTERM)
        assert site.rows("SELECT id FROM chatcore_serverprocess WHERE kind = 'web'") == []
