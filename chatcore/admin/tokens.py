"""The pages of API tokens: superusers make them, shown once; people managers revoke them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from chatcore.identity.members import member_in
from chatcore.identity.permissions import REVOKE_TOKENS
from chatcore.identity.token_mail import tell_owner
from chatcore.models import ApiToken
from routing.admin.base import ModelAdmin


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new token: for somebody who may chat in the organisation, until a moment to come."""

    def clean(self) -> dict[str, Any]:
        """Refuse an organisation in which the person may not chat."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        user, organisation = typed.get("user"), typed.get("organisation")
        if user and organisation and member_in(user.pk, organisation.pk) is None:
            raise ValidationError({"organisation": f"{user} cannot chat in this organisation."})
        return typed

    def clean_expires_at(self) -> Any:
        """Refuse a moment that has passed."""
        at = self.cleaned_data["expires_at"]
        if at is not None and at <= timezone.now():
            raise ValidationError("This moment has passed.")
        return at


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    """The pages on which tokens are made, looked at and revoked; a token is never changed."""

    form = ApiTokenForm
    fields = ["name", "user", "organisation", "expires_at"]
    autocomplete_fields = ["user", "organisation"]
    list_display = ["name", "ending", "user", "organisation", "state", "last_used_at"]
    list_select_related = ["user", "organisation"]
    list_filter = ["organisation", "revoked_at"]
    search_fields = ["name", "last_four", "user__username"]
    actions = ["revoke"]

    @admin.display(description="Ends in")
    def ending(self, token: ApiToken) -> str:
        """The last four characters, which tell it from others."""
        return f"…{token.last_four}"

    @admin.display(description="State")
    def state(self, token: ApiToken) -> str:
        """Whether it is valid, or since when it is not."""
        if token.revoked_at:
            return f"revoked {token.revoked_at:%Y-%m-%d}"
        if token.expires_at and token.expires_at <= timezone.now():
            return f"expired {token.expires_at:%Y-%m-%d}"
        return "valid"

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token; its text lives as long as this request."""
        text = ApiToken.make()
        obj.digest = ApiToken.digest_of(text)
        obj.last_four = text[-4:]
        super().save_model(request, obj, form, change)
        request.made_token = text  # type: ignore[attr-defined]

    def log_addition(self, request: HttpRequest, obj: ApiToken, message: Any) -> Any:
        """Note on whose behalf it acts: a token's name does not say it."""
        return super().log_addition(request, obj, f"Acts for {obj.user} at {obj.organisation}.")

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the text, this once: neither a message nor a session may keep it."""
        self._tell_owner(request, obj)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Token made: {obj.name}",
            "opts": self.opts,
            "token": request.made_token,  # type: ignore[attr-defined]
            "made": obj,
        }
        return TemplateResponse(request, "admin/chatcore/token_made.html", context)

    def _tell_owner(self, request: HttpRequest, token: ApiToken) -> None:
        assert request.user.is_authenticated
        if token.user_id == request.user.pk:
            return
        if tell_owner(token, made_by=request.user):
            words = f"{token.user} was told by mail that you made it."
            self.message_user(request, words, messages.SUCCESS)
        else:
            words = f"{token.user} could not be told by mail that you made it: tell them yourself."
            self.message_user(request, words, messages.WARNING)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Revoke the selected tokens, from the next request on."""
        count = queryset.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"Revoked: {count}.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may revoke tokens."""
        return request.user.has_perm(REVOKE_TOKENS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No, whoever asks: a token is made anew instead."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No, whoever asks: revoked tokens stay to be looked up."""
        return False
