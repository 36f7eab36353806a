"""Which errors mean that the database is away."""

from django.db import InterfaceError, OperationalError

LOST = (OperationalError, InterfaceError)
"""What is raised while the database is away, or wants the transaction again: no job's own fault."""
