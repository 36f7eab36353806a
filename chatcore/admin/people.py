"""Who may sign in, and which organisation are they in?"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from chatcore.admin.base import ModelAdmin, TabularInline
from chatcore.identity.forms import SetPasswordMail
from chatcore.models import Membership, Organisation

if TYPE_CHECKING:
    UserAdminBase = DjangoUserAdmin[User]
else:
    UserAdminBase = DjangoUserAdmin

admin.site.unregister(User)
admin.site.unregister(Group)
PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")


class MembershipInline(TabularInline):
    """A person's place; it stands on the person's own page."""

    model = Membership
    extra = 1
    max_num = 1
    verbose_name_plural = "Organisation"
    autocomplete_fields = ["organisation"]


class MembersInline(TabularInline):
    """The people of an organisation."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]
    show_change_link = False


@admin.register(User)
class UserAdmin(UserAdminBase, ModelAdmin):
    """Accounts, each with its place on the same page."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    add_fieldsets = [
        (
            None,
            {
                "fields": ["username", "email", "usable_password", "password1", "password2"],
                "description": "Set a first password here, or switch it off and send the person "
                "a mail to set their own: the action is in the list of users.",
            },
        )
    ]
    inlines = [MembershipInline]
    list_display = ["username", "email", "organisation", "is_active", "is_staff", "last_login"]
    list_select_related = ["membership__organisation"]
    list_filter = ["membership__organisation", "is_active", "is_staff", "groups"]
    actions = ["send_password_mail"]

    @admin.display(ordering="membership__organisation__name")
    def organisation(self, user: User) -> str:
        """Where they chat."""
        place = getattr(user, "membership", None)
        return str(place.organisation) if place else "none: cannot chat"

    @admin.action(description="Send a mail to set a password", permissions=["change"])
    def send_password_mail(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """To each that has an address, and may sign in."""
        able = [user for user in queryset if user.email and user.is_active]
        for user in able:
            SetPasswordMail.send(user, request)
        self.message_user(request, f"{len(able)} mails are on their way.")
        if left := queryset.count() - len(able):
            words = f"{left} got none: they have no e-mail address, or may not sign in."
            self.message_user(request, words, messages.WARNING)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only superusers touch staff's accounts: a new password would make one of them."""
        if obj is not None and obj.is_staff and not _is_superuser(request):
            return False
        return bool(super().has_change_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever adds people must not be able to make staff of them, or of themselves."""
        fields = super().get_readonly_fields(request, obj)
        return fields if _is_superuser(request) else (*fields, *PRIVILEGES)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """What groups of staff may do."""


@admin.register(Organisation)
class OrganisationAdmin(ModelAdmin):
    """Organisations, each with its people."""

    list_display = ["name", "active", "members", "created_at"]
    search_fields = ["name"]
    inlines = [MembersInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        """With the number of members."""
        rows: QuerySet[Organisation] = super().get_queryset(request)
        return rows.annotate(member_count=Count("memberships"))

    @admin.display(ordering="member_count")
    def members(self, row: Any) -> int:
        """How many people are in it."""
        return int(row.member_count)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
