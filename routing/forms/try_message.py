"""The form of the page "Try a message"."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

if TYPE_CHECKING:  # unfold ships no types; its widgets are Django's with another look
    from django.forms import Textarea as TextareaWidget
    from django.forms import TextInput as TextWidget
else:
    from unfold.widgets import UnfoldAdminTextareaWidget as TextareaWidget
    from unfold.widgets import UnfoldAdminTextInputWidget as TextWidget


class TryForm(forms.Form):
    """Form for either a new message, or a past turn with all that was said before it."""

    message = forms.CharField(
        required=False,
        max_length=50_000,
        widget=TextareaWidget(attrs={"rows": 4}),
        help_text="Read as the first message of a conversation.",
    )
    turn = forms.CharField(
        required=False,
        max_length=36,
        label="Or a past turn",
        widget=TextWidget,
        help_text="The id of a turn. Its prompt is tried after the same earlier messages as then.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a form with neither a message nor a turn."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("message", "").strip() and not cleaned.get("turn", "").strip():
            raise ValidationError("Type a message, or give the id of a past turn.")
        return cleaned
