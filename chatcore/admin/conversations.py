"""The pages of threads and turns; a turn's page explains why it was answered as it was.

Texts are people's own: only who holds `chatcore.read_conversations` sees them.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from chatcore.admin.big_tables import BigTableAdmin, of_people
from chatcore.admin.column_filters import Choices, by_column, themselves
from chatcore.admin.explanation import explanation
from chatcore.identity.permissions import READ_CONVERSATIONS
from chatcore.models import Organisation, Thread, Turn
from chatcore.replies.outcome import MESSAGES, plain_decimal, reference
from chatcore.turns.references import ids_of
from routing.admin.corrections import PERMISSION as CORRECT
from routing.admin.try_message import PERMISSION as TRY
from routing.forms.corrections import CorrectionForm, correction_of
from routing.models import Intent, Provider

HIDDEN = "Hidden: reading conversations is a permission of its own."
SOURCES = ("chat", "api", "smoke", "summary", "check")
LISTED = (
    "created_at",
    "user__username",
    "status",
    "intent",
    "provider",
    "model",
    "cache_hit",
    "fallback_used",
    "cost_usd",
    "cost_source",
    "latency_ms",
    "thumb",
)
"""The columns of a turn that the list shows."""


def organisations() -> Choices:
    """The organisations to choose from."""
    return Organisation.objects.order_by("name").values_list("pk", "name")


@admin.register(Thread)
class ThreadAdmin(BigTableAdmin):
    """The pages on which staff look at threads; their owners rename and delete them."""

    list_display = ["__str__", "owner", "organisation", "turns", "updated_at", "deleted_at"]
    list_select_related = ["owner", "organisation"]
    list_filter = [
        by_column("organisation_id", "organisation", organisations),
        "updated_at",
        "deleted_at",
    ]
    time_field = time_column = "updated_at"
    ordering = ["-updated_at", "-id"]
    search_fields = ["owner__username"]
    search_help_text = "The name with which its owner signs in."
    readonly_fields = ["all_turns"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The columns of a thread; its title and summary are texts, and hidden like them."""
        texts = ["title", "summary"] if request.user.has_perm(READ_CONVERSATIONS) else []
        plain = ["owner", "organisation", "created_at", "updated_at", "deleted_at"]
        return [*texts, *plain, "summarised_to", "summary_failures", "all_turns"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        """Read the threads without their summaries; the turns of those that are shown are counted."""
        rows: QuerySet[Thread] = super().get_queryset(request)
        turns = Turn.objects.filter(thread=OuterRef("pk")).order_by().values("thread")
        count = Subquery(turns.annotate(count=Count("pk")).values("count"))
        return rows.defer("summary").annotate(turn_count=count)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Thread], search_term: str
    ) -> tuple[QuerySet[Thread], bool]:
        """Search by the owner's name."""
        return of_people(queryset, "owner", search_term) if search_term else queryset, False

    @admin.display(description="Turns")
    def turns(self, thread: Any) -> int:
        """The number that `get_queryset` added."""
        return thread.turn_count or 0

    @admin.display(description="Turns")
    def all_turns(self, thread: Thread) -> str:
        """A link to the list of the thread's turns."""
        address = reverse("admin:chatcore_turn_changelist")
        return format_html(
            '<a href="{}?thread__id__exact={}" class="underline">Look at them</a>',
            address,
            thread.pk,
        )


