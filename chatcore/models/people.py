"""The table of people, who sign in with a name and a password."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models.functions import Lower

ENTER_ADMIN = "chatcore.enter_admin"


class UserManager(BaseUserManager["User"]):
    """Makes accounts; Django's commands and backends ask for these names."""

    def create_user(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> "User":
        """An account that may sign in; without a password it cannot."""
        user = self.model(
            username=self.model.normalize_username(username),
            email=self.normalize_email(email),
            **fields,
        )
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> "User":
        """An operator, who may do everything. `manage.py createsuperuser` calls this."""
        return self.create_user(username, email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account, or a program of the site's own that acts as one.

    What somebody may do comes from the roles of their memberships alone: there are no groups, no
    permissions of single people, and nothing is stored that says who may enter the admin.
    """

    username = models.CharField(
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        help_text="What they sign in with: letters, digits and @/./+/-/_ only.",
        error_messages={"unique": "Somebody has this name already."},
    )
    full_name = models.CharField(
        max_length=150, blank=True, help_text="As they write it; the chat shows it to them."
    )
    email = models.EmailField(
        "e-mail address", blank=True, help_text="Where a link to set a password goes."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Off: they cannot sign in, and their API tokens are dead."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    groups = None  # type: ignore[assignment]  # how Django removes an inherited field
    user_permissions = None  # type: ignore[assignment]

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        ordering = ["username"]
        verbose_name = "person"
        verbose_name_plural = "people"
        permissions = [("enter_admin", "Can open the administration")]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="one_person_an_email",
                violation_error_message="Somebody has this e-mail address already.",
            )
        ]

    def clean(self) -> None:
        """Write the e-mail address's domain in small letters, as everybody compares it."""
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        """What people call them. Django's templates ask by this name."""
        return self.full_name or self.username

    @property
    def is_staff(self) -> bool:
        """Whether they may enter the admin. Django and its libraries ask by this name."""
        return self.has_perm(ENTER_ADMIN)
