"""The README's picture of the parts is the code's."""

import re

import pytest

from tests.installation.programs import ROOT

NOT_DRAWN = {"management", "migrations", "static", "__pycache__"}


def drawn(package: str) -> set[str]:
    """The folders that the README draws below a package."""
    text = (ROOT / "README.md").read_text()
    picture = text.split("## Where things are")[1].split("```")[1]
    part = re.search(rf"^{package}/(.*?)(?=^\w|\Z)", picture, re.MULTILINE | re.DOTALL)
    assert part is not None
    names = [line.strip().split("  ")[0] for line in part[1].splitlines()[1:]]
    return set(re.findall(r"(\w+)/", " ".join(names)))


@pytest.mark.parametrize("package", ["observability", "chatcore", "routing"])
def test_draws_every_folder_and_no_other(package: str):
    there = {folder.name for folder in (ROOT / package).iterdir() if folder.is_dir()}

    assert drawn(package) | {"models", "admin"} == there - NOT_DRAWN | {"models", "admin"}
