"""The pages. What moves in them is the page's own work, over the API and the socket."""

import sys
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template import loader
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatcore.api import errors
from chatcore.db.errors import is_away
from chatcore.db.middleware import note_error
from chatcore.errors import RETRY_AFTER_S
from chatcore.identity.members import member_of_user


@never_cache
@require_safe
@login_required
def chat(request: HttpRequest, thread_id: UUID | None = None) -> HttpResponse:
    """The chat, open at a conversation or at a new one."""
    if request.user.pk is None or member_of_user(request.user.pk) is None:
        return render(request, "no_organisation.html", status=403)
    context = {"thread_id": str(thread_id or ""), "is_staff": request.user.is_staff}
    return render(request, "chat.html", context)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404, in the form that who asks can read."""
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