@admin.register(Turn)
class TurnAdmin(BigTableAdmin):
    """The pages on which staff look at turns, each with its whole explanation."""

    list_display = [
        "short_reference",
        "asked_at",
        "owner",
        "status",
        "intent",
        "whose_model",
        "cost",
        "took",
        "thumb",
    ]
    time_column = "asked_at"
    ordering = ["-created_at", "-id"]
    list_select_related = ["user"]
    list_filter = [
        "status",
        by_column("intent", "intent", lambda: Intent.objects.values_list("name", "label")),
        by_column("provider", "provider", lambda: Provider.objects.values_list("slug", "name")),
        "created_at",
        by_column("organisation_id", "organisation", organisations),
        by_column("source", "source", lambda: themselves(SOURCES)),
        by_column("error_code", "why it failed", lambda: themselves(MESSAGES)),
        "thumb",
        "fallback_used",
        "cache_hit",
    ]
    search_fields = ["user__username"]
    search_help_text = "The reference that a person was given, or the name with which they sign in."
    change_form_outer_before_template = "admin/chatcore/turn_explanation.html"
    readonly_fields = ["prompt_text", "reply_text", "note_text", "owner", "conversation"]
    fieldsets = [
        ("What was said", {"fields": ["prompt_text", "reply_text", "thumb", "note_text"]}),
        ("Where and when", {"fields": ["conversation", "owner", "created_at", "finished_at"]}),
    ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow also the filter by thread: a thread's page links here with it."""
        return lookup == "thread__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Turn]:
        """Read what the list shows; one turn's page reads the rest."""
        rows: QuerySet[Turn] = super().get_queryset(request)
        return rows.select_related("user").only(*LISTED)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Turn], search_term: str
    ) -> tuple[QuerySet[Turn], bool]:
        """Search by reference where the term is one, else by the owner's name."""
        ids = ids_of(search_term)
        if ids and (found := queryset.filter(pk__range=ids)).exists():
            return found, False
        return of_people(queryset, "user", search_term) if search_term else queryset, False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Show a turn with its explanation, and with its texts to whoever may read them."""
        turn = self.get_object(request, object_id or "")
        may_read = request.user.has_perm(READ_CONVERSATIONS)
        if turn is not None:
            extra_context = {
                **(extra_context or {}),
                **explanation(turn, with_text=may_read),
                "may_try": may_read and request.user.has_perm(TRY),
                "turn_id": str(turn.pk),
                "correction": _correction(turn, request) if may_read else None,
                "whose_model": self.whose_model(turn),
                "cost": self.cost(turn),
                "took": self.took(turn),
            }
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Turn | None:
        """Read a turn; its texts are replaced here already for whoever may not read them."""
        turn: Turn | None = super().get_object(request, object_id, from_field)
        if turn is not None:
            turn.refresh_from_db(fields=turn.get_deferred_fields())
        if turn is not None and not request.user.has_perm(READ_CONVERSATIONS):
            turn.prompt = turn.reply = HIDDEN
            turn.note = HIDDEN if turn.note else ""
        return turn

    @admin.display(description="Reference")
    def short_reference(self, turn: Turn) -> str:
        """The reference that people quote."""
        return reference(turn.pk)

    @admin.display(description="Asked (UTC)", ordering="created_at")
    def asked_at(self, turn: Turn) -> str:
        """When it was asked, to the second: several turns fall into one minute."""
        return f"{turn.created_at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="Model", ordering="model")
    def whose_model(self, turn: Turn) -> str:
        """The last model that was called, and whether it was a fallback or the reply cache."""
        name = f"{turn.provider}/{turn.model}" if turn.model else "nobody"
        if turn.cache_hit:
            return f"{name} (from cache)"
        return f"{name} (fallback)" if turn.fallback_used else name

    @admin.display(description="Took", ordering="latency_ms")
    def took(self, turn: Turn) -> str:
        """The time from the message to the end of its reply."""
        return "–" if turn.latency_ms is None else f"{turn.latency_ms}\N{NO-BREAK SPACE}ms"

    @admin.display(ordering="user__username")
    def owner(self, turn: Turn) -> str:
        """The name of the person who asked."""
        return turn.user.get_username()

    @admin.display(ordering="cost_usd")
    def cost(self, turn: Turn) -> str:
        """The cost in USD, and where the figure comes from."""
        amount = plain_decimal(turn.cost_usd)
        return turn.cost_source if amount is None else f"${amount} ({turn.cost_source})"

    @admin.display(description="Conversation")
    def conversation(self, turn: Turn) -> str:
        """A link to the turn's thread."""
        if turn.thread is None:
            return f"none: a call of its own ({turn.source})"
        address = reverse("admin:chatcore_thread_change", args=[turn.thread_id])
        return format_html('<a href="{}" class="underline">{}</a>', address, turn.thread)

    @admin.display(description="Prompt")
    def prompt_text(self, turn: Turn) -> str:
        """The prompt as it was written."""
        return _as_written(turn.prompt)

    @admin.display(description="Reply")
    def reply_text(self, turn: Turn) -> str:
        """The reply as it came, with its Markdown marks."""
        return _as_written(turn.reply)

    @admin.display(description="Note")
    def note_text(self, turn: Turn) -> str:
        """What the owner noted about the reply."""
        return _as_written(turn.note)


def _correction(turn: Turn, request: HttpRequest) -> CorrectionForm | None:
    """The form to say what a turn's intent is, for whoever may change intents."""
    if not turn.intent or not request.user.has_perm(CORRECT):
        return None
    return correction_of(turn.prompt, turn.intent)


def _as_written(text: str) -> str:
    return format_html('<div class="as-written" dir="auto">{}</div>', text)
