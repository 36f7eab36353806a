"""The tables of organisations, and of who belongs to which in which role."""

from django.conf import settings
from django.db import models


class Organisation(models.Model):
    """A group of people who share nothing with any other; whatever is said belongs to one."""

    name = models.CharField(max_length=80, unique=True)
    active = models.BooleanField(
        default=True, help_text="Off: its members cannot chat, and their roles give nothing."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member is in an organisation; `chatcore.identity.permissions` says what each may do."""

    MEMBER = "member"
    CONVERSATION_READER = "conversation_reader"
    AUDITOR = "auditor"
    POLICY_EDITOR = "policy_editor"
    KEY_CUSTODIAN = "key_custodian"
    PEOPLE_MANAGER = "people_manager"
    ADMINISTRATOR = "administrator"


class Membership(models.Model):
    """That a person belongs to an organisation. Without one they can sign in, but not chat."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name="person",
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organisation", "user"]
        default_permissions = ()
        permissions = [
            ("manage_members", "Can add people to organisations and remove them"),
            ("give_roles", "Can give members the roles whose permissions one holds oneself"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                name="one_membership_an_organisation",
                violation_error_message="This person belongs to this organisation already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.organisation}"
