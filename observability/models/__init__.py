"""What is measured, and what was made of it."""

from observability.models.attempts import AttemptRecord

__all__ = ["AttemptRecord"]
