"""What staff may rely on when they edit ladders in the admin, and when two edit at once."""

import pytest
from django.urls import reverse

from routing.models import Deployment, PolicyVersion
from routing.services import policy
from tests.routing.forms import fields_of, form_of, ladder, page, rungs, save, url_of

pytestmark = pytest.mark.usefixtures("installation")


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

    def test_says_in_which_order_models_are_asked(self, boss):
        shown = page(boss.get(url_of(ladder())))

        assert "up to 6 where that is what it takes to reach a model that works" in shown
        assert "Demo models come last of all" in shown

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
