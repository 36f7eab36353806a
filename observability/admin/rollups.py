"""The admin pages of the weekly rollups, their mails, and the recipients of the next one."""

import smtplib
from typing import Any

import msgspec
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from chatcore.mail import outbox, smtp
from chatcore.models import OutgoingMail
from observability.models import Recipient, WeeklyRollup
from observability.rollup import report, storage
from observability.rollup.compose import document
from observability.rollup.mail import message
from observability.rollup.sheet import file_name, sheet
from observability.rollup.storage import mail_of, path_of, pictures_of
from routing.admin.base import ModelAdmin, ReadOnlyAdmin

SEND_AGAIN = "chatcore.change_outgoingmail"
_AGAIN = (OutgoingMail.Status.UNCERTAIN, OutgoingMail.Status.FAILED)


@admin.register(WeeklyRollup)
class WeeklyRollupAdmin(ReadOnlyAdmin):
    """The rollups as they were sent. Who may see one sees all: they are for those who run the site."""

    list_display = ["week", "whose", "made_at", "delivered"]
    list_filter = ["organisation", "week_ending"]
    list_select_related = ["organisation"]
    fields = ["week_ending", "organisation", "made_at"]
    change_form_outer_before_template = "admin/observability/rollup.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WeeklyRollup]:
        """Without the long columns, which only one rollup's page needs."""
        rows: QuerySet[WeeklyRollup] = super().get_queryset(request)
        return rows.defer(*storage.LONG).prefetch_related("mails")

    @admin.display(description="Week until (00:00 UTC)", ordering="week_ending")
    def week(self, rollup: WeeklyRollup) -> str:
        return rollup.week_ending.isoformat()

    @admin.display(description="Of", ordering="organisation__name")
    def whose(self, rollup: WeeklyRollup) -> str:
        return str(rollup.organisation or "all organisations")

    @admin.display(description="Mails")
    def delivered(self, rollup: WeeklyRollup) -> str:
        """Count the mails of each status."""
        mails = [mail.status for mail in rollup.mails.all()]
        counts = [
            (mails.count(status), status.label.partition(":")[0].lower())
            for status in OutgoingMail.Status
        ]
        return ", ".join(f"{count} {words}" for count, words in counts if count) or "none"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the report and its mails."""
        rollup = self.get_object(request, object_id)
        if rollup is not None and self.has_view_permission(request, rollup):
            extra_context = {**(extra_context or {}), **_shown(rollup, request)}
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the charts, the sheet and the buttons."""
        guard = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/<slug:name>.png", guard(self.picture), name="observability_rollup_picture"
            ),
            path("<int:pk>/sheet/", guard(self.sheet), name="observability_rollup_sheet"),
            path(
                "<int:pk>/test/", guard(require_POST(self.test)), name="observability_rollup_test"
            ),
            path(
                "<int:pk>/again/<int:mail>/",
                guard(require_POST(self.again)),
                name="observability_rollup_again",
            ),
            *super().get_urls(),
        ]

    def picture(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Serve one chart as it is in the mail."""
        for picture in pictures_of(self._visible(request, pk)):
            if picture.name == name:
                return HttpResponse(picture.png, content_type="image/png")
        raise Http404

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Serve the sheet as it is in the mail."""
        content = report.load(self._visible(request, pk).content)
        answer = HttpResponse(sheet(content), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{file_name(content)}"'
        return answer

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send it to the person who asks, and say what came of it. It does not go through the outbox."""
        rollup = self._visible(request, pk)
        address = getattr(request.user, "email", "")
        if not address:
            words = "Not sent: your account has no e-mail address. It is set under People."
            self.message_user(request, words, messages.ERROR)
        elif not smtp.is_set_up():
            words = "Not sent: this site has no mail server. EMAIL_URL names one."
            self.message_user(request, words, messages.ERROR)
        else:
            self._send_test(request, rollup, address)
        return HttpResponseRedirect(path_of(rollup))

    def _send_test(self, request: HttpRequest, rollup: WeeklyRollup, address: str) -> None:
        made = mail_of(rollup)
        mail = msgspec.structs.replace(made, subject=f"Test: {made.subject}")
        try:
            message(mail, address).send()
        except (OSError, smtplib.SMTPException) as error:
            # The server's own words may hold anything; the kind of the fault is what helps.
            words = f"Not sent: the mail server did not take it ({type(error).__name__})."
            self.message_user(request, words, messages.ERROR)
        else:
            self.message_user(request, f"The mail server took it for {address}.", messages.SUCCESS)

    def again(self, request: HttpRequest, pk: int, mail: int) -> HttpResponse:
        """Queue a mail once more that did not, or perhaps did not, arrive."""
        rollup = self._visible(request, pk)
        if not _may_send(request):
            raise PermissionDenied
        if outbox.send_again(rollup.mails.filter(pk=mail), now=timezone.now()):
            words = "It waits to be sent; the worker looks once a minute."
            self.message_user(request, words, messages.SUCCESS)
        else:
            words = "Nothing was done: this mail is no longer uncertain or failed."
            self.message_user(request, words, messages.WARNING)
        return HttpResponseRedirect(path_of(rollup))

    def _visible(self, request: HttpRequest, pk: int) -> WeeklyRollup:
        if not self.has_view_permission(request):
            raise PermissionDenied
        rollup = WeeklyRollup.objects.filter(pk=pk).first()
        if rollup is None:
            raise Http404
        return rollup


def _shown(rollup: WeeklyRollup, request: HttpRequest) -> dict[str, Any]:
    """What the template shows beside Django's own."""
    pictures = pictures_of(rollup)
    page = document(report.load(rollup.content), pictures, path=path_of(rollup))
    return {
        "title": page.title,
        "page": page,
        "mails": rollup.mails.all(),
        "again": _AGAIN,
        "may_send": _may_send(request),
        "address": getattr(request.user, "email", ""),
        "recipients_url": reverse("admin:observability_recipient_changelist"),
    }


def _may_send(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.has_perm(SEND_AGAIN))


class RecipientForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a recipient: only superusers may have the numbers of all organisations sent."""

    may_send_all = False

    def clean_organisation(self) -> Any:
        """Require one, except from superusers, whose none means all."""
        organisation = self.cleaned_data["organisation"]
        if organisation is None and not self.may_send_all:
            raise ValidationError(
                "Choose one: only superusers may have the numbers of all organisations sent."
            )
        return organisation


@admin.register(Recipient)
class RecipientAdmin(ModelAdmin):
    """The recipients of the weekly rollup."""

    form = RecipientForm
    list_display = ["email", "whose", "active", "added_by", "added_at"]
    list_filter = ["active", "organisation"]
    list_select_related = ["organisation", "added_by"]
    search_fields = ["email"]
    fields = ["email", "organisation", "active"]

    @admin.display(description="Gets the numbers of", ordering="organisation__name")
    def whose(self, recipient: Recipient) -> str:
        return str(recipient.organisation or "all organisations")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Let the form know whether a superuser edits."""
        form = super().get_form(request, *args, **kwargs)
        return type("Form", (form,), {"may_send_all": _is_superuser(request)})

    def save_model(self, request: HttpRequest, obj: Recipient, form: Any, change: bool) -> None:
        """Note who put it on the list; what was changed holds from the next rollup on."""
        if not change and request.user.is_authenticated:
            obj.added_by = request.user
        if form.changed_data:
            obj.since = timezone.now()
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse those of all organisations to all but superusers."""
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse those of all organisations to all but superusers."""
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)


def _may_touch(request: HttpRequest, recipient: Recipient | None) -> bool:
    return recipient is None or recipient.organisation_id is not None or _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
