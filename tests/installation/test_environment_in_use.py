"""A process keeps the virtual environment that it was started from."""

import sys
from pathlib import Path

from tests.installation.sites import start

SHOW = "from chatcore.machine.environment_in_use import pin; pin(); import sys; print(sys.prefix)"


class TestAProcessThatIsStartedThroughALink:
    def test_runs_from_the_folder_that_the_link_led_to(self, tmp_path: Path):
        own = Path(sys.prefix).resolve()
        current = tmp_path / "current"
        current.symlink_to(own.parent)

        done = start([current / own.name / "bin" / "python", "-c", SHOW])

        assert done.stdout == f"{own}\n"
