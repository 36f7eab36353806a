"""Which permissions each role gives. This is the only place that says so.

A name is Django's: `<app>.<verb>_<model>`, or one of a model's own `Meta.permissions`. The admin, the
API and `tests/permissions` read this table; `manage.py check` fails where a name is no permission, and
where a permission of ours is given to no role without being named in `SUPERUSERS_ONLY`.

    >>> Role.AUDITOR in roles_with("chatcore.view_turn")
    True
"""

from collections.abc import Iterable, Mapping

from chatcore.models import Role, User
from chatcore.models.people import ENTER_ADMIN

Permissions = frozenset[str]


def _may(verbs: str, app: str, models: str) -> Permissions:
    return frozenset(f"{app}.{verb}_{model}" for verb in verbs.split() for model in models.split())


CHAT = "chatcore.chat"
READ_CONVERSATIONS = "chatcore.read_conversations"
MANAGE_MEMBERS = "chatcore.manage_members"
GIVE_ROLES = "chatcore.give_roles"
REVOKE_TOKENS = "chatcore.revoke_apitoken"

_STAFF = frozenset({CHAT, ENTER_ADMIN})
_SEE_PEOPLE = _may("view", "chatcore", "user organisation apitoken")
_SEE_TURNS = _may("view", "chatcore", "thread turn")
_SEE_POLICY = _may("view", "routing", "policy policyversion intent ladder")
_SEE_SUPPLY = _may("view", "routing", "provider deployment price")
_SEE_RECORDS = _may("view", "observability", "attemptrecord incident weeklyrollup recipient")
_SEE_SMOKE = _may("view", "observability", "smokecase smokerun smokesettings")

_READER = _STAFF | _SEE_TURNS | {READ_CONVERSATIONS}
_AUDITOR = (
    (_STAFF | _SEE_PEOPLE | _SEE_TURNS | _SEE_POLICY | _SEE_SUPPLY | _SEE_RECORDS | _SEE_SMOKE)
    | _may("view", "routing", "providerkey")
    | _may("view", "chatcore", "retention serverprocess")
)
_POLICY_EDITOR = (
    (_STAFF | _SEE_POLICY | _SEE_SUPPLY | _SEE_RECORDS | _SEE_SMOKE)
    | _may("change", "routing", "policy ladder")
    | _may("add change delete", "routing", "intent")
    | _may("add change", "routing", "deployment")
    | _may("add delete", "routing", "price")
    | _may("add change delete", "observability", "smokecase")
    | _may("change", "observability", "smokesettings")
    | _may("add", "observability", "smokerun")
)
_KEY_CUSTODIAN = (
    _STAFF
    | _may("view add change delete", "routing", "providerkey")
    | _may("view add change", "routing", "provider")
    | _may("view", "routing", "deployment")
    | _may("view", "observability", "incident")
)
_PEOPLE_MANAGER = (
    (_STAFF | _SEE_PEOPLE)
    | _may("add change", "chatcore", "user")
    | {MANAGE_MEMBERS, REVOKE_TOKENS}
)
_ADMINISTRATOR = (
    (_READER | _AUDITOR | _PEOPLE_MANAGER)
    | _may("change", "chatcore", "organisation")
    | _may("add change delete", "observability", "recipient")
    | {GIVE_ROLES}
)

PERMISSIONS: Mapping[str, Permissions] = {
    Role.MEMBER: frozenset({CHAT}),
    Role.CONVERSATION_READER: _READER,
    Role.AUDITOR: _AUDITOR,
    Role.POLICY_EDITOR: _POLICY_EDITOR,
    Role.KEY_CUSTODIAN: _KEY_CUSTODIAN,
    Role.PEOPLE_MANAGER: _PEOPLE_MANAGER,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
}
SUPERUSERS_ONLY: Permissions = (
    _may("add delete", "chatcore", "organisation")
    | _may("delete", "chatcore", "user")
    | _may("add", "chatcore", "apitoken")  # whoever makes a token for somebody becomes them
    | _may("change", "chatcore", "retention")
    | _may("delete", "routing", "provider deployment")
    | _may("change", "observability", "incidentmail delivery")
)
"""What no role gives: superusers are the operators of the whole site."""


def permissions_of(roles: Iterable[str]) -> set[str]:
    """What somebody who holds these roles may do; a role that the table does not know gives nothing."""
    return {name for role in roles for name in PERMISSIONS.get(role, frozenset())}


def roles_with(permission: str) -> list[str]:
    """The roles that give a permission."""
    return [role for role, given in PERMISSIONS.items() if permission in given]


def may_give(giver: User, role: str) -> bool:
    """Whether somebody may make others this: a plain member, or a role that gives nothing they lack."""
    return role == Role.MEMBER or giver.has_perms({GIVE_ROLES, *PERMISSIONS[role]})
