"""The authentication backend: passwords as Django checks them, permissions from people's roles."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend

from chatcore.identity.permissions import SUPERUSERS_ONLY, permissions_of
from chatcore.models import Membership, Role


class RoleBackend(ModelBackend):
    """Gives people the permissions of the roles that they hold in active organisations.

    Django's own backend caches them on the user object, which lives as long as a request, and asks
    nothing of people who are switched off.
    """

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """What somebody may do, superusers everything. Nobody holds a right to a single row (`obj`)."""
        if obj is not None or user_obj.is_anonymous or not user_obj.is_active:
            return set()
        if user_obj.is_superuser:
            return permissions_of(Role) | SUPERUSERS_ONLY
        held = Membership.objects.filter(user_id=user_obj.pk, organisation__active=True)
        return permissions_of(held.values_list("role", flat=True))

    async def aget_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The same for views that are coroutines."""
        return await sync_to_async(self.get_user_permissions)(user_obj, obj)

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None: there are no groups."""
        return set()

    async def aget_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None: there are no groups."""
        return set()
