"""The pages. What moves in them is the page's own work, over the API and the socket."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chatcore.api import errors
from chatcore.identity.members import CHOSEN, member_in, member_of_user, places_of


@never_cache
@require_safe
@login_required
def chat(request: HttpRequest, thread_id: UUID | None = None) -> HttpResponse:
    """The chat, open at a thread or at a new one."""
    assert request.user.is_authenticated
    member = member_of_user(request.user.pk, request.session)
    if member is None:
        return render(request, "no_organisation.html", status=403)
    context = {
        "thread_id": str(thread_id or ""),
        "member": member,
        "places": places_of(request.user.pk),
    }
    return render(request, "chat.html", context)


@require_POST
@login_required
def choose_organisation(request: HttpRequest) -> HttpResponse:
    """Chat in another of one's organisations from now on, and go to its chat."""
    assert request.user.is_authenticated
    chosen = request.POST.get("organisation", "")
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
        raise Http404
    if member_in(request.user.pk, int(chosen)) is None:
        raise Http404
    request.session[CHOSEN] = int(chosen)
    return redirect("chat")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404, as JSON for a program and as a page for a person."""
    if errors.is_api(request):
        return errors.not_found()
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500, as JSON for a program and as a page for a person."""
    return errors.fault() if errors.is_api(request) else defaults.server_error(request)
