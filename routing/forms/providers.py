"""The forms of providers and their keys."""

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError

from routing.models import Provider, ProviderKey
from routing.providers.registry import WIRES
from routing.services import credentials

if TYPE_CHECKING:  # unfold ships no types; its widgets are Django's with another look
    from django.forms import PasswordInput as PasswordWidget
    from django.forms import Select as SelectWidget
else:
    from unfold.widgets import UnfoldAdminPasswordWidget as PasswordWidget
    from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """A provider, called only at addresses that may be given keys."""

    wire = forms.ChoiceField(widget=SelectWidget, help_text="The protocol this provider speaks.")

    class Meta:
        model = Provider
        fields = ["slug", "name", "wire", "base_url", "needs_key", "probe", "enabled"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on untouched
        if "wire" in self.fields:
            field = self.fields["wire"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(name, wire.label) for name, wire in WIRES.items()]

    def clean_base_url(self) -> str:
        """Only known vendors, and what the environment names."""
        address: str = self.cleaned_data["base_url"].strip().rstrip("/")
        if address and (problem := credentials.address_problem(address)):
            raise ValidationError(f"This address cannot be used: {problem}.")
        return address


class NewKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Meta names it
    """The only place where a key is ever typed. It is not part of the row and is never rendered."""

    value = forms.CharField(
        label="Key",
        widget=PasswordWidget(attrs={"autocomplete": "off"}),
        min_length=8,
        max_length=4_000,
        help_text="Sealed at once and never shown again. Paste it as the provider gave it.",
    )

    class Meta:
        model = ProviderKey
        fields = ["provider", "label", "enabled"]

    def clean_value(self) -> str:
        """A key travels in an HTTP header, which holds visible ASCII only."""
        value: str = self.cleaned_data["value"]
        if not value.isascii() or not value.isprintable() or " " in value:
            raise ValidationError("A key has no spaces, line breaks or accented letters.")
        return value
