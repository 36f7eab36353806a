"""The pages of the settings that hold for every message, and of the policy's versions."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from routing.admin.base import PolicyAdmin, ReadOnlyAdmin, SingleRowAdmin
from routing.admin.learned_tables import accuracy_table, confusion_table
from routing.forms.stale import PolicyForm
from routing.models import Deployment, Ladder, Policy, PolicyVersion
from routing.services import learning, policy, policy_content, policy_tables
from routing.services.policy import PolicyInvalid
from routing.services.policy_content import (
    IntentContent,
    LadderContent,
    PolicyContent,
    VersionUnreadable,
)


@admin.register(Policy)
class PolicySettingsAdmin(SingleRowAdmin, PolicyAdmin):
    """The page of the one row of settings that hold for every message."""

    form = PolicyForm
    fieldsets = [
        (None, {"fields": ["persona"]}),
        ("When it is not sure what is asked", {"fields": ["unsure_below", "when_unsure"]}),
        (
            "When providers fail",
            {"fields": ["max_calls", "patience_s", "turn_limit_s", "reroute_filtered"]},
        ),
    ]


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    """The pages on which staff read policy versions and revert to one.

    A version is made by saving a part of the policy; turns name the one under which they were served.
    """

    list_display = ["number", "created_at", "author_name", "difference"]
    list_select_related = ["author"]
    search_fields = ["difference", "author__username"]
    change_form_outer_after_template = "admin/routing/version_content.html"
    fieldsets = [(None, {"fields": ["number", "created_at", "author_name", "difference"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        """Read the versions without their large content, which only a version's own page needs."""
        rows: QuerySet[PolicyVersion] = super().get_queryset(request)
        return rows.defer("content")

    @admin.display(description="Author")
    def author_name(self, row: PolicyVersion) -> str:
        """The name of the person who saved it; "shipped" for the first version."""
        return row.author.get_username() if row.author else "shipped"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show a version with its content in readable form and, where it may be used, a Revert button."""
        extra: dict[str, Any] = {}
        if (row := self.get_object(request, object_id or "")) is not None:
            try:
                said = policy_content.load(row)
            except VersionUnreadable as error:
                in_force = row.number == policy.latest_number()
                extra = {"unreadable": str(error), "is_in_force": in_force}
            else:
                extra = {
                    "said": said,
                    "ladders": _ladders(said),
                    "intents": _intents(said),
                    **_learned(said),
                    "may_revert": _may_revert(request) and row.number != policy.latest_number(),
                }
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), **extra}
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the Revert button."""
        view = self.admin_site.admin_view(self.revert_view)
        return [
            path("<int:number>/revert/", view, name="routing_policyversion_revert"),
            *super().get_urls(),
        ]

    def revert_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Ask for confirmation (GET), or revert to the version of this number (POST)."""
        if not _may_revert(request):
            raise PermissionDenied
        version = get_object_or_404(PolicyVersion, number=number)
        try:
            said = policy_content.load(version)
        except VersionUnreadable as error:
            self.message_user(request, f"Nothing was changed. {error}", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:routing_policyversion_changelist"))
        if request.method == "POST":
            self._revert(request, version)
            return HttpResponseRedirect(reverse("admin:routing_policyversion_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Revert to version {number}",
            "opts": self.opts,
            "version": version,
            "changes": policy.difference(policy_tables.content(), said),
        }
        return TemplateResponse(request, "admin/routing/revert.html", context)

    def _revert(self, request: HttpRequest, version: PolicyVersion) -> None:
        assert request.user.is_authenticated
        try:
            with transaction.atomic():
                made = policy.revert(number=version.number, author=request.user)
        except PolicyInvalid as error:
            self.message_user(request, f"Nothing was changed. {error}", messages.ERROR)
            return
        if made is None:
            words = (
                f"What is in force says what version {version.number} says, so nothing was changed."
            )
            self.message_user(request, words, messages.INFO)
        else:
            words = f"Published as version {made.number}: {made.difference}"
            self.message_user(request, words, messages.SUCCESS)


def _learned(said: PolicyContent) -> dict[str, Any]:
    """What was learned from a version's examples, as tables; nothing where only what ships holds."""
    if not learning.digest(said):
        return {}
    report = learning.report_for(said)
    if report is None:
        return {"is_learning": True}
    labels = {name: intent.label for name, intent in said.intents.items()}
    return {
        "accuracy": accuracy_table(report),
        "confusion_before": confusion_table(report.held_out_before, labels),
        "confusion": confusion_table(report.held_out_after, labels),
        "confusion_examples": confusion_table(report.examples_after, labels),
    }


def _may_revert(request: HttpRequest) -> bool:
    """Whether the person may change every part of the policy, since a revert may do so."""
    parts = ("policy", "ladder", "intent")
    return all(request.user.has_perm(f"routing.change_{part}") for part in parts)


def _ladders(said: PolicyContent) -> list[tuple[str, LadderContent, list[str], str, str]]:
    """For each ladder: name, content, labels of its rungs (of a deleted model its name), scope, break."""
    labels = {row.name: str(row) for row in Deployment.objects.select_related("provider")}
    order = list(_intents(said))
    ladders = sorted(
        said.ladders.items(),
        key=lambda item: order.index(item[1].intent) if item[1].intent in order else len(order),
    )
    return [
        (
            name,
            ladder,
            [labels.get(rung.deployment, rung.deployment) for rung in ladder.rungs],
            Ladder.CacheScope(ladder.cache_scope).label.lower(),
            Ladder.OnBreak(ladder.on_break).label.lower(),
        )
        for name, ladder in ladders
    ]


def _intents(said: PolicyContent) -> dict[str, IntentContent]:
    """The intents in staff's order, which PostgreSQL's JSON does not keep."""
    return dict(sorted(said.intents.items(), key=lambda item: (item[1].position, item[0])))
