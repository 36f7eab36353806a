"""Refuses a policy form that was opened before somebody else published.

The form carries the number of the version it was rendered from. When another one is in force at the
save, nothing is saved, the typed edits stay, and the form says who did what meanwhile. It then
carries the new number: saving again puts the edits on top, knowingly.
"""

from typing import Any

from django import forms

from routing.models import PolicyVersion
from routing.services import policy

FIELD = "policy_version"
NAMED = 5


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # each subclass names its model
    """A form whose save publishes a policy version."""

    policy_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial[FIELD] = policy.latest_number()

    def clean(self) -> dict[str, Any]:
        """Refuse a form that was rendered from another version than the one in force."""
        cleaned = super().clean() or self.cleaned_data
        # Held until this save's transaction ends, so that no other save comes between.
        policy.hold()
        in_force = policy.latest_number()
        rendered_from = cleaned.get(FIELD) or 0
        if in_force and rendered_from != in_force:
            self.add_error(None, _what_happened(rendered_from))
            # What was typed, with the one number renewed: a posted form's data is not to be changed.
            self.data = {name: self.data[name] for name in self.data} | {
                self.add_prefix(FIELD): str(in_force)
            }
        return cleaned


def _what_happened(since: int) -> str:
    later = PolicyVersion.objects.filter(number__gt=since).select_related("author")
    missed = later.defer("content")[:NAMED]
    told = [f"{_author(row)} saved version {row.number} ({row.difference})" for row in missed]
    return (
        f"While you were editing, {'; '.join(told) or 'the policy changed'}. Nothing of yours was saved "
        "yet. Your edits are still here: check them and save again to put them on top, or reload the "
        "page to start from what is in force."
    )


def _author(version: PolicyVersion) -> str:
    return version.author.get_username() if version.author else "the installation"
