"""The forms of what the evaluation asks and checks."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from observability.models import SmokeCase, SmokeCheck
from observability.smoke.answer_checks import refused
from routing.models import Deployment, Intent

if TYPE_CHECKING:  # unfold ships no types; its widgets are Django's with another look
    from django.forms import Select as SelectWidget
else:
    from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget


class CaseForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """The form of a case: its intent, model and what it asks about are chosen among what there is."""

    intent = forms.ChoiceField(
        label="Expected intent",
        widget=SelectWidget,
        help_text=SmokeCase._meta.get_field("intent").help_text,
    )
    deployment = forms.ChoiceField(
        label="Model",
        required=False,
        widget=SelectWidget,
        help_text=SmokeCase._meta.get_field("deployment").help_text,
    )

    class Meta:
        model = SmokeCase
        fields = [
            "name",
            "position",
            "enabled",
            "prompt",
            "intent",
            "answerer",
            "deployment",
            "asks_about",
            "latency_limit_ms",
            "cost_limit_usd",
        ]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on untouched
        if "intent" in self.fields:
            intents = Intent.objects.values_list("name", "label")
            self._choose("intent", [(name, f"{label} ({name})") for name, label in intents])
        if "deployment" in self.fields:
            rows = Deployment.objects.select_related("provider")
            self._choose("deployment", [("", "–"), *((row.name, str(row)) for row in rows)])

    def _choose(self, field: str, choices: list[tuple[str, str]]) -> None:
        """Set a field's choices; what the row says stays, though it may be gone meanwhile."""
        now = getattr(self.instance, field)
        if now and now not in dict(choices):
            choices.append((now, f"{now} (no longer there)"))
        chooser = self.fields[field]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = choices

    def clean(self) -> dict[str, Any]:
        """Check the fields that depend on each other."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("answerer") == SmokeCase.Answerer.NAMED and not cleaned.get("deployment"):
            self.add_error("deployment", "Choose the model that must answer.")
        about, position = cleaned.get("asks_about"), cleaned.get("position")
        if (
            about is not None
            and position is not None
            and not _comes_before(about, self.instance, position)
        ):
            self.add_error("asks_about", "That case is not asked before this one.")
        return cleaned


def _comes_before(about: SmokeCase, case: SmokeCase, position: int) -> bool:
    """Whether a case is asked before another: by position, then by age."""
    if about.pk == case.pk:
        return False
    younger = case._state.adding or about.pk < case.pk
    return about.position < position or (about.position == position and younger)


class CheckForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """The form of one check."""

    class Meta:
        model = SmokeCheck
        fields = ["kind", "value"]

    def clean(self) -> dict[str, Any]:
        """Check the value against its kind."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind, value = cleaned.get("kind"), cleaned.get("value")
        if kind and value is not None and (why := refused(kind, value)):
            raise ValidationError({"value": why})
        return cleaned
