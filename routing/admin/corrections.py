"""Takes corrections: "this was coding help" makes a message an example of that intent, and publishes it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from routing.forms.corrections import CorrectionForm
from routing.models import Intent, PolicyVersion
from routing.services import policy

PERMISSION = "routing.change_intent"
NAME = "routing_correct"


def correct(request: HttpRequest) -> HttpResponse:
    """Add the message to the intent's examples, and go back to where it was said."""
    if not request.user.is_authenticated or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = CorrectionForm(request.POST)
    if form.is_valid():
        intent: Intent = form.cleaned_data["correct_intent"]
        with transaction.atomic():
            version = _teach(intent.pk, form.cleaned_data["correct_text"], request)
        _confirm(request, intent, version)
    else:
        for errors in form.errors.values():
            messages.error(request, f"Nothing was learned. {' '.join(map(str, errors))}")
    return HttpResponseRedirect(_back(request))


def _teach(pk: int, text: str, request: HttpRequest) -> PolicyVersion | None:
    """Publish the intent with one example more; None if it has that example already."""
    assert request.user.is_authenticated
    policy.hold()
    intent = Intent.objects.get(pk=pk)
    examples = intent.examples.splitlines()
    if text not in examples:
        intent.examples = "\n".join([*examples, text])
        intent.save(update_fields=["examples"])
    return policy.publish(author=request.user)


def _confirm(request: HttpRequest, intent: Intent, version: PolicyVersion | None) -> None:
    if version is None:
        messages.info(request, f"“{intent}” has that example already.")
        return
    words = (
        f"Published as version {version.number}: it is an example of “{intent}” now. "
        "The worker learns it in a moment; the version's page says what that changed."
    )
    messages.success(request, words)


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return reverse("admin:routing_try")


view = admin.site.admin_view(correct)
