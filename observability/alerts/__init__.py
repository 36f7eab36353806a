"""Incidents that staff must know of, and the one mail about each."""

from observability.alerts.incidents import close_incident, raise_incident

__all__ = ["close_incident", "raise_incident"]
