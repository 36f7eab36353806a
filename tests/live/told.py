"""A site that tells a collector, with a secret planted wherever one may be kept; and what it did."""

import asyncio
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.site import PASSWORD, VENDORS, Person, Site, Web
from tests.services.otlp import Collector, collector
from tests.services.smtp import Mailbox, mail_server
from tests.services.warm import Program

WORDS = "zanzibar lantern quarrel"
"""In prompts, and through an echo in replies."""
SECRETS = {
    **{f"{vendor} key": f"{vendor}+planted/word=one" for vendor in VENDORS},
    "typed key": "typed+planted/word=two",
    "API token": "cc_planted/word=three",
    "SECRET_KEY": "planted+signing/word=four-and-much-longer-than-that",
    "SEALING_KEYS": "planted+sealing/word=five-and-much-longer-than-that",
    "mail password": "planted+mail/word=six",
    "collector's key": "planted+collector/word=seven",
    "password": PASSWORD,
}
PLANT = f"""
from chatcore.models import ApiToken, Organisation, User
from routing.models import Provider
from routing.services.credentials import add_key
staff, demo = User.objects.get(username="staff"), User.objects.get(username="demo")
demo.email = "demo@example.org"
demo.save()
add_key(provider=Provider.objects.get(slug="gemini"), label="typed", by=staff, enabled=True,
        value={SECRETS["typed key"]!r})
ApiToken.objects.create(name="planted", user=demo, organisation=Organisation.objects.get(),
                        digest=ApiToken.digest_of({SECRETS["API token"]!r}), last_four="hree")
"""
A_WEEK_AGO = """
from datetime import timedelta
from django.db.models import F
from observability.models import AttemptRecord
AttemptRecord.objects.update(started_at=F("started_at") - timedelta(days=7))
"""
"""The week that has ended last is the one that is mailed."""
STRANGERS_TRACE = "5a" * 16
STRANGER = {
    "traceparent": f"00-{STRANGERS_TRACE}-{'5b' * 8}-01",
    "tracestate": "told=by-a-stranger",
}
"""What a client may send to have a trace of its own sampled."""
UNSAMPLED = {**STRANGER, "traceparent": STRANGER["traceparent"][:-1] + "0"}
"""The same to have nothing told of it."""
PAGES = (
    "/admin/",
    "/admin/routing/provider/",
    "/admin/routing/providerkey/",
    "/admin/routing/deployment/",
    "/admin/chatcore/turn/",
    "/admin/chatcore/apitoken/",
    "/admin/observability/attemptrecord/",
    "/admin/chatcore/user/",
    "/admin/observability/weeklyrollup/",
    "/api/threads/",
    "/api/schema/",
    "/no/such/page/?key=zanzibar",
)


@dataclass
class Told:
    """What was done, and everything that came of it."""

    site: Site
    collector: Collector
    mailbox: Mailbox
    logs: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    turns: dict[str, str] = field(default_factory=dict)
    """A case -> the id of its turn."""
    thread: str = ""


@contextmanager
def told_site(folder: Path, make_site: Callable[..., Site]) -> Iterator[Told]:
    """A site whose people have talked, whose worker has worked, and whose processes have ended."""
    with collector() as listening, mail_server() as mailbox:
        environment = {f"{vendor.upper()}_API_KEY": SECRETS[f"{vendor} key"] for vendor in VENDORS}
        site = make_site(
            folder,
            "daphne",
            "live_told",
            **environment,
            SECRET_KEY=SECRETS["SECRET_KEY"],
            SEALING_KEYS=SECRETS["SEALING_KEYS"],
            EMAIL_URL=mailbox.url.replace("//", "//mailer:planted%2Bmail%2Fword%3Dsix@"),
            REPORT_RECIPIENTS="staff@example.org",
            OTEL_EXPORTER_OTLP_ENDPOINT=listening.url,
            OTEL_EXPORTER_OTLP_HEADERS="x-key=planted%2Bcollector%2Fword%3Dseven",
        )
        try:
            site.manage("shell", "-c", PLANT)
            told = Told(site, listening, mailbox)
            _live(told)
            yield told
        finally:
            site.close()


def _live(told: Told) -> None:
    site = told.site
    web, worker = site.open(), start_worker(site)
    try:
        demo = web.sign_in("demo")
        asyncio.run(_talk(told, demo))
        _ask_as_a_program(told, web)
        _forget_the_password(demo)
        _look_around(told, web)
        site.manage(
            "shell", "-c", "import chatcore.celery; from chatcore.tasks import purge; purge.delay()"
        )
        told.collector.until(lambda: told.collector.named("run/chatcore.purge"))
    finally:
        web.end(signal.SIGTERM)
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
    site.manage("shell", "-c", A_WEEK_AGO)
    site.manage("weekly_rollup", "--send")
    told.logs = {path.name: path.read_bytes() for path in site.folder.glob("w*.log")}


def start_worker(site: Site) -> Program:
    """A worker as `scripts/run` starts it, without beat."""
    lonely = ("--without-mingle", "--without-gossip", "--without-heartbeat")
    return site._spawn(
        "worker", "-m", "celery", "-q", "-A", "chatcore", "worker", "-P", "solo", *lonely
    )


async def _talk(told: Told, demo: Person) -> None:
    """Turns that succeed, fall back, come from the cache, fail, and whose errors repeat the key."""
    cases = ["busy", "echo", "dead", "filter", *(f"leaky_{vendor}" for vendor in VENDORS)]
    demo.socket_headers = UNSAMPLED
    told.thread = demo.new_thread()
    async with demo.socket(told.thread) as socket:
        for case in [*cases, "leaky_gemini"]:
            accepted = await socket.ask(f"case {case}, {WORDS}")
            told.turns[case] = accepted["turn"]
            await socket.to_the_end()
    for turn in ("kept", "kept again"):
        async with demo.socket(demo.new_thread()) as socket:
            accepted = await socket.ask(f"case kept, {WORDS}")
            told.turns[turn] = accepted["turn"]
            await socket.to_the_end()


def _ask_as_a_program(told: Told, web: Web) -> None:
    client = web.sign_in("demo").client
    program = {"Authorization": f"Bearer {SECRETS['API token']}", "Cookie": "", **STRANGER}
    thread = client.post("/api/threads/", json={}, headers=program).json()["id"]
    asked = {"id": str(uuid.uuid4()), "text": f"case plain, {WORDS}"}
    turn = client.post(f"/api/threads/{thread}/turns/", json=asked, headers=program).json()
    told.turns["plain"] = turn["id"]
    client.get(f"/api/turns/{turn['id']}/events?after=0&key=zanzibar", headers=program)
    client.get("/api/threads/", headers=UNSAMPLED)
    client.get("/healthz?key=zanzibar")


def _forget_the_password(demo: Person) -> None:
    form = {"email": "demo@example.org", "csrfmiddlewaretoken": demo.client.cookies["csrftoken"]}
    assert demo.client.post("/password/reset/", data=form).status_code == 302


def _look_around(told: Told, web: Web) -> None:
    staff = web.sign_in("staff").client
    for page in PAGES:
        told.pages[page] = staff.get(page).content
    for case, turn in told.turns.items():
        told.pages[f"turn {case}"] = staff.get(f"/admin/chatcore/turn/{turn}/change/").content
