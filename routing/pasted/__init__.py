"""Reads keys and addresses as people paste them: corrects clear mistakes, refuses the rest."""

from routing.pasted.addresses import read_address
from routing.pasted.keys import read_key
from routing.pasted.text import NotUsable, Pasted

__all__ = ["NotUsable", "Pasted", "read_address", "read_key"]
