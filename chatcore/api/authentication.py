"""Finds out which member makes a request of the API, by token or session."""

from typing import Any

from rest_framework import authentication, permissions
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from chatcore.identity.members import Member, member_of_token, member_of_user
from chatcore.identity.origins import CSRF_FAILED, mismatch
from chatcore.models import User

SCHEME = "bearer"
NOT_A_MEMBER = "Your account belongs to no active organisation. Ask the staff to add you to one."


class ApiTokenAuthentication(authentication.BaseAuthentication):
    """Reads `Authorization: Bearer <token>`, which needs no CSRF token: no browser sends it by itself."""

    def authenticate(self, request: Request) -> tuple[Any, Member] | None:
        """The token's user and member; None when the header speaks of something else."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        member = member_of_token(token.strip())
        if member is None:
            raise AuthenticationFailed("This API token is unknown, expired or revoked.")
        return User(pk=member.user_id, username=member.username), member

    def authenticate_header(self, request: Request) -> str:
        """The header with which a 401 asks for a token."""
        return 'Bearer realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """Reads a browser's session; whatever changes something needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Member | None] | None:
        """The session's user, and the member that they are in the organisation they chose."""
        found = super().authenticate(request)
        if found is None:
            return None
        return found[0], member_of_user(found[0].pk, request.session)

    def enforce_csrf(self, request: Request) -> None:
        """Django's rules, with the code of the other doors. Raises PermissionDenied."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            told = mismatch(request._request) or CSRF_FAILED
            raise PermissionDenied(told, code="csrf_failed") from None


class IsMember(permissions.IsAuthenticated):
    """Lets in whoever may chat in an active organisation."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request comes from a member. Raises PermissionDenied for an account that is none."""
        if not super().has_permission(request, view):
            return False
        if not isinstance(request.auth, Member):
            raise PermissionDenied(NOT_A_MEMBER, code="not_a_member")
        return True
