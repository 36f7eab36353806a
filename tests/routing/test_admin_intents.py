"""What staff may rely on when they edit intents in the admin."""

import pytest
from django.db import transaction
from django.urls import reverse

from routing.models import Intent, Ladder
from routing.services import policy
from tests.routing.forms import fields_of, form_of, ladder, page, rungs, save, url_of

pytestmark = pytest.mark.usefixtures("installation")


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
        with transaction.atomic():
            intent.rules.all().delete()
            for number in range(50):
                intent.rules.create(kind="keyword", text=f"word {number}", weight=1.0)
            policy.publish(author=None)
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
