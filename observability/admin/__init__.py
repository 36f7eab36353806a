"""The admin pages of what happened."""

from observability.admin import attempts, incidents, overview, rollups, smoke

__all__ = ["attempts", "incidents", "overview", "rollups", "smoke"]
