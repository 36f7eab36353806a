"""The names of what the records hold as ids and codes."""

from collections.abc import Iterable

from django.contrib.auth import get_user_model

from chatcore.models import Organisation
from observability.figures import CHAT_SOURCES
from routing.explain import HAPPENED
from routing.models import Deployment, Intent

FROM_CACHE = "reply cache"
NOBODY = "no model could be asked"
NO_INTENT = "not decided"
NO_MEMBER = "nobody signed in"
OWN_SOURCES = {
    "smoke": "Smoke evaluation",
    "summary": "Summaries of long conversations",
    "check": "Tests of keys and probes",
}
FAILURES = {
    "content_filter": "declined by the provider's content filter",
    "context_length": "too long for every model",
    "providers_unavailable": "no model could answer",
    "invalid_request": "not accepted by the models",
    "interrupted": "broke off: a server went away",
    "busy": "too many messages were waiting",
    "internal": "a fault of our own",
}
CALL_ERRORS = HAPPENED | {
    "rate_limit": "had too many requests",
    "overloaded": "was overloaded",
    "auth": "refused its key",
    "permission": "did not permit the call",
    "quota_exhausted": "had no quota left",
    "model_not_found": "no longer knows the model",
    "endpoint_retired": "has retired the endpoint",
    "invalid_request": "did not accept the request",
    "protocol": "spoke another protocol",
    "parameter_refused": "refused a parameter",
    "": "gave no reason",
}
TRUNCATIONS = {
    "token_limit": "reached the token limit",
    "cut": "the stream was cut",
    "stopped": "stopped by the user",
    "size_cap": "reached our size cap",
    "content_filter": "cut by the content filter",
    "unknown_finish": "ended for unknown reasons",
    "unreadable_event": "a part could not be read",
}
assert not OWN_SOURCES.keys() & set(CHAT_SOURCES)


class Names:
    """Looks names up once for a whole report; what has been deleted is called by its id."""

    def __init__(self, organisation_id: int | None) -> None:
        """`organisation_id` is the report's scope: only in one of all a member is named with an organisation."""
        self._all = organisation_id is None
        self._organisations: dict[int, str] = dict(Organisation.objects.values_list("pk", "name"))
        self._models = {
            row.name: row.label for row in Deployment.objects.select_related("provider")
        }
        self._intents: dict[str, str] = dict(Intent.objects.values_list("name", "label"))
        self._people: dict[int, str] = {}

    def look_up(self, user_ids: Iterable[int | None]) -> None:
        """Read the names of the accounts that the report will speak of."""
        model = get_user_model()
        held = model.objects.filter(pk__in=[pk for pk in user_ids if pk is not None])
        self._people = {user.pk: user.get_username() for user in held}

    def organisation(self, pk: int | None) -> str:
        """An organisation's name."""
        return self._organisations.get(pk or 0) or (f"deleted ({pk})" if pk else "none")

    def member(self, user_id: int | None, organisation_id: int | None) -> str:
        """A member's account name; in a report of all with their organisation's."""
        if user_id is None:
            return NO_MEMBER
        name = self._people.get(user_id) or f"deleted account {user_id}"
        return f"{name} ({self.organisation(organisation_id)})" if self._all else name

    def model(self, deployment: str, *, cached: bool = False) -> str:
        """What people call a model; the reply cache, where it answered."""
        if not deployment:
            return FROM_CACHE if cached else NOBODY
        return self._models.get(deployment, deployment)

    def intent(self, name: str) -> str:
        """What people call an intent."""
        return self._intents.get(name) or name or NO_INTENT
