"""Says in the log when no more files can be opened: the servers then turn people away in silence."""

import errno
import logging
import os
import resource
import threading
import time

logger = logging.getLogger(__name__)
EVERY_S = 1.0
SAID_EVERY_S = 60.0


def watch() -> None:
    """Look every second for as long as the process lives, in a thread of its own."""
    threading.Thread(target=_look_for_ever, name="open files", daemon=True).start()


def _look_for_ever() -> None:
    said_at = -SAID_EVERY_S
    while True:
        if exhausted() and time.monotonic() - said_at >= SAID_EVERY_S:
            said_at = time.monotonic()
            logger.error(
                "All %d files that this process may open are open: new connections are refused until "
                "some close. Raise the limit (LimitNOFILE= in the service's unit, ulimit -n)",
                resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            )
        time.sleep(EVERY_S)


def exhausted() -> bool:
    """Whether nothing more can be opened at this moment."""
    try:
        os.close(os.dup(2))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
