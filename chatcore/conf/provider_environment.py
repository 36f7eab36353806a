"""Reads keys and addresses of providers from the environment, and corrects them as the admin does."""

import os
import sys

from chatcore.conf.environment import refuse
from routing.pasted import NotUsable, Pasted, read_address, read_key


def provider_key(name: str) -> str:
    """The key of a provider, or ""; what was corrected is told on standard error."""
    try:
        return _told(name, read_key(os.environ.get(name, "")))
    except NotUsable as problem:
        refuse(name, f"expected a provider's key alone; {problem}")


def base_address(name: str, *, such_as: str = "") -> str:
    """The base address of a provider, or ""; what was corrected is told on standard error."""
    try:
        return _told(name, read_address(os.environ.get(name, "")))
    except NotUsable as problem:
        example = such_as or "http://127.0.0.1:8101/v1"
        refuse(name, f"expected an address such as {example}; {problem}")


def _told(name: str, pasted: Pasted) -> str:
    for note in pasted.notes:
        sys.stderr.write(f"chatcore: {name}: {note}\n")
    return pasted.text
