"""The pages on which staff see what happened."""

from observability.admin import attempts

__all__ = ["attempts"]
