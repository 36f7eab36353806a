"""What is installed is exactly what was chosen, whoever's registry brings it."""

import json
import re

import pytest

from scripts.lock import NAMES, stale_locks
from tests.installation.programs import ROOT


@pytest.mark.parametrize("name", NAMES)
class TestRequirements:
    def test_are_pinned_and_say_what_they_are_for(self, name):
        lines = (ROOT / f"{name}.txt").read_text().splitlines()
        wanted = [line for line in lines if line and not line.startswith("#")]

        assert [line for line in wanted if not re.match(r"[\w\[\],.-]+==\S+.*  # \S", line)] == []

    def test_are_locked_by_hash_and_without_addresses(self, name):
        lock = (ROOT / f"{name}.lock").read_text()
        packages = re.findall(r"^[\w.\[\]-]+==", lock, re.MULTILINE)

        assert "://" not in lock
        assert len(re.findall(r"==.*\\\n    --hash=sha256:", lock)) == len(packages) > 0


class TestLocks:
    def test_were_made_from_the_requirements_as_they_are(self):
        assert stale_locks() == []

    def test_leave_out_the_library_that_would_be_compiled(self):
        assert "llama-cpp-python" not in (ROOT / "requirements.lock").read_text()

    def test_of_the_page_names_hashes_and_no_addresses(self):
        packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
        third_party = {name: entry for name, entry in packages.items() if name}

        assert all(entry["integrity"].startswith("sha512-") for entry in third_party.values())
        assert not any("resolved" in entry for entry in third_party.values())
