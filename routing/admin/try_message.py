"""The page "Try a message": shows where a message would go and why, without sending it.

Past turns belong to the chat, which hands their source to `read_past_turns_from` when it starts.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from routing.admin import corrections
from routing.admin.learned_tables import why_tables
from routing.admin.score_table import score_table
from routing.forms.corrections import correction_of
from routing.forms.try_message import TryForm
from routing.models import Ladder
from routing.route import PlannedRung
from routing.services import snapshot
from routing.services.context import History
from routing.services.decide import decide
from routing.services.decision import Decision
from routing.services.health import health
from routing.services.next_rung import MOST_CALLS
from routing.services.why import why

PERMISSION = "routing.view_ladder"


class Asked(msgspec.Struct, frozen=True):
    """A prompt and what was said before it."""

    prompt: str
    history: History


PastTurns = Callable[[str, AbstractBaseUser], Asked | None]
"""A turn's id and the person who asks -> what was asked; None if there is none that they may see."""

_sources: list[PastTurns] = []


def read_past_turns_from(source: PastTurns) -> None:
    """Set where past turns are read from; the latest call counts."""
    _sources[:] = [source]


def try_message(request: HttpRequest) -> HttpResponse:
    """Show the form and, once it is filled in, the decision; `?turn=<id>` fills it with a past turn."""
    user = request.user
    if not user.is_authenticated or not user.has_perm(PERMISSION):
        raise PermissionDenied
    typed = request.POST if request.method == "POST" else request.GET
    form = TryForm(typed if "message" in typed or "turn" in typed else None)
    if not _sources:
        del form.fields["turn"]
    context = {**admin.site.each_context(request), "title": "Try a message", "form": form}
    if form.is_bound and form.is_valid() and (asked := _asked(form, user)) is not None:
        decision = decide(
            snapshot=snapshot.refresh(), health=health, prompt=asked.prompt, history=asked.history
        )
        context |= _explained(decision)
        if user.has_perm(corrections.PERMISSION):
            context["correction"] = correction_of(asked.prompt, decision.route.intent)
    return TemplateResponse(request, "admin/routing/try_message.html", context)


def _asked(form: TryForm, user: AbstractBaseUser) -> Asked | None:
    """The message that the form asks about; None, with an error on the form, if there is no such turn."""
    turn = form.cleaned_data.get("turn", "").strip()
    if not turn:
        return Asked(form.cleaned_data["message"], History())
    found = _sources[0](turn, user)
    if found is None:
        form.add_error("turn", "There is no such turn, or you may not see it.")
    return found


def _explained(decision: Decision) -> dict[str, Any]:
    """What the template shows of the decision."""
    route = decision.route
    order = decision.order()
    first = order[0].deployment if order else None
    labels = decision.snapshot.policy.intent_labels
    because = why(decision.prompt, route.intent, version=route.policy_version)
    places = {candidate.rung: place for place, candidate in enumerate(order)}
    return {
        "route": route,
        "prompt": decision.prompt,
        "ladder": Ladder.objects.filter(name=route.ladder).first(),
        "first": first,
        "turns_before": len(decision.history.turns) + decision.history.unread,
        "scores": score_table(route.scores, labels=labels),
        **why_tables(because, labels),
        "max_calls": decision.snapshot.policy.max_calls,
        "most_calls": max(decision.snapshot.policy.max_calls, MOST_CALLS),
        "rungs": {
            "headers": ["Rung", "Model", "Provider", "State"],
            "rows": [
                [str(number + 1), rung.label, rung.provider, _state(rung, places.get(number))]
                for number, rung in enumerate(route.rungs)
            ],
        },
    }


def _state(rung: PlannedRung, place: int | None) -> str:
    """When a rung would be asked, or why it is passed over. `place`: in the order of calls, from 0."""
    if place is None:
        return f"passed over: {rung.passed_over}"
    if place == 0:
        words = "would be asked first"
    elif place >= MOST_CALLS and not rung.demo:
        words = f"not reached: a message makes at most {MOST_CALLS} calls"
    else:
        words = f"would be asked as number {place + 1}, if those before it fail"
    if rung.demo:
        words += (
            ", a demo model: after all others" if place else ", a demo model: no other can serve"
        )
    return f"{words}, as the last resort: {rung.passed_over}" if rung.passed_over else words


def _urls() -> list[URLPattern]:
    return [
        path("routing/try/", admin.site.admin_view(try_message), name="routing_try"),
        path("routing/correct/", corrections.view, name=corrections.NAME),
    ]


# unfold's own hook for pages that belong to no model.
admin.site.extra_urls = _urls  # type: ignore[attr-defined]
