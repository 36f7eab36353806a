"""The admin pages of the smoke evaluation: its cases, its runs, and the button that starts one."""

import logging
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from chatcore.celery import app as celery
from chatcore.replies.outcome import plain_decimal
from observability.admin.smoke_tables import results_table, state
from observability.models import SmokeCase, SmokeCheck, SmokeResult, SmokeRun, SmokeSettings
from observability.smoke import runs
from observability.smoke.forms import CaseForm, CheckForm
from routing.admin.base import ModelAdmin, PartInline, ReadOnlyAdmin, SingleRowAdmin

logger = logging.getLogger(__name__)
MAY_RUN = "observability.add_smokerun"
REFRESH_S = 5
"""How often the page of a run that has not ended looks again."""


class CheckInline(PartInline):
    """The checks of a case's answer."""

    model = SmokeCheck
    form = CheckForm
    fields = ["kind", "value"]
    extra = 0
    verbose_name_plural = "What a right answer must show"


@admin.register(SmokeCase)
class SmokeCaseAdmin(ModelAdmin):
    """The cases, in the order in which they are asked."""

    form = CaseForm
    inlines = [CheckInline]
    list_display = ["name", "position", "intent", "answerer", "number_of_checks", "enabled"]
    list_filter = ["enabled", "intent"]
    search_fields = ["name", "prompt"]
    fieldsets = [
        (None, {"fields": ["name", "position", "enabled", "prompt"]}),
        ("Where it must go", {"fields": ["intent", "answerer", "deployment", "asks_about"]}),
        ("Limits", {"fields": ["latency_limit_ms", "cost_limit_usd"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SmokeCase]:
        rows: QuerySet[SmokeCase] = super().get_queryset(request)
        return rows.annotate(check_count=Count("checks"))

    @admin.display(description="Checks of the answer")
    def number_of_checks(self, row: Any) -> int:
        return int(row.check_count)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A case that ships would come back at the next start; it is switched off instead."""
        if obj is not None and obj.shipped:
            return False
        return bool(super().has_delete_permission(request, obj))

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer none: the list's deletion would not ask whether each row may go."""
        return {}


@admin.register(SmokeSettings)
class SmokeSettingsAdmin(SingleRowAdmin):
    """The settings of every run."""

    fields = ["spend_cap_usd"]


@admin.register(SmokeRun)
class SmokeRunAdmin(ReadOnlyAdmin):
    """The runs and their results."""

    list_display = ["__str__", "created_at", "trigger", "what_came", "passed", "cost", "why"]
    list_filter = ["verdict", "trigger", "created_at"]
    list_before_template = "admin/observability/smoke_run_now.html"
    change_form_outer_before_template = "admin/observability/smoke_run.html"
    fieldsets = [
        (
            "About this run",
            {"fields": ["trigger", "asked_by", "base_url", "created_at", "started_at", "ended_at"]},
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SmokeRun]:
        rows: QuerySet[SmokeRun] = super().get_queryset(request)
        good = Q(results__verdict=SmokeResult.Verdict.PASSED)
        return rows.annotate(case_count=Count("results"), good=Count("results", filter=good))

    @admin.display(description="Outcome", ordering="verdict")
    def what_came(self, run: SmokeRun) -> str:
        return state(run)

    @admin.display(description="Cases passed")
    def passed(self, run: Any) -> str:
        """Count those of the cases that it has come to."""
        return f"{run.good} of {run.case_count}"

    @admin.display(description="Cost", ordering="cost_usd")
    def cost(self, run: SmokeRun) -> str:
        """Give it in USD, as a lower bound where a call has no price."""
        return f"{'at least ' if run.unpriced else ''}${plain_decimal(run.cost_usd)}"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the button to those who may press it."""
        extra = {"may_run": request.user.has_perm(MAY_RUN)}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show the results; the page is loaded again and again until the run has ended."""
        run = self.get_object(request, object_id or "")
        extra: dict[str, Any] = {}
        if run is not None:
            extra = {
                "state": state(run),
                "results": results_table(run),
                "run_cost": self.cost(run),
                "refresh_s": REFRESH_S,
            }
        response = super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), **extra}
        )
        if run is not None and run.status != SmokeRun.Status.ENDED:
            response["Refresh"] = str(REFRESH_S)
        return response

    def get_urls(self) -> list[URLPattern]:
        """Add the button's address."""
        view = self.admin_site.admin_view(require_POST(self.run_view))
        return [path("run/", view, name="observability_smokerun_run"), *super().get_urls()]

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """Queue a run and show its page."""
        if not request.user.has_perm(MAY_RUN):
            raise PermissionDenied
        assert request.user.is_authenticated
        run, new = runs.request(SmokeRun.Trigger.ADMIN, by=request.user)
        self._confirm(request, new, _wake_worker())
        return HttpResponseRedirect(reverse("admin:observability_smokerun_change", args=[run.pk]))

    def _confirm(self, request: HttpRequest, new: bool, woken: bool) -> None:
        if not new:
            self.message_user(request, "A run is waiting already.", messages.INFO)
        elif woken:
            self.message_user(request, "Queued: the worker begins in a moment.")
        else:
            words = "Queued. The worker could not be woken; it looks by itself every minute."
            self.message_user(request, words, messages.WARNING)


def _wake_worker() -> bool:
    """Send the worker a message; whether it went out. Without it the run is found in a minute."""
    try:
        celery.send_task("observability.smoke_eval", retry=False, expires=60)
    except (OperationalError, OSError):
        logger.warning("The worker could not be woken; it looks by itself every minute")
        return False
    return True
