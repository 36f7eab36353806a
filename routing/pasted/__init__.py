"""Reads keys and addresses as people paste them: what is certain is corrected, the rest is refused."""

from routing.pasted.addresses import read_address
from routing.pasted.keys import read_key
from routing.pasted.text import NotUsable, Pasted

__all__ = ["NotUsable", "Pasted", "read_address", "read_key"]
