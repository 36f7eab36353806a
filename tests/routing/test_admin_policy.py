"""What staff may rely on when they edit intents, ladders and the policy in the admin."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from routing.models import Deployment, Intent, Ladder, Policy, PolicyVersion
from routing.services import policy
from tests.routing.forms import fields_of

pytestmark = pytest.mark.usefixtures("house")


def url_of(row):
    return reverse(f"admin:routing_{row._meta.model_name}_change", args=[row.pk])


def ladder(name="coding_help"):
    return Ladder.objects.get(name=name)


def rungs(name="coding_help"):
    return [rung.deployment.label for rung in ladder(name).rungs.all()]


def form_of(browser, row):
    """The untouched form of a row, as a browser would post it."""
    return fields_of(browser.get(url_of(row)), f"{row._meta.model_name}_form")


def save(browser, row, form, **edits):
    return browser.post(url_of(row), form | edits, follow=True)


def page(response):
    return response.content.decode()


class TestLadderPage:
    def test_publishes_the_order_that_was_dragged(self, boss):
        form = form_of(boss, ladder())

        response = save(boss, ladder(), form, **{"rungs-0-position": "1", "rungs-1-position": "0"})

        assert rungs()[:2] == ["Kimi K3.1 Pro", "GPT-6.1 Terra"]
        version = PolicyVersion.objects.first()
        assert (version.number, version.author.username) == (2, "boss")
        assert version.difference == "coding_help: Kimi K3.1 Pro moved above GPT-6.1 Terra"
        assert "Published as version 2" in page(response)

    def test_makes_no_version_when_nothing_was_changed(self, boss):
        response = save(boss, ladder(), form_of(boss, ladder()))

        assert PolicyVersion.objects.count() == 1
        assert "no version was made" in page(response)

    def test_puts_an_added_rung_last(self, boss):
        form = form_of(boss, ladder())
        added = {
            "rungs-TOTAL_FORMS": "6",
            "rungs-5-deployment": str(Deployment.objects.get(model="gpt-6-luna").pk),
            "rungs-5-position": "",
        }

        save(boss, ladder(), form, **added)

        assert rungs()[-1] == "GPT-6 Luna"

    def test_removes_a_rung(self, boss):
        save(boss, ladder(), form_of(boss, ladder()), **{"rungs-0-DELETE": "on"})

        assert "GPT-6.1 Terra" not in rungs()
        assert policy.latest().difference == "coding_help: GPT-6.1 Terra removed"

    def test_refuses_a_ladder_without_rungs(self, boss):
        form = form_of(boss, ladder())
        removed = {f"rungs-{n}-DELETE": "on" for n in range(5)}

        response = save(boss, ladder(), form, **removed, cache_ttl_s="77")

        assert "A ladder needs at least one rung." in page(response)
        assert len(rungs()) == 5
        assert ladder().cache_ttl_s == 3600
        assert fields_of(response, "ladder_form")["cache_ttl_s"] == "77"

    def test_refuses_the_same_model_twice_and_says_where(self, boss):
        form = form_of(boss, ladder())

        response = save(boss, ladder(), form, **{"rungs-1-deployment": form["rungs-0-deployment"]})

        assert "This model stands in the ladder twice." in page(response)
        assert policy.latest().number == 1

    def test_can_be_neither_added_nor_deleted(self, boss):
        assert boss.get(reverse("admin:routing_ladder_add")).status_code == 403
        delete = reverse("admin:routing_ladder_delete", args=[ladder().pk])
        assert boss.post(delete, {"post": "yes"}).status_code == 403


class TestStaleForm:
    @pytest.fixture
    def stale(self, boss, make_staff):
        """Boss opened a ladder; then Eve saved another one."""
        form = form_of(boss, ladder())
        eve = make_staff("eve")
        summary = ladder("summary")
        save(eve, summary, form_of(eve, summary), cache_ttl_s="60")
        return form

    def test_is_refused_and_names_who_saved_what(self, boss, stale):
        response = save(boss, ladder(), stale, cache_ttl_s="1")

        assert "eve saved version 2 (summary: replies kept never → 60 s)" in page(response)
        assert ladder().cache_ttl_s == 3600
        assert policy.latest().number == 2

    def test_keeps_the_edits(self, boss, stale):
        response = save(boss, ladder(), stale, **{"cache_ttl_s": "1", "rungs-0-position": "9"})

        kept = fields_of(response, "ladder_form")
        assert (kept["cache_ttl_s"], kept["rungs-0-position"]) == ("1", "9")

    def test_can_be_saved_on_top_once_that_was_read(self, boss, stale):
        refused = save(boss, ladder(), stale, cache_ttl_s="1")

        save(boss, ladder(), fields_of(refused, "ladder_form"))

        assert ladder().cache_ttl_s == 1
        assert ladder("summary").cache_ttl_s == 60
        assert policy.latest().number == 3

    def test_is_refused_when_it_carries_no_version(self, boss):
        form = form_of(boss, ladder())
        del form["policy_version"]

        save(boss, ladder(), form, cache_ttl_s="1")

        assert ladder().cache_ttl_s == 3600

    def test_says_when_a_row_of_it_was_removed(self, boss, make_staff):
        form = form_of(boss, ladder())
        eve = make_staff("eve")
        save(eve, ladder(), form_of(eve, ladder()), **{"rungs-0-DELETE": "on"})

        response = save(boss, ladder(), form, cache_ttl_s="1")

        assert "eve saved version 2 (coding_help: GPT-6.1 Terra removed)" in page(response)
        assert "Somebody removed a row of this list meanwhile." in page(response)
        assert ladder().cache_ttl_s == 3600


class TestIntentPage:
    @pytest.fixture
    def new_intent(self, boss):
        url = reverse("admin:routing_intent_add")
        return fields_of(boss.get(url), "intent_form") | {"name": "law", "label": "law"}

    def test_makes_the_ladder_of_a_new_intent(self, boss, new_intent):
        boss.post(reverse("admin:routing_intent_add"), new_intent)

        assert rungs("law") == rungs("ambiguous_or_other")
        assert policy.latest().difference == "intent law added"

    def test_links_to_the_ladder(self, boss, new_intent):
        boss.post(reverse("admin:routing_intent_add"), new_intent)

        response = boss.get(url_of(Intent.objects.get(name="law")))

        assert url_of(ladder("law")) in page(response)

    def test_refuses_a_name_that_a_ladder_has(self, boss, new_intent):
        response = boss.post(reverse("admin:routing_intent_add"), new_intent | {"name": "summary"})

        assert "A ladder of this name exists already." in page(response)

    def test_publishes_an_added_rule(self, boss):
        intent = Intent.objects.get(name="social_chat")
        form = form_of(boss, intent)
        number = form["rules-TOTAL_FORMS"]
        rule = {
            "rules-TOTAL_FORMS": str(int(number) + 1),
            f"rules-{number}-kind": "pattern",
            f"rules-{number}-text": r"\bahoy\b",
            f"rules-{number}-weight": "3",
        }

        save(boss, intent, form, **rule)

        assert policy.latest().difference == "social_chat: 1 rule added"
        assert intent.rules.filter(text=r"\bahoy\b").exists()

    @pytest.mark.parametrize(
        ("text", "weight", "words"),
        [
            ("(ahoy", "3", "not valid RE2"),
            (r"(?=ahoy)", "3", "not valid RE2"),
            ("ahoy", "99", "at most 10"),
        ],
    )
    def test_refuses_a_rule_that_the_router_cannot_use(self, boss, text, weight, words):
        intent = Intent.objects.get(name="social_chat")
        form = form_of(boss, intent)

        response = save(
            boss,
            intent,
            form,
            **{"rules-0-kind": "pattern", "rules-0-text": text, "rules-0-weight": weight},
        )

        assert words in page(response)
        assert fields_of(response, "intent_form")["rules-0-text"] == text
        assert policy.latest().number == 1

    @pytest.mark.parametrize("name", sorted(["coding_help", "qa_retrieval"]))
    def test_saves_an_intent_of_many_rules_untouched(self, boss, name):
        intent = Intent.objects.get(name=name)

        response = save(boss, intent, form_of(boss, intent))

        assert response.status_code == 200
        assert "no version was made" in page(response)

    def test_saves_a_rule_of_the_second_page(self, boss):
        intent = Intent.objects.get(name="coding_help")
        second = url_of(intent) + "?rules-page=2"
        form = fields_of(boss.get(second), "intent_form")

        boss.post(second, form | {"rules-0-text": "a keyword of ours", "rules-0-kind": "keyword"})

        assert policy.latest().difference == "coding_help: rules changed"
        assert intent.rules.all()[40].text == "a keyword of ours"

    def test_never_switches_off_or_deletes_the_intent_that_takes_the_rest(self, boss):
        intent = Intent.objects.get(name="ambiguous_or_other")
        form = form_of(boss, intent)
        del form["enabled"]

        response = save(boss, intent, form)

        assert "it cannot be switched off" in page(response)
        delete = reverse("admin:routing_intent_delete", args=[intent.pk])
        assert boss.post(delete, {"post": "yes"}).status_code == 403

    def test_publishes_the_loss_of_another_intent(self, boss):
        intent = Intent.objects.get(name="social_chat")

        boss.post(reverse("admin:routing_intent_delete", args=[intent.pk]), {"post": "yes"})

        assert policy.latest().difference == "intent social_chat removed"
        assert not Ladder.objects.filter(name="social_chat").exists()


class TestPolicyPage:
    def test_is_the_one_row(self, boss):
        response = boss.get(reverse("admin:routing_policy_changelist"))

        assert response.url == reverse("admin:routing_policy_change", args=[1])

    def test_publishes_what_was_changed(self, boss):
        row = Policy.objects.get()

        save(boss, row, form_of(boss, row), max_calls="5")

        assert policy.latest().difference == "calls per message 3 → 5"

    def test_says_which_field_is_wrong(self, boss):
        row = Policy.objects.get()

        response = save(boss, row, form_of(boss, row), max_calls="50", persona="kept")

        errors = response.context["adminform"].form.errors
        assert set(errors) == {"max_calls"}
        assert fields_of(response, "policy_form")["persona"] == "kept"
        assert policy.latest().number == 1


class TestVersionPages:
    @pytest.fixture
    def changed(self, boss):
        row = Policy.objects.get()
        save(boss, row, form_of(boss, row), persona="Be brief.")

    def test_lists_who_changed_what(self, boss, changed):
        shown = page(boss.get(reverse("admin:routing_policyversion_changelist")))

        assert "persona changed" in shown
        assert "boss" in shown
        assert "shipped" in shown

    def test_shows_what_a_version_says(self, boss, changed):
        shown = page(boss.get(url_of(PolicyVersion.objects.get(number=2))))

        assert "Be brief." in shown
        assert "1. GPT-6.1 Terra" in shown

    @pytest.mark.parametrize(("number", "offered"), [(1, True), (2, False)])
    def test_offers_to_revert_to_all_but_the_one_in_force(self, boss, changed, number, offered):
        shown = page(boss.get(url_of(PolicyVersion.objects.get(number=number))))

        assert ("Revert to this version" in shown) is offered

    def test_asks_before_it_reverts(self, boss, changed):
        url = reverse("admin:routing_policyversion_revert", args=[1])

        shown = page(boss.get(url))

        assert "persona changed" in shown
        assert policy.latest().number == 2

    def test_reverts_by_post(self, boss, changed):
        shown = page(
            boss.post(reverse("admin:routing_policyversion_revert", args=[1]), follow=True)
        )

        assert "Published as version 3: Reverted to version 1 (persona changed)" in shown
        assert policy.content_of_tables().persona != "Be brief."

    def test_can_be_neither_changed_nor_deleted(self, boss):
        version = PolicyVersion.objects.get()

        assert boss.post(url_of(version), {"difference": "x"}).status_code == 403
        delete = reverse("admin:routing_policyversion_delete", args=[version.pk])
        assert boss.post(delete, {"post": "yes"}).status_code == 403


class TestRolesInTheAdmin:
    @pytest.mark.parametrize(
        ("role", "model", "status"),
        [
            ("policy editors", "ladder", 200),
            ("policy editors", "providerkey", 403),
            ("key custodians", "providerkey", 200),
            ("key custodians", "ladder", 403),
            ("auditors", "ladder", 200),
            ("auditors", "providerkey", 200),
            ("auditors", "policyversion", 200),
        ],
    )
    def test_open_their_own_pages_only(self, make_staff, role, model, status):
        browser = make_staff("sam", role)

        assert browser.get(reverse(f"admin:routing_{model}_changelist")).status_code == status

    def test_let_policy_editors_publish_and_revert(self, make_staff):
        browser = make_staff("sam", "policy editors")

        save(browser, ladder(), form_of(browser, ladder()), cache_ttl_s="1")
        browser.post(reverse("admin:routing_policyversion_revert", args=[1]))

        assert policy.latest().reverted_to == 1

    def test_let_auditors_change_nothing(self, make_staff):
        browser = make_staff("sam", "auditors")

        assert browser.get(url_of(ladder())).status_code == 200
        assert browser.post(url_of(ladder()), {"cache_ttl_s": "1"}).status_code == 403
        revert = reverse("admin:routing_policyversion_revert", args=[1])
        assert browser.post(revert).status_code == 403

    def test_keep_people_who_are_no_staff_out(self, client):
        client.force_login(User.objects.create_user("demo"))

        assert client.get(reverse("admin:routing_ladder_changelist")).status_code == 302
