"""The three groups of staff, and what each may do; superusers may do everything.

Whoever may edit policies must not be able to set or remove a key, and the other way round.
"""

_POLICY = ("policy", "intent", "intentrule", "ladder", "rung")
_SUPPLY = ("provider", "deployment", "price")
_KEYS = ("providerkey",)
_READ_ONLY = ("policyversion",)


def _may(verbs: str, *models: str) -> frozenset[str]:
    return frozenset(f"{verb}_{model}" for verb in verbs.split() for model in models)


ROLES = {
    "policy editors": _may("view add change delete", *_POLICY)
    | _may("view add change", "deployment")
    | _may("view add delete", "price")
    | _may("view", "provider", *_READ_ONLY),
    "key custodians": _may("view add change delete", *_KEYS)
    | _may("view add change", "provider")
    | _may("view", "deployment"),
    "auditors": _may("view", *_POLICY, *_SUPPLY, *_KEYS, *_READ_ONLY),
}
