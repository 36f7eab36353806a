"""The pages of people and organisations, with who belongs where and in which role."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from chatcore.identity.forms import SetPasswordMail
from chatcore.identity.permissions import MANAGE_MEMBERS, may_give
from chatcore.models import Membership, Organisation, Role, Thread, User
from chatcore.turns.stop import delete_thread
from routing.admin.base import ModelAdmin, TabularInline

if TYPE_CHECKING:
    UserAdminBase = DjangoUserAdmin[User]
else:
    UserAdminBase = DjangoUserAdmin

admin.site.unregister(Group)  # roles take the place of Django's groups


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    """One membership; among the roles are those that the person who edits it may give."""

    giver: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:  # nobody hands on a role by putting another name beside it
            for name in {"user", "organisation"} & set(self.fields):
                self.fields[name].disabled = True
        if role := self.fields.get("role"):
            held = self.instance.role
            role.choices = [  # type: ignore[attr-defined]
                choice
                for choice in Role.choices
                if choice[0] == held or may_give(self.giver, choice[0])
            ]

    def clean(self) -> dict[str, Any]:
        """Refuse a second membership in one organisation.

        Django would leave it to the database: of an inline row it checks no constraint that names the
        page's own row (django/forms/models.py, BaseModelForm._post_clean).
        """
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        user, organisation = typed.get("user"), typed.get("organisation")
        if self.instance.pk is None and user and user.pk and organisation:
            self.instance.user, self.instance.organisation = user, organisation
            self.instance.validate_constraints()
        return typed


class MembershipInline(TabularInline):
    """The organisations of a person, on the person's page."""

    model = Membership
    form = MembershipForm
    autocomplete_fields = ["organisation"]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Offer an empty row to a person who is being added."""
        return 1 if obj is None else 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Tell the form who edits it."""
        kwargs["form"] = type("Form", (self.form,), {"giver": request.user})
        return super().get_formset(request, obj, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Yes: the page has asked already."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may add people to organisations."""
        return request.user.has_perm(MANAGE_MEMBERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The same right: it covers the role as far as the form offers roles."""
        return request.user.has_perm(MANAGE_MEMBERS)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The same right."""
        return request.user.has_perm(MANAGE_MEMBERS)


class MembersInline(MembershipInline):
    """The people of an organisation, on the organisation's page."""

    autocomplete_fields = ["user"]


@admin.register(User)
class UserAdmin(UserAdminBase, ModelAdmin):
    """The pages on which staff add people, change them and give them roles."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    fieldsets = (
        (None, {"fields": ("username", "full_name", "email", "password")}),
        ("Switches", {"fields": ("is_active", "is_superuser")}),
        ("Since when", {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "full_name",
                    "email",
                    "usable_password",
                    "password1",
                    "password2",
                ),
                "description": "Set a first password here, or switch it off and send the person "
                "a mail to set their own: the action is in the list of people.",
            },
        ),
    )
    readonly_fields = ("created_at", "last_login")
    filter_horizontal = ()
    inlines = [MembershipInline]
    list_display = ("username", "full_name", "email", "belongs_to", "is_active", "last_login")
    list_filter = ("memberships__organisation", "memberships__role", "is_active", "is_superuser")
    search_fields = ("username", "full_name", "email")
    actions = ["send_password_mail", "delete_conversations"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Read the people with their memberships."""
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.prefetch_related("memberships__organisation")

    @admin.display(description="Belongs to")
    def belongs_to(self, user: User) -> str:
        """Their organisations, each with the role if it is more than a member's."""
        places = [_place(membership) for membership in user.memberships.all()]
        if user.is_superuser:
            places.append("superuser")
        return ", ".join(places) or "no organisation: cannot chat"

    @admin.action(description="Send a mail to set a password", permissions=["change"])
    def send_password_mail(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Send it to each that has an address and may sign in."""
        able = [user for user in queryset if user.email and user.is_active]
        for user in able:
            SetPasswordMail.send(user, request)
        self.message_user(request, f"{len(able)} mails are on their way.")
        if left := queryset.count() - len(able):
            words = f"{left} got none: they have no e-mail address, or may not sign in."
            self.message_user(request, words, messages.WARNING)

    @admin.action(description="Delete all their conversations", permissions=["delete"])
    def delete_conversations(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Hide them at once, as their owner would; the nightly purge removes them a month later.

        A person whose conversations are still there cannot be deleted: their costs would go with them.
        """
        threads = Thread.objects.filter(owner__in=queryset.values("pk"), deleted_at=None)
        found = list(threads.values_list("pk", flat=True))
        for thread in found:
            delete_thread(thread)
        words = f"{len(found)} conversations are deleted; the purge removes them in a month."
        self.message_user(request, words)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Protect the accounts of staff from all but superusers: a new password opens an account."""
        if obj is not None and _is_protected(obj) and not _is_superuser(request):
            return False
        return bool(super().has_change_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only superusers make others superusers."""
        fields = super().get_readonly_fields(request, obj)
        return fields if _is_superuser(request) else (*fields, "is_superuser")


@admin.register(Organisation)
class OrganisationAdmin(ModelAdmin):
    """The pages of organisations, each with its people."""

    list_display = ["name", "active", "members", "created_at"]
    ordering = ["name"]  # a count forgets the model's own, and whoever searches pages through it
    search_fields = ["name"]
    inlines = [MembersInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        """Read the organisations with the number of their members."""
        rows: QuerySet[Organisation] = super().get_queryset(request)
        return rows.annotate(member_count=Count("memberships"))

    @admin.display(ordering="member_count")
    def members(self, row: Any) -> int:
        """The number that `get_queryset` added."""
        return int(row.member_count)


def _place(membership: Membership) -> str:
    name = membership.organisation.name
    if membership.role == Role.MEMBER:
        return name
    return f"{name} ({membership.get_role_display().lower()})"


def _is_protected(user: User) -> bool:
    """Whether somebody is more than a member anywhere, also where the organisation is switched off."""
    return user.is_superuser or user.memberships.exclude(role=Role.MEMBER).exists()


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)
