"""The pages on which staff see what happened."""

from observability.admin import attempts, rollups, smoke

__all__ = ["attempts", "rollups", "smoke"]
