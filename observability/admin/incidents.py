"""The admin page of incidents, with what became of their mails."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from chatcore.models import OutgoingMail
from observability.alerts.email import consequence
from observability.alerts.mails import obstacle, send_again
from observability.models import Incident
from observability.wording import counted
from routing.admin.base import ReadOnlyAdmin


class IsOpen(admin.SimpleListFilter):
    """Filters by whether they are open."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(closed_at__isnull=self.value() == "open")


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """The incidents, each once however often it was seen."""

    actions = ["send_again"]  # type: ignore[assignment]  # Django takes a list as well
    list_display = ["__str__", "state", "opened_at", "last_seen_at", "times_seen", "mailed"]
    list_filter = [IsOpen, "kind", "opened_at"]
    search_fields = ["subject"]
    search_help_text = "A key's label, a provider or a model."
    readonly_fields = ["state", "users_notice", "mailed"]
    fieldsets = [
        ("What happened", {"fields": ["kind", "subject", "text", "users_notice"]}),
        ("Since when", {"fields": ["state", "opened_at", "last_seen_at", "times_seen"]}),
        ("Mails", {"fields": ["mailed"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        rows: QuerySet[Incident] = super().get_queryset(request)
        return rows.prefetch_related("mails")

    @admin.action(description="Send failed and uncertain mails again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        """Queue them once more, when the address or the mail server is mended."""
        if count := send_again(queryset):
            words = (
                f"{counted(count, 'mail')} {'waits' if count == 1 else 'wait'} to be sent again."
            )
            self.message_user(request, words, messages.SUCCESS)
        else:
            words = "Nothing was done: no mail of an open incident among them has failed or is uncertain."
            self.message_user(request, words, messages.WARNING)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("chatcore.change_outgoingmail"))

    @admin.display(ordering="closed_at")
    def state(self, incident: Incident) -> str:
        """Open, or since when it is over and how that is known."""
        if incident.closed_at is None:
            return "open"
        return (
            f"over since {incident.closed_at:%Y-%m-%d %H:%M} UTC. {incident.closed_because}".strip()
        )

    @admin.display(description="Users notice")
    def users_notice(self, incident: Incident) -> str:
        """What users notice while it is open."""
        if incident.closed_at is not None:
            return "Nothing any more."
        return consequence(incident) or "Look at the run, case by case."

    @admin.display(description="Mailed")
    def mailed(self, incident: Incident) -> str:
        """What became of each mail, or why there is none."""
        mails = list(incident.mails.all())
        if mails:
            return format_html_join("; ", "{}", ((_status(mail),) for mail in mails))
        if incident.closed_at is not None:
            return "Not mailed: it was over before anybody could be mailed."
        return f"Not mailed: {why}." if (why := obstacle()) else "Not mailed yet; within a minute."


def _status(mail: OutgoingMail) -> str:
    status = mail.get_status_display().lower()
    return f"{mail.address}: {status} {mail.changed_at:%Y-%m-%d %H:%M} UTC. {mail.trouble}".strip()
