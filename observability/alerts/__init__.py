"""Staff hear of trouble once."""

from observability.alerts.incidents import close_incident, raise_incident

__all__ = ["close_incident", "raise_incident"]
