"""Prints the detector's figures at the end of the run, whatever the verbosity."""

import pytest

from routing.intents import Detector
from tests.intents.corpus import SPECS

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def detector():
    return Detector(SPECS)


@pytest.fixture(scope="session")
def figures(request):
    """Lines to print when the tests are over."""
    return request.config.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter, config):
    lines = config.stash.get(FIGURES, [])
    if lines:
        terminalreporter.section("intents on the held-out prompts")
        for line in lines:
            terminalreporter.write_line(line)
