"""The admin's pages of people and organisations: who belongs where, and who may say so."""

import re

import pytest
from django.core import mail
from django.test import Client

from chatcore.models import Membership, Organisation, Role, Thread, Turn, User
from tests.factories import PASSWORD, browser, make_member, make_thread, make_turn, make_user

PEOPLE = "/admin/chatcore/user/"


def page_of(user: User) -> str:
    return f"{PEOPLE}{user.pk}/change/"


def add(client: Client, organisation: Organisation, role: str = Role.MEMBER, **fields):
    return client.post(
        f"{PEOPLE}add/",
        {
            "username": "dora",
            "email": "dora@acme.example",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "0",
            "memberships-0-organisation": str(organisation.pk),
            "memberships-0-role": role,
            **fields,
        },
    )


def form_of(user: User, **fields) -> dict[str, str]:
    """The form of somebody's page, without a row for their organisations."""
    return {
        "username": user.username,
        "email": user.email,
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **fields,
    }


def row_of(membership: Membership, **fields) -> dict[str, str]:
    """The form of an organisation's page with one row, as it stands but for some fields."""
    return {
        "name": membership.organisation.name,
        "active": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk),
        "memberships-0-organisation": str(membership.organisation_id),
        "memberships-0-user": str(membership.user_id),
        "memberships-0-role": membership.role,
        **fields,
    }


def place_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


class TestPeople:
    def test_are_added_with_their_organisation_on_one_page(self, boss, acme):
        assert add(boss, acme).status_code == 302

        place = Membership.objects.get(user__username="dora")
        assert (place.organisation, place.role) == (acme, Role.MEMBER)
        assert Client().login(username="dora", password=PASSWORD)

    def test_may_be_sent_a_mail_to_set_a_first_password(self, boss, acme):
        add(boss, acme, usable_password="false", password1="", password2="")
        dora = User.objects.get(username="dora")

        boss.post(PEOPLE, {"action": "send_password_mail", "_selected_action": [dora.pk]})

        assert [sent.to for sent in mail.outbox] == [["dora@acme.example"]]
        link = re.search(r"/password/reset/\S+", str(mail.outbox[0].body))
        assert link
        assert Client().get(link[0], follow=True).status_code == 200

    def test_share_no_e_mail_address(self, boss, acme):
        make_user("ann", email="Dora@acme.example")

        assert "Somebody has this e-mail address already." in add(boss, acme).text
        assert not User.objects.filter(username="dora").exists()

    def test_may_lack_an_e_mail_address(self, boss, acme):
        make_user("ann")

        assert add(boss, acme, email="").status_code == 302

    def test_are_listed_with_their_organisations_and_roles(self, boss, acme, globex):
        dora = make_member("dora", acme, Role.AUDITOR)
        Membership.objects.create(user=dora, organisation=globex)

        assert "Acme (auditor), Globex" in boss.get(PEOPLE).text

    def test_are_listed_with_as_many_queries_for_many_as_for_few(
        self, boss, acme, alice, django_assert_max_num_queries
    ):
        for number in range(20):
            make_member(f"member {number}", acme, Role.AUDITOR)

        with django_assert_max_num_queries(12):
            boss.get(PEOPLE)

    def test_belong_to_an_organisation_once(self, boss, acme, alice):
        form = form_of(alice) | {
            "memberships-TOTAL_FORMS": "1",
            "memberships-0-user": str(alice.pk),
            "memberships-0-organisation": str(acme.pk),
            "memberships-0-role": Role.AUDITOR,
        }

        assert "belongs to this organisation already" in boss.post(page_of(alice), form).text
        assert place_of(alice).role == Role.MEMBER


