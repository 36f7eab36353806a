"""The pages. What moves in them is the page's own work, over the API and the socket."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatcore.api import errors
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
    """500, likewise."""
    return errors.fault() if errors.is_api(request) else defaults.server_error(request)
