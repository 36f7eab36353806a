"""The form by which staff say what a message's intent is."""

from typing import TYPE_CHECKING

from django import forms

from routing.models import Intent

if TYPE_CHECKING:  # unfold ships no types; its widgets are Django's with another look
    from django.forms import Select as SelectWidget
    from django.forms import TextInput as TextWidget
else:
    from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget
    from unfold.widgets import UnfoldAdminTextInputWidget as TextWidget

MOST_CHARS = 500


class CorrectionForm(forms.Form):
    """Form for a message in one line, and the intent that it has."""

    correct_text = forms.CharField(
        label="Message",
        max_length=MOST_CHARS,
        widget=TextWidget,
        help_text="It becomes an example of the intent and stays in all versions of the policy from then on: "
        "take out names and whatever is private. Other words for the same teach as well.",
    )
    correct_intent = forms.ModelChoiceField(
        label="This is",
        queryset=Intent.objects.filter(enabled=True),
        widget=SelectWidget,
        empty_label=None,
    )

    def clean_correct_text(self) -> str:
        """Put the message into one line, as examples are kept."""
        return " ".join(str(self.cleaned_data["correct_text"]).split())


def correction_of(text: str, intent: str) -> CorrectionForm:
    """A form that holds a message and the intent that was found for it."""
    shown = " ".join(text.split())[:MOST_CHARS]
    found = Intent.objects.filter(name=intent, enabled=True).values_list("pk", flat=True).first()
    return CorrectionForm(initial={"correct_text": shown, "correct_intent": found})
