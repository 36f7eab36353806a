"""The provider whose replies are written in advance, and the registry it stands in."""

import subprocess
import sys

import pytest

from routing.providers.errors import Overloaded
from routing.providers.messages import Finished, Opened, TextDelta
from routing.providers.scripted.wire import Scripted
from tests.providers.outcomes import call, request

pytestmark = pytest.mark.anyio

WITHOUT_DJANGO = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "channels", "celery", "rest_framework", "redis"}:
            raise ImportError(name)

sys.meta_path.insert(0, Nothing())
import importlib, pkgutil, routing.providers
for module in pkgutil.walk_packages(routing.providers.__path__, "routing.providers."):
    importlib.import_module(module.name)
assert not {"django", "channels", "celery", "rest_framework", "redis"} & set(sys.modules)
"""


class TestAScript:
    async def test_is_played_after_opening(self):
        end = Finished(finish_reason="stop", raw_finish_reason="stop")
        played = [event async for event in Scripted([TextDelta("hi"), end]).stream(request())]
        assert played == [Opened(), TextDelta("hi"), end]

    async def test_may_fail(self):
        with pytest.raises(Overloaded):
            [event async for event in Scripted([TextDelta("hi"), Overloaded()]).stream(request())]

    async def test_has_a_demonstration_that_needs_no_vendor(self):
        outcome = await call("scripted", "")
        assert outcome.finished.finish_reason == "stop"
        assert outcome.text


class TestTheWires:
    def test_need_no_django(self):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", WITHOUT_DJANGO], capture_output=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, b"")
