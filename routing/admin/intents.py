"""The pages of intents and of the rules that recognise them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from routing.admin.base import PartInline, PolicyAdmin
from routing.forms.policies import FixedRowsFormSet, IntentForm, RuleForm, SingleRuleForm
from routing.intents import FALLBACK_INTENT
from routing.models import Intent, IntentRule, Ladder
from routing.services import policy_tables


class RuleInline(PartInline):
    """The table of an intent's rules on the intent's page."""

    model = IntentRule
    form = RuleForm
    formset = FixedRowsFormSet
    extra = 0
    per_page = 40
    hide_title = True
    verbose_name = "rule"


@admin.register(Intent)
class IntentAdmin(PolicyAdmin):
    """The pages on which staff edit intents, with their examples and rules."""

    form = IntentForm
    inlines = [RuleInline]
    list_display = ["label", "name", "number_of_rules", "its_ladder", "enabled", "position"]
    list_filter = ["enabled"]
    search_fields = ["label", "name", "description"]
    fieldsets = [
        (None, {"fields": ["label", "name", "description", "enabled", "position", "its_ladder"]}),
        (
            "How it is recognised",
            {
                "fields": ["examples"],
                "description": "Examples are learned from: ten varied ones are a good start, and the "
                "worker learns new ones within moments; the policy version's page then says what that "
                "changed. The rules below are for what must hold whatever was learned. "
                "Try a message shows what each contributes.",
            },
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Lock the name of an intent that exists: logs, reports and old versions use it."""
        return ["its_ladder", "name"] if obj else ["its_ladder"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Intent]:
        """Read the intents with their ladder and the number of their rules."""
        rows: QuerySet[Intent] = super().get_queryset(request).select_related("ladder")
        return rows.annotate(rule_count=Count("rules"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Protect the fallback intent, which takes the messages that no other intent claims."""
        if obj is not None and obj.name == FALLBACK_INTENT:
            return False
        return super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Allow the intent's ladder to be deleted with it, although ladders cannot be deleted alone."""
        named, counts, needed, protected = super().get_deleted_objects(objs, request)
        return named, counts, needed - {Ladder._meta.verbose_name}, protected

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Save, and give a new intent its ladder at once, so that its messages can be answered."""
        super().save_model(request, obj, form, change)
        assert isinstance(obj, Intent)
        policy_tables.give_ladder(obj)

    @admin.display(description="Rules")
    def number_of_rules(self, row: Any) -> int:
        """The count that `get_queryset` added."""
        return int(row.rule_count)

    @admin.display(description="Ladder")
    def its_ladder(self, row: Intent) -> str:
        """A link to the ladder that serves the intent."""
        if row._state.adding:
            return "Made with the intent: a copy of the one for everything else."
        url = reverse("admin:routing_ladder_change", args=[row.ladder.pk])
        return format_html(
            '<a href="{}" class="text-primary-600 dark:text-primary-500 underline">Models that serve it</a>',
            url,
        )


@admin.register(IntentRule)
class RuleAdmin(PolicyAdmin):
    """A list of the rules of all intents, in which one can be searched; an intent's own page adds rules."""

    form = SingleRuleForm
    list_display = ["short_text", "intent", "kind", "weight"]
    list_per_page = 50
    list_filter = ["intent", "kind"]
    list_select_related = ["intent"]
    search_fields = ["text"]
    fields = ["intent", "kind", "text", "weight"]
    readonly_fields = ["intent"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: rules are added on the page of their intent."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the intent, of which a rule is a part."""
        return request.user.has_perm("routing.view_intent")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the intent, of which a rule is a part."""
        return request.user.has_perm("routing.change_intent")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for the intent, of which a rule is a part."""
        return request.user.has_perm("routing.change_intent")

    @admin.display(description="Text", ordering="text")
    def short_text(self, row: IntentRule) -> str:
        """The first 90 characters: patterns are long, and their beginning tells them apart."""
        return Truncator(row.text).chars(90)
