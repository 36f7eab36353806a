"""Loosens the content security policy for the admin, and for the admin alone."""

from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

ADMIN = "/admin/"


class AdminContentSecurityPolicy(MiddlewareMixin):
    """Widens the policy on the admin's pages, and only there. It stands below csp's middleware.

    Alpine evaluates the expressions in unfold's attributes, hence 'unsafe-eval'; its `x-show` writes
    style attributes. Django's admin writes script tags without a nonce, which 'strict-dynamic'
    would refuse, so there it is our own files instead. Its scripts know no trusted types either.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Leave django-csp the changes under the names it looks for."""
        if request.path_info.startswith(ADMIN):
            response._csp_replace = {  # type: ignore[attr-defined]
                "script-src": [SELF, NONCE, UNSAFE_EVAL],
                "require-trusted-types-for": None,
                "trusted-types": None,
            }
            response._csp_update = {"style-src-attr": [UNSAFE_INLINE]}  # type: ignore[attr-defined]
        return response
