"""What advice is given from: the week's records and the routing tables as they are now."""

from collections.abc import Callable, Iterable
from functools import cached_property

import msgspec
from django.urls import reverse

from observability.figures import Rows, Span
from observability.names import Names
from observability.rollup.report import Recommendation
from routing.models import Deployment, Ladder, Price, Rung
from routing.services.snapshot_types import PriceFacts


class Evidence:
    """One week of one organisation, or of all; each table is read once, and only if it is wanted."""

    def __init__(self, span: Span, rows: Rows, organisation_id: int | None, names: Names) -> None:
        self.span = span
        self.rows = rows
        self.organisation_id = organisation_id
        self.names = names

    @cached_property
    def ladders(self) -> dict[str, list[Deployment]]:
        """Ladder name -> its models, in the order in which they are tried."""
        rungs = Rung.objects.select_related("ladder", "deployment__provider")
        held: dict[str, list[Deployment]] = {}
        for rung in rungs.order_by("ladder", "position", "id"):
            held.setdefault(rung.ladder.name, []).append(rung.deployment)
        return held

    @cached_property
    def ladder_paths(self) -> dict[str, str]:
        """Ladder name -> its page in the admin."""
        return {
            name: reverse("admin:routing_ladder_change", args=[pk])
            for name, pk in Ladder.objects.values_list("name", "pk")
        }

    @cached_property
    def prices(self) -> dict[tuple[str, str], list[PriceFacts]]:
        """(provider slug, model) -> every price row it has or will have."""
        held: dict[tuple[str, str], list[PriceFacts]] = {}
        for row in Price.objects.select_related("provider"):
            facts = msgspec.convert(row, PriceFacts, from_attributes=True)
            held.setdefault((row.provider.slug, row.model), []).append(facts)
        return held

    def ladders_with(self, deployment: Deployment) -> list[str]:
        """The names of the ladders that a model is on."""
        return [name for name, models in self.ladders.items() if deployment in models]

    def is_on_a_ladder(self, name: str) -> bool:
        """Whether a model, `<provider>/<model>`, is on any ladder."""
        return any(model.name == name for models in self.ladders.values() for model in models)


Adviser = Callable[[Evidence], Iterable[Recommendation]]


def listed(names: Iterable[str]) -> str:
    """Names as a phrase: "a, b and c"."""
    *most, last = list(names)
    return f"{', '.join(most)} and {last}" if most else last
