"""The form with which people sign in, and the mail with a link to set a password."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from chatcore.identity import throttle as login_throttle
from chatcore.models import User

HELD = "There were too many failed attempts. Please wait a few minutes and try again."
RESET_MAIL = "registration/password_reset_email.txt"


class LoginForm(AuthenticationForm):
    """Django's form, which after too many wrong passwords refuses to look at another."""

    def clean(self) -> dict[str, Any]:
        """Check name and password. Raises ValidationError, the same for a known and an unknown name."""
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


class SetPasswordMail(PasswordResetForm):
    """Django's reset mail, to one account, also to one that has no password yet; staff send it."""

    def __init__(self, user: User) -> None:
        super().__init__({"email": user.email})
        self._user = user

    def get_users(self, email: str) -> Iterable[User]:
        """The one account."""
        return [self._user]

    @classmethod
    def send(cls, user: User, request: HttpRequest) -> None:
        """Send the mail; a mail server's refusal is logged by Django and no error here."""
        form = cls(user)
        if form.is_valid():
            form.save(
                request=request,
                use_https=request.is_secure(),
                email_template_name=RESET_MAIL,
            )
