"""A provider that plays prepared replies, without a network."""

from routing.providers.scripted.wire import demonstration
from routing.providers.vendor import Wire

WIRES = {"scripted": Wire("Prepared replies, for trying things out", demonstration)}
