"""Each door of the admin opens to the roles that the table gives what it asks for, and to no other."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.urls import resolve, reverse

from chatcore.admin.people import UserAdmin
from chatcore.models import Role
from tests.permissions.doors import ACTIONS, ADMIN, CONTENTS, INLINES, MODELS, SEARCHES
from tests.permissions.knocking import Findings, is_open, knock
from tests.permissions.site import PROMPT, Site, Visitor


class TestPagesOfModels:
    """The list, the page, the history, adding, changing and deleting; actions; rows on a page."""

    def test_open_as_the_table_says(self, furnished):
        findings = _try_models(furnished, MODELS)

        assert findings.wrong == []
        assert findings.tried > 1_000

    def test_betray_a_right_that_an_admin_class_gives_by_itself(self, furnished, monkeypatch):
        def may_delete(admin, request, obj=None):
            roles = request.user.memberships.values_list("role", flat=True)
            return request.user.is_superuser or Role.PEOPLE_MANAGER in roles

        monkeypatch.setattr(UserAdmin, "has_delete_permission", may_delete)

        assert _try_models(furnished, ["chatcore.user"]).wrong == [
            "delete chatcore.user is open to people_manager",
            "delete_selected of chatcore.user is open to people_manager",
            "delete_conversations of chatcore.user is open to people_manager",
        ]


class TestOtherAddresses:
    def test_open_as_the_table_says(self, furnished):
        findings = Findings()
        for visitor in furnished.visitors:
            for name, (method, needs) in ADMIN.items():
                address = reverse(f"admin:{name}", kwargs=_arguments(name, furnished))
                answer = knock(visitor, method, address)
                findings.expect(name, visitor, needs, opened=is_open(answer))
            for (model, field), need in SEARCHES.items():
                app, _, model_name = model.partition(".")
                query = {"app_label": app, "model_name": model_name, "field_name": field}
                answer = knock(visitor, "GET", reverse("admin:autocomplete"), query)
                findings.expect(f"search {field}", visitor, [need], opened=is_open(answer))

        assert findings.wrong == []


class TestContents:
    def test_of_a_turn_s_page_are_for_readers(self, furnished):
        findings = Findings()
        address = reverse("admin:chatcore_turn_change", args=[furnished.colleagues.pk])
        for visitor in furnished.visitors:
            shown = PROMPT in knock(visitor, "GET", f"{address}?drawn").text
            findings.expect("the text", visitor, [CONTENTS["a turn's texts"]], opened=shown)

        assert findings.wrong == []

    def test_of_a_person_s_page_offer_roles_to_those_who_may_give_them(self, furnished):
        findings = Findings()
        person = furnished.rows["chatcore.user"]
        address = reverse("admin:chatcore_user_change", args=[person.pk])
        needs = [CONTENTS["roles to give"], "chatcore.change_user"]
        for visitor in furnished.visitors:
            offered = 'value="auditor"' in knock(visitor, "GET", f"{address}?drawn").text
            findings.expect("the roles", visitor, needs, opened=offered)

        assert findings.wrong == []

    def test_of_the_sidebar_are_the_pages_that_open(self, furnished):
        findings = Findings()
        for visitor in furnished.visitors:
            index = knock(visitor, "GET", reverse("admin:index"))
            groups = index.context_data["sidebar_navigation"] if is_open(index) else []
            for link in (link for group in groups for link in group["items"]):
                needs = _needs_of(resolve(str(link["link"])).url_name or "")
                title = f"the link to {link['title']}"
                findings.expect(title, visitor, needs, opened=link["has_permission"])

        assert findings.wrong == []
        assert findings.tried > 100


def _try_models(site: Site, models: Iterable[str]) -> Findings:
    findings = Findings()
    for visitor in site.visitors:
        for model in models:
            _try_model(findings, visitor, site.rows[model])
    return findings


def _try_model(findings: Findings, visitor: Visitor, row: Model) -> None:
    model = row._meta.label_lower
    name = f"admin:{model.replace('.', '_')}"

    def knock_at(verb: str, page: str, method: str = "GET") -> Any:
        on_a_row = page not in {"changelist", "add"}
        address = reverse(f"{name}_{page}", args=[row.pk] if on_a_row else [])
        answer = knock(visitor, method, address)
        findings.expect(f"{verb} {model}", visitor, [MODELS[model][verb]], opened=is_open(answer))
        return answer

    listed, page = knock_at("view", "changelist"), knock_at("view", "change")
    knock_at("view", "history")
    knock_at("add", "add")
    knock_at("change", "change", "POST")
    knock_at("delete", "delete")
    _try_actions(findings, visitor, model, listed)
    _try_inlines(findings, visitor, model, page)


def _try_actions(findings: Findings, visitor: Visitor, model: str, listed: Any) -> None:
    """What the list offers is what Django obeys: it validates the choice against the same form."""
    form = getattr(listed, "context_data", {}).get("action_form")
    offered = {value for value, _ in form.fields["action"].choices if value} if form else set()
    known = {action: need for (where, action), need in ACTIONS.items() if where == model}
    assert offered <= set(known)
    for action, need in known.items():
        needs = [need, MODELS[model]["view"]]
        findings.expect(f"{action} of {model}", visitor, needs, opened=action in offered)


def _try_inlines(findings: Findings, visitor: Visitor, model: str, page: Any) -> None:
    for formset in getattr(page, "context_data", {}).get("inline_admin_formsets", []):
        rows = formset.opts.model._meta.label_lower
        needs = [INLINES[model, rows], MODELS[model]["change"]]
        for verb in ("add", "change", "delete"):
            opened = getattr(formset, f"has_{verb}_permission")
            findings.expect(f"{verb} {rows} on {model}", visitor, needs, opened=opened)


def _needs_of(name: str) -> Iterable[str]:
    """What the page of an address takes: one of the admin's own, or the list of a model."""
    if name in ADMIN:
        return ADMIN[name][1]
    model = name.removesuffix("_changelist").replace("_", ".", 1)
    return [MODELS[model.replace("django.celery_beat_", "django_celery_beat.")]["view"]]


def _arguments(name: str, site: Site) -> dict[str, Any]:
    """What stands in an address beside its name."""
    rollup = {"pk": site.rows["observability.weeklyrollup"].pk}
    arguments: dict[str, dict[str, Any]] = {
        "app_list": {"app_label": "chatcore"},
        "view_on_site": {"content_type_id": 1, "object_id": 1},
        "auth_user_password_change": {"id": site.rows["chatcore.user"].pk},
        "routing_providerkey_test": {"pk": site.rows["routing.providerkey"].pk},
        "routing_policyversion_revert": {"number": 1},
        "observability_rollup_picture": {**rollup, "name": "cost_per_day"},
        "observability_rollup_sheet": rollup,
        "observability_rollup_test": rollup,
        "observability_rollup_again": {**rollup, "mail": site.mail.pk},
    }
    return arguments.get(name, {})
