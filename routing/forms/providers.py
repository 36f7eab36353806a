"""The forms of providers and their keys."""

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from routing.models import Provider, ProviderKey
from routing.pasted import NotUsable, read_address, read_key
from routing.providers.registry import WIRES
from routing.services import credentials

if TYPE_CHECKING:  # unfold ships no types; its widgets are Django's with another look
    from django.forms import PasswordInput as PasswordWidget
    from django.forms import Select as SelectWidget
else:
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordWidget
    from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget

SHORTEST_KEY = 8


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """Form of a provider; it accepts only addresses to which keys may be sent."""

    wire = forms.ChoiceField(widget=SelectWidget, help_text="The protocol this provider speaks.")

    class Meta:
        model = Provider
        fields = ["slug", "name", "wire", "base_url", "needs_key", "probe", "enabled"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on untouched
        self.notes: tuple[str, ...] = ()
        if "wire" in self.fields:
            field = self.fields["wire"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(name, wire.label) for name, wire in WIRES.items()]

    def clean_base_url(self) -> str:
        """Correct what is clearly mistyped; refuse hosts that neither a vendor nor the environment names."""
        try:
            read = read_address(self.cleaned_data["base_url"])
        except NotUsable as problem:
            raise ValidationError(f"This address cannot be used: {problem}.") from None
        if read.text and (refusal := credentials.address_problem(read.text)):
            raise ValidationError(f"This address cannot be used: {refusal}.")
        self.notes = tuple(f"Address: {note}" for note in read.notes)
        return read.text


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """Form of a key that exists: its label and its switch."""

    class Meta:
        model = ProviderKey
        fields = ["label", "enabled"]

    def clean_label(self) -> str:
        """Refuse a label that another key of the provider has; Django cannot: the form has no provider."""
        label: str = self.cleaned_data["label"]
        others = ProviderKey.objects.filter(provider=self.instance.provider_id, label=label)
        if others.exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another key of this provider has this label already.")
        return label


class NewKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """Form of a new key, the only place where one is typed; it is never part of the row or of a page."""

    value = forms.CharField(
        label="Key",
        widget=PasswordWidget(attrs={"autocomplete": "off"}),
        max_length=4_000,
        help_text="Sealed at once and never shown again. Paste it as the provider gave it.",
    )

    class Meta:
        model = ProviderKey
        fields = ["provider", "label", "enabled"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on untouched
        self.notes: tuple[str, ...] = ()

    @sensitive_variables()
    def clean_value(self) -> str:
        """The key without what was clearly pasted around it."""
        try:
            read = read_key(self.cleaned_data["value"])
        except NotUsable as problem:
            raise ValidationError(f"This key cannot be used: {problem}.") from None
        if len(read.text) < SHORTEST_KEY:
            raise ValidationError(f"A key has at least {SHORTEST_KEY} characters.")
        self.notes = tuple(f"Key: {note}" for note in read.notes)
        return read.text
