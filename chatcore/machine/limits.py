"""What the machine must have for a start: a free port, room on the disk, files that may be opened."""

import os
import resource
import socket
from pathlib import Path

from chatcore.machine.refusal import stop

LEAST_FILES = 256
"""Files that a process must be allowed to open: an idle one holds about 30, each tab one more."""
ENOUGH_FILES = 65_536
LEAST_FREE_BYTES = 16 * 2**20
"""With less, a disk counts as full: the next minutes' messages may no longer fit."""


def allow_files() -> None:
    """Raise the limit of open files as far as we may; refuse to start where that is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, ENOUGH_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if wanted < LEAST_FILES:
        stop(
            f"only {hard} files may be open at once, and at least {LEAST_FILES} are needed: "
            "raise the limit (LimitNOFILE= in the service's unit, ulimit -n in a shell)."
        )


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that holds this address but does not listen yet."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
    except (OSError, OverflowError) as error:
        stop(f"Host {host} with port {port} cannot be used ({error}); choose another with --host.")
    held = socket.socket(family, kind, protocol)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(address)
    except (OSError, OverflowError) as error:
        held.close()
        stop(f"Port {port} cannot be used ({error}); choose another with --port.")
    return held


def free_bytes(folder: Path) -> int | None:
    """The room on a folder's disk, or None where the disk does not say."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize if disk.f_blocks else None


def full_disk(folder: Path) -> str:
    """Words for a disk that is full, or "". The folder must be there."""
    free = free_bytes(folder)
    if free is None or free >= LEAST_FREE_BYTES:
        return ""
    return (
        f"the disk of {folder} is full ({free // 2**20} MB free, "
        f"at least {LEAST_FREE_BYTES // 2**20} MB are needed)"
    )
