"""A site with a row of every table that has a page, and a visitor of every kind."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.admin import site as admin_site
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from chatcore.identity.permissions import PERMISSIONS
from chatcore.models import (
    ApiToken,
    Organisation,
    OutgoingMail,
    Retention,
    Role,
    ServerProcess,
    Thread,
    Turn,
    User,
)
from observability.models import (
    AttemptRecord,
    Incident,
    Recipient,
    SmokeCase,
    SmokeRun,
    SmokeSettings,
    WeeklyRollup,
)
from observability.rollup.report import dump
from routing.models import Intent, Policy, Price, Provider, ProviderKey
from tests.factories import (
    NOON,
    browser,
    make_member,
    make_thread,
    make_token,
    make_turn,
    make_user,
    route_text,
)
from tests.observability import rollup_samples
from tests.observability.records import record
from tests.observability.rollup_rows import mail as rollup_mail
from tests.permissions.doors import ANYONE, NOBODY, SIGNED_IN

ANONYMOUS, OUTSIDER, SUPERUSER = "anonymous", "outsider", "superuser"
PROMPT = "A private question"


@dataclass
class Visitor:
    """Somebody at the doors: nobody known, an account without organisation, a member, a superuser."""

    name: str
    client: Client
    user: User | None = None
    permissions: frozenset[str] = frozenset()
    """What the table gives them; a superuser's are all."""
    turn: Turn | None = None
    """Their own, in a thread of their own."""

    def may(self, *needs: str) -> bool:
        """Whether the map and the table let them in."""
        return all(self._has(need) for need in needs)

    def _has(self, need: str) -> bool:
        if need == SIGNED_IN:
            return self.user is not None
        if need in {ANYONE, NOBODY}:
            return need == ANYONE
        return self.name == SUPERUSER or need in self.permissions


@dataclass
class Site:
    """What `furnish` made."""

    visitors: list[Visitor]
    acme: Organisation
    colleagues: Turn
    """Of a member of the same organisation."""
    strangers: Turn
    """Of a member of another organisation."""
    rows: dict[str, Model] = field(default_factory=dict)
    """Model -> one row of it."""
    mail: OutgoingMail | None = None


def furnish() -> Site:
    """Make visitors in one organisation, and turns of theirs, of a colleague and of a stranger."""
    acme, globex = (Organisation.objects.create(name=name) for name in ("Acme", "Globex"))
    members = [_member(role, acme) for role in Role]
    visitors = [
        Visitor(ANONYMOUS, Client()),
        _visitor(OUTSIDER, make_user("outsider")),
        *members,
        _visitor(SUPERUSER, make_member("superuser", acme, is_superuser=True)),
    ]
    return Site(
        visitors=visitors,
        acme=acme,
        colleagues=_turn(make_member("colleague", acme)),
        strangers=_turn(make_member("stranger", globex)),
    )


def _member(role: str, acme: Organisation) -> Visitor:
    return _visitor(role, make_member(role, acme, role), PERMISSIONS[role])


def _visitor(name: str, user: User, permissions: frozenset[str] = frozenset()) -> Visitor:
    turn = _turn(user) if user.memberships.exists() else None
    return Visitor(name, browser(user), user, permissions, turn)


def _turn(owner: User) -> Turn:
    return make_turn(make_thread(owner), PROMPT, reply="An answer", route=route_text())


def add_rows(site: Site) -> None:
    """One row of every table that has a page, and nothing that hangs on it: it can be deleted."""
    provider = Provider.objects.create(slug="ours", name="Ours", wire="chat_completions")
    intent = Intent.objects.create(name="travel", label="travel")
    interval = IntervalSchedule.objects.create(every=1, period="days")
    make_token(site.colleagues.thread.owner)
    record(1)
    rollup = WeeklyRollup.objects.create(
        week_ending=NOON.date(), content=dump(rollup_samples.ordinary()), made_at=NOON
    )
    site.mail = rollup_mail(rollup, "a@acme.example", OutgoingMail.Status.FAILED)
    made: list[Model] = [
        make_user("leaver"),
        Organisation.objects.create(name="Initech"),
        ApiToken.objects.get(),
        Thread.objects.get(turns=site.colleagues),
        site.colleagues,
        Retention.objects.get_or_create(pk=1)[0],
        ServerProcess.objects.create(kind="web", started_at=NOON, seen_at=NOON),
        PeriodicTask.objects.create(name="a job", task="a.job", interval=interval),
        intent,
        intent.rules.create(text="travel"),
        Policy.objects.get(),
        provider,
        ProviderKey.objects.create(provider=provider, label="ours"),
        provider.deployments.create(model="one", label="One", context_window=4096),
        Price.objects.create(
            provider=provider,
            model="one",
            effective_from=timezone.now() + timedelta(days=1),
            input_usd=1,
            output_usd=1,
        ),
        AttemptRecord.objects.get(),
        Incident.objects.create(
            kind="model_gone", subject="ours/one", opened_at=NOON, last_seen_at=NOON
        ),
        rollup,
        Recipient.objects.create(email="a@acme.example", organisation=site.acme),
        SmokeCase.objects.create(name="ours", prompt="Hello?", intent="travel"),
        SmokeRun.objects.create(trigger="admin"),
        SmokeSettings.objects.get_or_create(pk=1)[0],
    ]
    site.rows = {row._meta.label_lower: row for row in made}
    for model in admin_site._registry:  # what `seed` has made
        site.rows.setdefault(model._meta.label_lower, model._default_manager.all()[0])
