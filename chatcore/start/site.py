"""The site that the environment and the data folder name: is it there, does it answer, can it be made."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from chatcore.conf import environment
from chatcore.machine.data_folder import (
    KEY_FILES,
    holds_site,
    make_folders,
    make_site,
    missing_keys,
    refuse_full_disk,
)
from chatcore.machine.refusal import stop

HAS_TABLES = "SELECT to_regclass('django_migrations') IS NOT NULL"


class Site:
    """Where a site's database, keys, queue and Redis are, before the settings are loaded."""

    def __init__(self) -> None:
        self.folder = environment.data_folder()
        self.database: dict[str, Any] = environment.database(self.folder)
        self.file: Path | None = environment.sqlite_file(self.database)
        self.redis_url = environment.redis_url()

    def refuse_absent(self, *, keys: Sequence[str]) -> None:
        """Refuse to start where there is no site, or where the site lacks one of these keys."""
        if self.file is not None:
            if not holds_site(self.folder, self.file):
                self._refuse_no_site(f"{self.file} is not there")
        elif absent := [name for name in missing_keys(self.folder) if name in keys]:
            kept = " and ".join(KEY_FILES[name] for name in absent)
            self._refuse_no_site(f"{' and '.join(absent)} not set, no {kept} there")
        else:
            self._connect().close()

    def _refuse_no_site(self, why: str) -> NoReturn:
        stop(
            f"there is no site in {self.folder} ({why}): name its folder in CHATCORE_DATA or --data, or "
            "set the variables of its environment file (DATABASE_URL, SECRET_KEY, SEALING_KEYS); "
            "scripts/run makes a new one."
        )

    def make_where_absent(self) -> None:
        """Make a new site where there is nothing; refuse what is there and cannot be used."""
        if self.file is not None:
            if not holds_site(self.folder, self.file):
                make_site(self.folder, self.file)
            return
        with closing(self._connect()) as connection:
            absent = missing_keys(self.folder)
            if absent and connection.execute(HAS_TABLES).fetchone() == (True,):
                self._refuse_no_site(f"{' and '.join(absent)} of the site in DATABASE_URL not set")
        if absent:
            make_site(self.folder, None)

    def _connect(self) -> Any:
        """A connection to PostgreSQL, whose driver is loaded where it is used and nowhere else."""
        from chatcore.start import postgresql  # noqa: PLC0415

        return postgresql.connected(self.database)

    def refuse_full_disk(self) -> None:
        """Refuse to start where an embedded database could not grow."""
        if self.file is not None:
            refuse_full_disk(self.file.parent)

    def refuse_silent_redis(self) -> None:
        """Refuse to start where Redis is named and does not answer."""
        if self.redis_url:
            from chatcore.start import redis_server  # noqa: PLC0415  # loaded only where it is used

            redis_server.refuse_silent(self.redis_url)

    def make_queue(self) -> None:
        """The folders of the embedded queue of jobs."""
        if not self.redis_url:
            make_folders(self.folder / "queue" / "messages", self.folder / "queue" / "control")
