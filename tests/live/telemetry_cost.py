"""Measures what telemetry costs the people who chat.

    .venv/bin/python -m tests.live.telemetry_cost [--server uvicorn] [--turns N] [--rounds N]

Two web processes of one site, on PostgreSQL and Redis: one tells nobody (A), one tells a collector
(B) that listens, hangs, answers 429 or is not there. Both are asked the same, in turns (A B A B),
so that whatever else the machine does falls on both. "nobody" has B tell nobody either: what differs
then is chance. Prints milliseconds and the processor time of a
turn; no test, for a figure of a busy machine proves nothing.
"""

import argparse
import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scripts.install import Setup
from scripts.processes import Guard, Signals
from tests.live.conftest import make_site
from tests.live.site import Person, Site, Web
from tests.services.otlp import collector
from tests.services.ports import free_port
from tests.services.postgresql import postgresql
from tests.services.redis_server import redis

MODES = ("nobody", "ok", "hang", "429", "refuse")
TABS = 1
"""Conversations at once; more of them wait for each other, and chance is multiplied."""
Times = dict[str, list[float]]
"""What was waited for -> milliseconds."""


def main() -> None:
    """Measure each mode and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="daphne", choices=("daphne", "uvicorn"))
    parser.add_argument("--turns", type=int, default=100, help="of each side in a round")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--modes", nargs="*", default=MODES, choices=MODES)
    options = parser.parse_args()
    guard = Guard()
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o711)
            setup = Setup(guard, Signals())
            os.environ["DATABASE_URL"], _ = stack.enter_context(postgresql(setup, folder))
            os.environ["REDIS_URL"], _ = stack.enter_context(redis(setup, folder))
            site = make_site(folder, options.server, "telemetry_cost")
            stack.callback(site.close)
            for mode in options.modes:
                measure(site, mode, options.turns, options.rounds)
    finally:
        guard.dismiss()


def measure(site: Site, mode: str, turns: int, rounds: int) -> None:
    """One mode: rounds of A and B by turns."""
    site.env.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
    silent = site.open()
    with address_of(mode) as url:
        site.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
        telling = site.open()
        sides: dict[str, tuple[Web, Times]] = {"A": (silent, {}), "B": (telling, {})}
        for number in range(rounds + 1):
            for side, (web, all_times) in sides.items():
                used_s = processor_s(web)
                times = asyncio.run(talk(web.sign_in("demo"), turns))
                used_ms = 1000 * (processor_s(web) - used_s) / turns
                if not number:
                    continue  # the first round warms up
                show(f"{mode:7}{number} {side}", {**times, "cpu": [used_ms / 1000]})
                for name, seconds in {**times, "cpu": [used_ms / 1000]}.items():
                    all_times.setdefault(name, []).extend(seconds)
        for side, (_, all_times) in sides.items():
            show(f"{mode:7}all {side}", all_times)
        silent.end(signal.SIGTERM)
        began = time.monotonic()
        telling.end(signal.SIGTERM)
        print(f"{mode:7}  B ended in {time.monotonic() - began:.1f} s", flush=True)


@contextmanager
def address_of(mode: str) -> Iterator[str]:
    """A collector that behaves so."""
    if mode == "nobody":
        yield ""
        return
    if mode == "refuse":
        yield f"http://127.0.0.1:{free_port()}"
        return
    with collector(mode) as made:  # type: ignore[arg-type]
        yield made.url


async def talk(person: Person, turns: int) -> Times:
    """So many turns in a few conversations at once."""
    times: Times = {"accepted": [], "first words": [], "done": []}
    await asyncio.gather(*(one_tab(person, turns // TABS, times) for _ in range(TABS)))
    return times


async def one_tab(person: Person, turns: int, times: Times) -> None:
    async with person.socket(person.new_thread()) as socket:
        for _ in range(turns):
            began = time.perf_counter()
            await socket.ask("case echo, please")
            times["accepted"].append(time.perf_counter() - began)
            await socket.until("delta", "snapshot")
            times["first words"].append(time.perf_counter() - began)
            await socket.to_the_end()
            times["done"].append(time.perf_counter() - began)


def processor_s(web: Web) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{web.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(title: str, times: Times) -> None:
    """One line of figures."""
    parts = []
    for name, seconds in times.items():
        ordered = sorted(seconds)
        p50, p99 = (1000 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
        parts.append(f"{name} p50 {p50:.1f} p99 {p99:.1f}")
    print(f"{title:14}{'   '.join(parts)}", flush=True)


if __name__ == "__main__":
    main()
