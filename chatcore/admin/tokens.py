"""Programs' credentials: made here, shown once, revoked here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chatcore.admin.base import ModelAdmin
from chatcore.identity.members import member_of_user
from chatcore.models import ApiToken


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_user(self) -> Any:
        """Somebody who may chat."""
        user = self.cleaned_data["user"]
        if member_of_user(user.pk) is None:
            raise ValidationError("This person is in no active organisation.")
        return user

    def clean_expires_at(self) -> Any:
        """A moment to come."""
        at = self.cleaned_data["expires_at"]
        if at is not None and at <= timezone.now():
            raise ValidationError("This moment has passed.")
        return at


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    """Tokens. What was made is never changed, only revoked."""

    form = ApiTokenForm
    fields = ["name", "user", "expires_at"]
    autocomplete_fields = ["user"]
    list_display = ["name", "ending", "user", "organisation", "state", "last_used_at"]
    list_select_related = ["user", "organisation"]
    list_filter = ["organisation", "revoked_at"]
    search_fields = ["name", "last_four", "user__username"]
    actions = ["revoke"]

    @admin.display(description="Ends in")
    def ending(self, token: ApiToken) -> str:
        """To tell it from others."""
        return f"…{token.last_four}"

    @admin.display(description="State")
    def state(self, token: ApiToken) -> str:
        """Whether it opens anything."""
        if token.revoked_at:
            return f"revoked {token.revoked_at:%Y-%m-%d}"
        if token.expires_at and token.expires_at <= timezone.now():
            return f"expired {token.expires_at:%Y-%m-%d}"
        return "valid"

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make it; its text lives as long as this request."""
        text = ApiToken.make()
        obj.digest = ApiToken.digest_of(text)
        obj.last_four = text[-4:]
        obj.organisation = obj.user.membership.organisation
        super().save_model(request, obj, form, change)
        request.made_token = text  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show it, this once: neither a message nor a session may keep it."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Token made: {obj.name}",
            "opts": self.opts,
            "token": request.made_token,  # type: ignore[attr-defined]
            "made": obj,
        }
        return TemplateResponse(request, "admin/chatcore/token_made.html", context)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """From the next request on."""
        count = queryset.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"Revoked: {count}.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who could change them."""
        return request.user.has_perm("chatcore.change_apitoken")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is made anew instead."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoked ones stay to be looked up."""
        return False
