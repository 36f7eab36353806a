"""The admin page of provider calls."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from chatcore.admin.big_tables import BigTableAdmin
from chatcore.models import Organisation, Turn
from chatcore.replies.outcome import plain_decimal, reference
from chatcore.turns.references import ids_of
from observability.admin.attempt_filters import FILTERS
from observability.models import AttemptRecord
from observability.names import CALL_ERRORS, FAILURES, TRUNCATIONS
from routing.models import Deployment

NONE = "\N{EN DASH}"
STATUSES = {
    "ok": "answered",
    "failed": "failed",
    "cut": "broke off",
    "abandoned": "abandoned",
    "unknown": "unknown: its server went away",
}


@admin.register(AttemptRecord)
class AttemptRecordAdmin(BigTableAdmin):
    """A line for each call, and one for each turn for which nobody was called."""

    list_display = ["when", "intent_and_model", "outcome", "times", "tokens", "cost"]
    list_filter = (*FILTERS,)
    time_field, time_column = "started_at", "when"
    search_fields = ["deployment"]
    search_help_text = (
        "A turn's reference, or a model that is there, or its whole name: <provider>/<model>."
    )
    fieldsets = [
        (
            "The call",
            {"fields": ["called", "key_label", "outcome", "finish", "http_status", "place"]},
        ),
        ("Its turn", {"fields": ["turn", "turn_outcome", "whose", "decided", "started_at"]}),
        ("Times", {"fields": ["waited", "opened", "first_token", "total", "turn_times"]}),
        (
            "Tokens",
            {
                "fields": [
                    "input_tokens",
                    "cache_read_tokens",
                    "cache_write_tokens",
                    "output_tokens",
                    "reasoning_tokens",
                    "search_queries",
                    "usage_source",
                ]
            },
        ),
        ("Cost", {"fields": ["exact_cost", "price", "saved"]}),
    ]
    readonly_fields = [
        "called",
        "outcome",
        "finish",
        "place",
        "turn",
        "turn_outcome",
        "whose",
        "decided",
        "waited",
        "opened",
        "first_token",
        "total",
        "turn_times",
        "exact_cost",
        "price",
        "saved",
    ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow any of its own columns: the overview links here."""
        return lookup.partition("__")[0] in _COLUMNS

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AttemptRecord], search_term: str
    ) -> tuple[QuerySet[AttemptRecord], bool]:
        """Search by reference where it is one, else by model."""
        if not search_term:
            return queryset, False
        if ids := ids_of(search_term):
            return queryset.filter(turn_id__range=ids), False
        models = Deployment.objects.select_related("provider")
        names = [model.name for model in models if search_term.lower() in model.name.lower()]
        return queryset.filter(deployment__in=[search_term, *names]), False

    @admin.display(description="When (UTC), turn", ordering="started_at")
    def when(self, row: AttemptRecord) -> str:
        return format_html(
            "{}<br><span class='text-xs'>{}{}</span>",
            f"{row.started_at:%Y-%m-%d %H:%M:%S}",
            reference(row.turn_id),
            f", call {row.number}" if row.number > 1 else "",
        )

    @admin.display(description="Intent, model", ordering="deployment")
    def intent_and_model(self, row: AttemptRecord) -> str:
        return format_html("{}<br><span class='text-xs'>{}</span>", row.intent or NONE, _name(row))

    @admin.display(description="What came of it", ordering="status")
    def outcome(self, row: AttemptRecord) -> str:
        """Say it in words."""
        if not row.number:
            return "answered from the reply cache" if row.cache_hit else "nobody could be asked"
        said = STATUSES.get(row.status, row.status)
        if row.error:
            said += f": {CALL_ERRORS.get(row.error, row.error)}"
        if row.truncated:
            said += f"; {TRUNCATIONS.get(row.truncated_reason, 'cut short')}"
        return f"{said} (fallback)" if row.fallback_used and row.concludes else said

    @admin.display(description="First token, all", ordering="total_ms")
    def times(self, row: AttemptRecord) -> str:
        return format_html("{}<br>{}", _ms(row.first_token_ms), _ms(row.total_ms))

    @admin.display(description="Tokens in, out", ordering="output_tokens")
    def tokens(self, row: AttemptRecord) -> str:
        said = format_html("{}<br>{}", _count(row.input_tokens), _count(row.output_tokens))
        return format_html("{} (est.)", said) if row.usage_source == "estimated" else said

    @admin.display(description="Cost, USD", ordering="cost_usd")
    def cost(self, row: AttemptRecord) -> str:
        """Say where the amount comes from, unless it was computed as usual."""
        amount = plain_decimal(row.cost_usd)
        if amount is None:
            return "unknown"
        return amount if row.cost_source == "computed" else f"{amount} ({row.cost_source})"

    @admin.display(description="Model")
    def called(self, row: AttemptRecord) -> str:
        if row.model_answered in {"", row.model_asked}:
            return _name(row)
        return f"{_name(row)}, answered as {row.model_answered}"

    @admin.display(description="Finish")
    def finish(self, row: AttemptRecord) -> str:
        """Give our word, and the provider's own where it differs."""
        own = row.raw_finish_reason
        said = row.finish_reason or NONE
        return f"{said} ({own})" if own and own != row.finish_reason else said

    @admin.display(description="Place")
    def place(self, row: AttemptRecord) -> str:
        if not row.number:
            return "no call was made"
        rung = NONE if row.rung is None else row.rung + 1
        whole = "; its words stand for the turn" if row.concludes else ""
        return f"call {row.number} of its turn, rung {rung} of {row.ladder or NONE}{whole}"

    @admin.display(description="Turn")
    def turn(self, row: AttemptRecord) -> str:
        """Link the turn while it is kept."""
        if not Turn.objects.filter(pk=row.turn_id).exists():
            return (
                f"{reference(row.turn_id)} (no longer kept, or never was a turn of a conversation)"
            )
        address = reverse("admin:chatcore_turn_change", args=[row.turn_id])
        return format_html('<a href="{}" class="underline">{}</a>', address, reference(row.turn_id))

    @admin.display(description="Turn ended as")
    def turn_outcome(self, row: AttemptRecord) -> str:
        """Add what the user was shown where it failed."""
        if not row.error_code:
            return row.turn_status or NONE
        return f"{row.turn_status}: {FAILURES.get(row.error_code, row.error_code)}"

    @admin.display(description="Asked by")
    def whose(self, row: AttemptRecord) -> str:
        """Name the organisation; the turn's page names the person."""
        held = Organisation.objects.filter(pk=row.organisation_id or 0).first()
        return f"{held or 'a deleted organisation'}, by {row.source}"

    @admin.display(description="Decided")
    def decided(self, row: AttemptRecord) -> str:
        sure = "" if row.confidence is None else f" ({row.confidence:.0%} sure)"
        return f"{row.intent or NONE}{sure}, by policy version {row.policy_version}"

    @admin.display(description="Began after")
    def waited(self, row: AttemptRecord) -> str:
        return _ms(row.queued_ms)

    @admin.display(description="Headers after")
    def opened(self, row: AttemptRecord) -> str:
        return _ms(row.opened_ms)

    @admin.display(description="First token after")
    def first_token(self, row: AttemptRecord) -> str:
        return _ms(row.first_token_ms)

    @admin.display(description="Ended after")
    def total(self, row: AttemptRecord) -> str:
        return _ms(row.total_ms)

    @admin.display(description="The whole turn")
    def turn_times(self, row: AttemptRecord) -> str:
        return f"first token after {_ms(row.time_to_first_token_ms)}, ended after {_ms(row.latency_ms)}"

    @admin.display(description="Cost")
    def exact_cost(self, row: AttemptRecord) -> str:
        amount = plain_decimal(row.cost_usd)
        return "unknown: no price" if amount is None else f"${amount}, {row.cost_source}"

    @admin.display(description="By price")
    def price(self, row: AttemptRecord) -> str:
        if row.price_id is None:
            return NONE
        address = reverse("admin:routing_price_change", args=[row.price_id])
        return format_html('<a href="{}" class="underline">price {}</a>', address, row.price_id)

    @admin.display(description="Saved")
    def saved(self, row: AttemptRecord) -> str:
        amount = plain_decimal(row.saved_usd)
        return NONE if amount is None else f"${amount}"


_COLUMNS = {field.name for field in AttemptRecord._meta.get_fields()}


def _ms(duration: int | None) -> str:
    return NONE if duration is None else f"{duration:,}\N{NO-BREAK SPACE}ms"


def _count(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


def _name(row: AttemptRecord) -> str:
    if row.deployment:
        return row.deployment
    return "reply cache" if row.cache_hit else "nobody"
