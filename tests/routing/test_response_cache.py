"""The reply cache: the same question in the same situation, and nothing else, is answered from it."""

import asyncio
import os

import msgspec
import pytest

from routing.providers.messages import Message
from routing.services import response_cache
from routing.services.response_cache import (
    CachedReply,
    MemoryCache,
    Owner,
    RedisCache,
    make_cache_key,
)
from tests.routing.climbing import Site

pytestmark = pytest.mark.anyio

REPLY = CachedReply(
    text="Ten.",
    deployment="openai/gpt",
    provider="openai",
    model="gpt",
    finish_reason="stop",
    raw_finish_reason="stop",
    output_tokens=2,
)
GPT = Site(None).deployment("elsewhere/gpt")  # type: ignore[arg-type]  # nobody is called
ALICE = Owner(organisation="1", user="7", thread="t1")
PLAIN = {
    "thread_id": "t1",
    "user_text": "How many?",
    "intent": "qa",
    "owner": ALICE,
    "scope": "user",
    "policy_version": 4,
    "context": (Message("system", "Be kind."), Message("user", "How many?")),
    "deployments": (GPT,),
}


def key(**changed: object) -> str:
    return make_cache_key(**{**PLAIN, **changed})  # type: ignore[arg-type]


class TestAKey:
    @pytest.mark.parametrize(
        "changed",
        [
            {"user_text": "How much?"},
            {"user_text": "How  many?"},
            {"intent": "maths"},
            {"policy_version": 5},
            {"context": (Message("system", "Be brief."), Message("user", "How many?"))},
            {"context": (Message("system", "Be kind."), Message("user", "I am Bob. How many?"))},
            {"deployments": ()},
            {"deployments": (msgspec.structs.replace(GPT, name="kimi/k3"),)},
            {"deployments": (msgspec.structs.replace(GPT, base_url="http://elsewhere/v1"),)},
            {"deployments": (msgspec.structs.replace(GPT, max_output_tokens=10),)},
            {"deployments": (msgspec.structs.replace(GPT, disabled="the model is switched off"),)},
            {"owner": Owner(organisation="1", user="8", thread="t1")},
            {"owner": Owner(organisation="2", user="7", thread="t1")},
            {"scope": "organisation"},
        ],
    )
    def test_differs_with_all_that_an_answer_depends_on(self, changed: dict[str, object]):
        assert key(**changed) != key()

    def test_does_not_differ_with_white_space_around_the_prompt(self):
        context = (Message("system", "Be kind."), Message("user", " How many?\n"))

        assert key(user_text=" How many?\n", context=context) == key()

    def test_is_shared_by_a_users_threads_in_the_scope_of_the_user(self):
        other = msgspec.structs.replace(ALICE, thread="t2")

        assert key(thread_id="t2", owner=other) == key()
        assert key(thread_id="t2", owner=other, scope="thread") != key(scope="thread")


class TestTheMemoryCache:
    async def test_keeps_a_reply_for_its_time(self):
        now = [0.0]
        cache = MemoryCache(lambda: now[0])
        await cache.set_cached("k", REPLY, ttl_s=60)

        now[0] = 59
        assert await cache.get_cached("k") == REPLY
        now[0] = 60
        assert await cache.get_cached("k") is None

    async def test_makes_room_by_dropping_what_was_not_used_for_longest(self, monkeypatch):
        monkeypatch.setattr(response_cache, "MEMORY_ENTRIES", 2)
        cache = MemoryCache()
        await cache.set_cached("a", REPLY, ttl_s=60)
        await cache.set_cached("b", REPLY, ttl_s=60)
        await cache.get_cached("a")

        await cache.set_cached("c", REPLY, ttl_s=60)

        assert await cache.get_cached("b") is None
        assert await cache.get_cached("a") == REPLY


class TestTheRedisCache:
    async def test_keeps_a_reply_for_every_process_of_one_installation(self):
        url = os.environ["REDIS_URL"]
        one, same, another = (RedisCache(url, installation=site) for site in ("a", "a", "b"))

        await one.set_cached("test", REPLY, ttl_s=60)

        assert await same.get_cached("test") == REPLY
        assert await another.get_cached("test") is None
        for cache in (one, same, another):
            await cache.aclose()

    async def test_holds_nothing_when_redis_cannot_be_reached(self, caplog):
        cache = RedisCache("redis://127.0.0.1:9/0", installation="a")

        await cache.set_cached("k", REPLY, ttl_s=60)

        assert await cache.get_cached("k") is None
        await cache.aclose()
        assert "cannot be written" in caplog.text

    async def test_leaves_a_redis_that_hangs_alone_for_a_while(self):
        now, connections = [0.0], []

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(writer)
            await reader.read()

        server = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        cache = RedisCache(f"redis://127.0.0.1:{port}/0", installation="a", clock=lambda: now[0])
        await cache.get_cached("k")
        asked = len(connections)

        for _ in range(5):
            await cache.get_cached("k")
            await cache.set_cached("k", REPLY, ttl_s=60)
        assert len(connections) == asked > 0

        now[0] = 10.0
        await cache.get_cached("k")
        assert len(connections) > asked
        await cache.aclose()
        for writer in connections:
            writer.close()
        server.close()


class TestACancel:
    async def test_is_heard_whenever_it_comes(self):
        """Also while the library under it waits for a write that has just been done."""
        cache = RedisCache(os.environ["REDIS_URL"], installation="c")
        await cache.get_cached("warm")
        unheard = [steps for steps in range(40) if await cancelled_in_vain(cache, steps)]
        await cache.aclose()

        assert unheard == []


async def cancelled_in_vain(cache: RedisCache, steps: int) -> bool:
    """Whether a look-up went on though it was cancelled after so many steps of the loop."""
    looking = asyncio.create_task(cache.get_cached("nothing"))
    for _ in range(steps):
        await asyncio.sleep(0)
    was_cancelled = looking.cancel()
    await asyncio.wait([looking])
    return was_cancelled and not looking.cancelled()