class TestPeopleManagers:
    @pytest.fixture
    def manager(self, make_staff) -> Client:
        return make_staff(Role.PEOPLE_MANAGER)

    def test_add_members(self, manager, acme):
        assert add(manager, acme).status_code == 302

    @pytest.mark.parametrize("role", set(Role) - {Role.MEMBER})
    def test_add_nobody_with_a_role(self, manager, acme, role):
        assert "is not one of the available choices" in add(manager, acme, role).text
        assert not User.objects.filter(username="dora").exists()

    def test_make_nobody_a_superuser(self, manager, alice):
        assert manager.post(page_of(alice), form_of(alice, is_superuser="on")).status_code == 302

        alice.refresh_from_db()
        assert not alice.is_superuser

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.PEOPLE_MANAGER])
    def test_give_staff_no_new_password(self, manager, acme, role):
        colleague = make_member("eve", acme, role)

        assert manager.get(f"{PEOPLE}{colleague.pk}/password/").status_code == 403
        assert manager.post(page_of(colleague), form_of(colleague)).status_code == 403

    def test_give_superusers_no_new_password(self, manager, staff):
        assert manager.get(f"{PEOPLE}{staff.pk}/password/").status_code == 403

    def test_do_not_touch_staff_whose_organisation_is_switched_off(self, manager, globex):
        colleague = make_member("eve", globex, Role.AUDITOR)
        Organisation.objects.filter(pk=globex.pk).update(active=False)

        assert manager.get(f"{PEOPLE}{colleague.pk}/password/").status_code == 403


class TestAdministrators:
    @pytest.fixture
    def administrator(self, make_staff) -> Client:
        return make_staff(Role.ADMINISTRATOR)

    def page(self, membership: Membership) -> str:
        return f"/admin/chatcore/organisation/{membership.organisation_id}/change/"

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
    def test_give_roles_whose_rights_they_have(self, administrator, alice, role):
        place = place_of(alice)

        administrator.post(self.page(place), row_of(place, **{"memberships-0-role": role}))

        assert place_of(alice).role == role

    @pytest.mark.parametrize("role", [Role.POLICY_EDITOR, Role.KEY_CUSTODIAN])
    def test_give_no_rights_that_they_lack(self, administrator, alice, role):
        place = place_of(alice)

        administrator.post(self.page(place), row_of(place, **{"memberships-0-role": role}))

        assert place_of(alice).role == Role.MEMBER

    def test_take_any_role_away(self, administrator, acme):
        place = place_of(make_member("kay", acme, Role.KEY_CUSTODIAN))

        form = row_of(place, **{"memberships-0-role": Role.MEMBER})
        administrator.post(self.page(place), form)

        assert Membership.objects.get(pk=place.pk).role == Role.MEMBER

    def test_hand_no_role_on_to_another_person(self, administrator, acme, alice):
        place = place_of(make_member("kay", acme, Role.KEY_CUSTODIAN))
        place_of(alice).delete()

        form = row_of(place, **{"memberships-0-user": str(alice.pk)})
        administrator.post(self.page(place), form)

        assert not Membership.objects.filter(user=alice).exists()


class TestDeletingPeople:
    def delete(self, client: Client, user: User):
        return client.post(f"{PEOPLE}{user.pk}/delete/", {"post": "yes"})

    def test_takes_their_memberships_and_tokens_with_them(self, boss, alice):
        assert self.delete(boss, alice).status_code == 302

        assert not Membership.objects.filter(user=alice.pk).exists()

    def test_waits_until_their_conversations_are_gone(self, boss, alice):
        make_turn(make_thread(alice))

        self.delete(boss, alice)

        assert User.objects.filter(pk=alice.pk).exists()
        assert Turn.objects.exists()

    def test_begins_with_their_conversations(self, boss, alice, bob):
        running = make_turn(make_thread(alice), status=Turn.Status.RUNNING)
        kept = make_thread(bob)

        boss.post(PEOPLE, {"action": "delete_conversations", "_selected_action": [alice.pk]})

        running.refresh_from_db()
        assert running.stop_asked
        assert list(Thread.objects.filter(deleted_at=None)) == [kept]


class TestOrganisations:
    def test_are_not_deleted_with_what_was_said_in_them(self, boss, alice, acme):
        make_thread(alice)

        boss.post(f"/admin/chatcore/organisation/{acme.pk}/delete/", {"post": "yes"})

        assert Organisation.objects.filter(pk=acme.pk).exists()

    def test_that_are_switched_off_give_no_rights(self, acme):
        auditor = browser(make_member("sue", acme, Role.AUDITOR))
        Organisation.objects.update(active=False)

        assert auditor.get("/admin/").status_code == 302
