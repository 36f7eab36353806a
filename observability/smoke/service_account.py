"""The evaluation's own account: a member of an organisation of its own, with a token for each run.

The source that its turns are counted under (`smoke`) stands on the token, so that no program can
claim it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from chatcore.models import ApiToken, Membership, Organisation, Thread, User
from observability.models import SmokeRun
from observability.models.smoke import SERVICE_ORGANISATION

USERNAME = "smoke-evaluation"
SOURCE = "smoke"
OLD_TOKENS_KEPT = timedelta(days=30)
"""As long as the turns that were asked with them."""


@contextmanager
def token(run: SmokeRun, *, lasts: timedelta) -> Iterator[str]:
    """Make a run's token, which is revoked when the context ends, and expires after `lasts`."""
    text = _mint(run, lasts)
    try:
        yield text
    finally:
        cleanup(run)


def cleanup(run: SmokeRun) -> None:
    """Revoke the run's token and delete its conversation, which is purged like any deleted one."""
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
    """The account and its place, made where they are missing; nobody can sign in with a password."""
    user, new = User.objects.get_or_create(username=USERNAME)
    if new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    organisation, _ = Organisation.objects.get_or_create(name=SERVICE_ORGANISATION)
    membership, _ = Membership.objects.get_or_create(user=user, organisation=organisation)
    return membership


def _name(run: SmokeRun) -> str:
    return f"smoke evaluation {run.pk}"
