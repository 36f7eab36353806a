"""Who is sent a week's rollup: whoever is on the list when it is due, once."""

from datetime import timedelta

import pytest

from chatcore.models import Organisation
from observability.models import Recipient, SeededAddress, WeeklyRollup
from observability.rollup import recipients
from observability.rollup.report import load
from observability.tasks import sweep, weekly_rollup
from tests.observability.records import record
from tests.observability.sundays import DUE, add_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailbox")]


class TestARecipient:
    def test_of_an_organisation_is_sent_its_own_rollup(self, clock, mailbox, acme):
        globex = Organisation.objects.create(name="Globex")
        record(1, "0.25", organisation_id=acme.pk, user_id=901)
        record(1, "0.5", organisation_id=globex.pk, user_id=902)
        add_recipient("boss@acme.example", acme)
        add_recipient("ops@example.com")

        weekly_rollup()

        told = {str(mail["To"]): mail.as_string() for mail in mailbox.messages}
        assert sorted(told) == ["boss@acme.example", "ops@example.com"]
        assert "Globex" not in told["boss@acme.example"]
        rollup = WeeklyRollup.objects.get(organisation=acme)
        assert str(load(rollup.content).week.cost_usd) == "0.250000000000"
        assert str(load(WeeklyRollup.objects.get(organisation=None).content).week.cost_usd) == (
            "0.750000000000"
        )

    def test_that_is_switched_off_is_sent_nothing(self, clock, mailbox):
        record(1)
        Recipient.objects.filter(pk=add_recipient("ops@example.com").pk).update(active=False)

        weekly_rollup()

        assert mailbox.messages == []

    def test_of_an_organisation_that_is_switched_off_is_sent_nothing(self, clock, mailbox, acme):
        record(1, organisation_id=acme.pk)
        add_recipient("boss@acme.example", acme)
        Organisation.objects.update(active=False)

        weekly_rollup()

        assert mailbox.messages == []

    def test_that_came_on_the_list_later_waits_for_the_next_one(self, clock, mailbox):
        record(1)
        clock.move_to(DUE + timedelta(days=1))
        add_recipient("late@example.com", since=7.2)

        sweep()
        assert mailbox.messages == []
        clock.shift(timedelta(days=7))
        sweep()
        assert len(mailbox.messages) == 1

    @pytest.mark.parametrize(
        "edit", [{"email": "new@example.com"}, {"active": "on"}, {"organisation": ""}]
    )
    def test_that_was_changed_in_mid_week_waits_for_the_next_one(
        self, clock, mailbox, acme, edit, admin_client
    ):
        record(1)
        moved = add_recipient("old@example.com", acme if "organisation" in edit else None)
        Recipient.objects.update(active="active" not in edit)
        weekly_rollup()
        mailbox.messages.clear()
        clock.shift(timedelta(days=3))

        fields = {"email": "old@example.com", "organisation": "", "active": "on"}
        answer = admin_client.post(
            f"/admin/observability/recipient/{moved.pk}/change/", {**fields, **edit}
        )
        assert answer.status_code == 302
        sweep()
        assert mailbox.messages == []
        clock.shift(timedelta(days=7))
        sweep()
        assert len(mailbox.messages) == 1

    def test_that_was_saved_without_a_change_is_sent_what_waits(
        self, clock, mailbox, admin_client, settings
    ):
        record(1)
        same = add_recipient("ops@example.com")
        fields = {"email": "ops@example.com", "organisation": "", "active": "on"}
        admin_client.post(f"/admin/observability/recipient/{same.pk}/change/", fields)

        sweep()

        assert len(mailbox.messages) == 1

    def test_that_was_taken_off_and_put_back_is_not_sent_it_twice(self, clock, mailbox):
        record(1)
        add_recipient("ops@example.com").delete()
        add_recipient("Ops@Example.com")
        weekly_rollup()
        Recipient.objects.all().delete()
        add_recipient("ops@example.com")

        weekly_rollup()

        assert len(mailbox.messages) == 1

    def test_may_have_an_address_beyond_ascii(self, clock, mailbox):
        record(1)
        add_recipient("chef@bücher.example")

        weekly_rollup()

        assert mailbox.addresses == ["chef@xn--bcher-kva.example"]


class TestTheFirstRecipients:
    def test_come_from_the_environment(self, clock, settings):
        settings.REPORT_RECIPIENTS = ["Ops@example.com", "cto@example.com"]

        recipients.seed()
        recipients.seed()

        listed = Recipient.objects.filter(organisation=None, added_by=None)
        assert [row.email for row in listed] == ["Ops@example.com", "cto@example.com"]
        assert Recipient.objects.count() == 2

    def test_do_not_come_back_when_staff_took_them_off(self, clock, settings):
        settings.REPORT_RECIPIENTS = ["ops@example.com"]
        recipients.seed()
        Recipient.objects.all().delete()

        settings.REPORT_RECIPIENTS = ["ops@example.com", "new@example.com"]
        recipients.seed()

        assert [row.email for row in Recipient.objects.all()] == ["new@example.com"]
        assert SeededAddress.objects.count() == 2
