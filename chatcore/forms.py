"""Signing in."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from chatcore import login_throttle

HELD = "There were too many failed attempts. Please wait a few minutes and try again."


class LoginForm(AuthenticationForm):
    """Django's form; it refuses to look at a password after too many wrong ones."""

    def clean(self) -> dict[str, Any]:
        """Name and password. Raises ValidationError, the same for a known and an unknown name."""
        username = self.cleaned_data.get("username")
        if username is None or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        if login_throttle.is_held(username, address, now=timezone.now()):
            raise ValidationError(HELD, code="held")
        try:
            return super().clean()
        except ValidationError:
            login_throttle.note_failure(username, address, now=timezone.now())
            raise
