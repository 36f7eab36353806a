"""The signals by which routing tells other parts of the site what happened."""

from django.dispatch import Signal

policy_published = Signal()
"""A policy version is in force. `number`: its own. Sent robustly, once it is committed."""
key_checked = Signal()
"""A provider was called to test a key. `route`: its `routing.route.Route`, whose one attempt says what
the call came to; `started_at`: when (UTC). Sent robustly: what a receiver does cannot hurt the test."""
