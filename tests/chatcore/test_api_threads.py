"""The API's threads: what members do with theirs, and that they are nobody else's."""

from datetime import timedelta

import pytest

from chatcore.models import Membership, Thread, Turn
from tests.factories import NOON, browser, make_member, make_thread, make_turn, organisation_of

JSON = "application/json"


class TestThreads:
    def test_are_made_without_a_title(self, alices):
        answer = alices.post("/api/threads/", {}, JSON)

        assert answer.status_code == 201
        assert set(answer.json()) == {"id", "title", "created_at"}

    def test_belong_to_who_made_them(self, alices, alice, acme):
        made = alices.post("/api/threads/", {"title": "Plans"}, JSON).json()

        thread = Thread.objects.get(pk=made["id"])
        assert (thread.owner, thread.organisation, thread.title) == (alice, acme, "Plans")
        assert thread.title_source == Thread.TitleSource.OWNER

    def test_are_listed_newest_first(self, alices, alice):
        for age in (3, 1, 2):
            made = make_thread(alice, title=f"{age} days old")
            Thread.objects.filter(pk=made.pk).update(updated_at=NOON - timedelta(days=age))

        listed = alices.get("/api/threads/").json()
        assert [row["title"][0] for row in listed["results"]] == ["1", "2", "3"]
        assert (listed["next"], listed["previous"]) == (None, None)

    def test_come_in_pages_that_hold_each_once(self, alices, alice):
        Thread.objects.bulk_create(
            Thread(owner=alice, organisation=organisation_of(alice)) for _ in range(120)
        )

        seen, address = [], "/api/threads/"
        while address:
            page = alices.get(address).json()
            seen += [row["id"] for row in page["results"]]
            address = page["next"]
        assert len(seen) == len(set(seen)) == 120

    def test_are_found_by_title(self, alices, thread, alice):
        make_thread(alice, title="The sea")

        found = alices.get("/api/threads/?search=SKY").json()["results"]
        assert [row["id"] for row in found] == [str(thread.pk)]

    def test_are_found_once_by_what_was_asked_in_them(self, alices, thread):
        make_turn(thread, "Where do swifts sleep?")
        make_turn(thread, "And swifts in winter?")

        found = alices.get("/api/threads/?search=swifts").json()["results"]
        assert [row["id"] for row in found] == [str(thread.pk)]

    def test_are_renamed(self, alices, thread):
        answer = alices.patch(f"/api/threads/{thread.pk}/", {"title": "Blue"}, JSON)

        thread.refresh_from_db()
        assert (answer.json()["title"], thread.title) == ("Blue", "Blue")
        assert thread.title_source == Thread.TitleSource.OWNER

    def test_are_gone_when_deleted(self, alices, thread):
        assert alices.delete(f"/api/threads/{thread.pk}/").status_code == 204

        assert alices.get(f"/api/threads/{thread.pk}/").status_code == 404
        assert alices.get("/api/threads/").json()["results"] == []

    def test_stop_what_runs_in_them_when_deleted(self, alices, thread):
        running = make_turn(thread, status=Turn.Status.RUNNING)

        alices.delete(f"/api/threads/{thread.pk}/")

        running.refresh_from_db()
        assert running.stop_asked


@pytest.mark.parametrize("who", ["bob", "carol"])
class TestOthers:
    """Bob sits beside Alice, Carol at another firm: to both, what is hers does not exist."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", "/api/threads/{thread}/"),
            ("patch", "/api/threads/{thread}/"),
            ("delete", "/api/threads/{thread}/"),
            ("get", "/api/threads/{thread}/turns/"),
            ("get", "/api/turns/{turn}/"),
            ("put", "/api/turns/{turn}/feedback/"),
            ("delete", "/api/turns/{turn}/feedback/"),
        ],
    )
    def test_get_404(self, who, method, path, thread, request):
        turn = make_turn(thread)
        other = browser(request.getfixturevalue(who))

        answer = getattr(other, method)(
            path.format(thread=thread.pk, turn=turn.pk), {"title": "x"}, content_type=JSON
        )

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_find_nothing(self, who, thread, request):
        make_turn(thread, "swifts")
        other = browser(request.getfixturevalue(who))

        assert other.get("/api/threads/?search=swifts").json()["results"] == []


class TestSomebodyOfTwoOrganisations:
    @pytest.fixture
    def dave(self, acme, globex):
        dave = make_member("dave", acme)
        Membership.objects.create(user=dave, organisation=globex)
        return dave

    def titles(self, client) -> list[str]:
        return [row["title"] for row in client.get("/api/threads/").json()["results"]]

    def test_sees_those_of_one_at_a_time(self, dave, acme, globex):
        make_thread(dave, title="at Acme", organisation=acme)
        make_thread(dave, title="at Globex", organisation=globex)
        client = browser(dave)

        first = self.titles(client)
        client.post("/organisation/", {"organisation": globex.pk})

        assert (first, self.titles(client)) == (["at Acme"], ["at Globex"])

    def test_makes_new_ones_where_they_are(self, dave, globex):
        client = browser(dave)
        client.post("/organisation/", {"organisation": globex.pk})

        made = client.post("/api/threads/", {}, JSON).json()

        assert Thread.objects.get(pk=made["id"]).organisation == globex

    def test_leaves_behind_those_of_one_that_they_left(self, dave, acme):
        make_thread(dave, organisation=acme)
        Membership.objects.filter(user=dave, organisation=acme).delete()

        assert self.titles(browser(dave)) == []
