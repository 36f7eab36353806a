"""As whom does the evaluation come in? A member of an organisation of its own, with a token for the time it takes.

What its turns are counted under stands on the token (`smoke`), so it is the site that says so, and
no program can.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from chatcore.models import ApiToken, Membership, Organisation, Thread, User
from observability.models import SmokeRun
from observability.models.smoke import GUESTS

USERNAME = "smoke-evaluation"
SOURCE = "smoke"
OLD_TOKENS_KEPT = timedelta(days=30)
"""As long as the turns that were asked with them."""


@contextmanager
def admitted(run: SmokeRun, *, lasts: timedelta) -> Iterator[str]:
    """The text of a token that opens the site until this ends, at the longest for `lasts`."""
    text = _mint(run, lasts)
    try:
        yield text
    finally:
        see_out(run)


def see_out(run: SmokeRun) -> None:
    """Revoke the run's token and hide its conversation, which is purged like any deleted one."""
    now = timezone.now()
    tokens = ApiToken.objects.filter(source=SOURCE, name=_name(run), revoked_at=None)
    tokens.update(revoked_at=now)
    if run.thread_id:
        Thread.objects.filter(pk=run.thread_id, deleted_at=None).update(deleted_at=now)


def _mint(run: SmokeRun, lasts: timedelta) -> str:
    text, now = ApiToken.make(), timezone.now()
    with transaction.atomic():
        membership = _member()
        ApiToken.objects.filter(source=SOURCE, expires_at__lt=now - OLD_TOKENS_KEPT).delete()
        ApiToken.objects.create(
            name=_name(run),
            user=membership.user,
            organisation=membership.organisation,
            digest=ApiToken.digest_of(text),
            last_four=text[-4:],
            source=SOURCE,
            expires_at=now + lasts,
        )
    return text


def _member() -> Membership:
    """Nobody can sign in as it: its password is unusable."""
    user, new = User.objects.get_or_create(username=USERNAME)
    if new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    organisation, _ = Organisation.objects.get_or_create(name=GUESTS)
    membership, _ = Membership.objects.get_or_create(user=user, organisation=organisation)
    return membership


def _name(run: SmokeRun) -> str:
    return f"smoke evaluation {run.pk}"
