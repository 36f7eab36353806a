"""The pages. What moves in them is the page's own work, over the API and the socket."""

import sys
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template import loader
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chatcore.api import errors
from chatcore.db.errors import is_away
from chatcore.db.middleware import note_error
from chatcore.errors import RETRY_AFTER_S
from chatcore.identity.members import CHOSEN, member_in, member_of_user, places_of
from chatcore.identity.origins import CSRF_FAILED, mismatch, wrong_host


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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400; a Host header that names no host of ours is the fault of a proxy or of the settings."""
    if not isinstance(exception, DisallowedHost):
        return defaults.bad_request(request, exception)
    if errors.is_api(request):
        return errors.plain(400, "bad_host", wrong_host(request))
    return _explained(400, wrong_host(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """403 to a form that was not sent by one of our pages, or through a proxy that changes the host."""
    told = mismatch(request)
    if errors.is_api(request):
        return errors.plain(403, "csrf_failed", told or CSRF_FAILED)
    return _explained(403, told) if told else defaults.permission_denied(request, Exception())


def _explained(status: int, told: str) -> HttpResponse:
    page = loader.render_to_string("wrong_address.html", {"status": status, "told": told})
    return HttpResponse(page, status=status)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404, as JSON for a program and as a page for a person."""
    if errors.is_api(request):
        return errors.not_found()
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500, likewise; 503 while the database is away."""
    error = sys.exc_info()[1]
    if error is None or not is_away(error):
        return errors.fault() if errors.is_api(request) else defaults.server_error(request)
    response = errors.away() if errors.is_api(request) else _away_page()
    note_error(response, error)
    return response


def _away_page() -> HttpResponse:
    page = loader.render_to_string("503.html")  # without the request: it may ask who is signed in
    return HttpResponse(page, status=503, headers={"Retry-After": RETRY_AFTER_S})
