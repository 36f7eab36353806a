"""The forms of the policy, its intents and its ladders."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from routing.forms.stale import PolicyForm
from routing.intents import FALLBACK_INTENT, check_rule
from routing.intents import IntentRule as Rule
from routing.models import Intent, IntentRule, Ladder, Rung

if TYPE_CHECKING:  # unfold ships no types; its classes are Django's with another look
    from django.forms import Textarea as TextareaWidget
    from django.forms.models import BaseInlineFormSet

    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    from unfold.forms import PaginationInlineFormSet as InlineFormSet
    from unfold.widgets import UnfoldAdminTextareaWidget as TextareaWidget


class IntentForm(PolicyForm):
    """Form of an intent; it keeps the fallback intent switched on."""

    class Meta:
        model = Intent
        fields = ["name", "label", "description", "examples", "enabled", "position"]

    def clean_name(self) -> str:
        """Refuse a name that a ladder has already: a new intent's ladder gets the intent's name."""
        name: str = self.cleaned_data["name"]
        if Ladder.objects.filter(name=name).exists():
            raise ValidationError("A ladder of this name exists already. Choose another name.")
        return name

    def clean_enabled(self) -> bool:
        """Refuse to switch off the fallback intent, which takes the messages that no other claims."""
        enabled: bool = self.cleaned_data["enabled"]
        if self.instance.name == FALLBACK_INTENT and not enabled:
            raise ValidationError(
                "This intent takes what no other does; it cannot be switched off."
            )
        return enabled


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """Form of one rule; it asks the router itself whether the rule can be used."""

    class Meta:
        model = IntentRule
        fields = ["kind", "text", "weight"]

    def clean(self) -> dict[str, Any]:
        """Put the router's complaint about the rule beside the field that it concerns."""
        cleaned = super().clean() or self.cleaned_data
        kind, text, weight = (cleaned.get(name) for name in ("kind", "text", "weight"))
        if (
            kind
            and text
            and weight is not None
            and (problem := check_rule(Rule(kind, text, weight)))
        ):
            self.add_error("weight" if "weight" in problem else "text", problem)
        return cleaned


class SingleRuleForm(RuleForm, PolicyForm):
    """Form of a rule on a page of its own, with room for a long pattern."""

    text = forms.CharField(
        max_length=1000,
        widget=TextareaWidget(attrs={"rows": 6}),
        help_text="Case does not matter. Patterns are RE2 regular expressions, in one line.",
    )

    def clean_text(self) -> str:
        """Refuse line breaks, which would become part of the pattern."""
        text: str = self.cleaned_data["text"]
        if len(text.splitlines()) > 1:
            raise ValidationError("Write it in one line.")
        return text


class RungForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """Form of one rung; a new one has no position yet and comes last until it is dragged."""

    position = forms.IntegerField(required=False, min_value=0, max_value=32_000)

    class Meta:
        model = Rung
        fields = ["deployment", "position"]


class FixedRowsFormSet(InlineFormSet):
    """Forms of rows that somebody else may have deleted since the page was shown."""

    def clean(self) -> None:
        """Show an error where a row is gone: Django puts it on the row's hidden id, where nobody sees it."""
        super().clean()
        if any("id" in errors for errors in self.errors):
            raise ValidationError(
                "Somebody removed a row of this list meanwhile. Reload the page to start from what "
                "is in force."
            )


class RungFormSet(FixedRowsFormSet):
    """Forms of the rungs of one ladder: at least one rung, and no model twice."""

    def clean(self) -> None:
        """Refuse an empty ladder and a model that occurs twice; give new rungs their position."""
        super().clean()
        if any(self.errors):
            return
        kept = [form for form in self.forms if _is_kept(form)]
        if not kept:
            raise ValidationError("A ladder needs at least one rung.")
        deployments = [form.cleaned_data["deployment"] for form in kept]
        for form, deployment in zip(kept, deployments, strict=True):
            if deployments.count(deployment) > 1:
                form.add_error("deployment", "This model stands in the ladder twice.")
        last = max((form.cleaned_data["position"] or 0 for form in kept), default=0)
        for form in kept:
            if form.cleaned_data["position"] is None:
                last += 1
                form.instance.position = last


def _is_kept(form: Any) -> bool:
    filled = bool(form.cleaned_data.get("deployment"))
    return filled and not form.cleaned_data.get("DELETE")
