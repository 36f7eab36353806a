"""The account is what is wrong: its money, its limits, its verification.

The words are those of public bug reports, without the names in them:
https://github.com/continuedev/continue/issues/8209, https://github.com/BerriAI/litellm/issues/2743,
https://github.com/MoonshotAI/Kimi-K2/issues/5, https://docs.litellm.ai/docs/proxy/users
"""

from routing.simulator.vendors import Vendor
from tests.chatcore.refusals.rows import SECOND, Row, moves_on, says

OPENAIS_WORDS: tuple[Vendor, ...] = ("openai", "kimi", "perplexity")
"""The vendors, and whoever copied them, that use OpenAI's codes."""


def empty(what: str, vendor: Vendor, status: int, body: str, error: str = "quota_exhausted") -> Row:
    """The key cools, staff are told, and the next message goes to the next vendor at once."""
    return moves_on(
        what,
        vendor,
        says(vendor, status, body),
        error=error,
        told="was not available",
        cools="key",
        incident="key_refused",
        next_turn=(SECOND[vendor],),
    )


UNVERIFIED = (
    '{"error":{"message":"Your organization must be verified to stream this model. Please go to: '
    "https://platform.openai.com/settings/organization/general and click on Verify Organization. "
    'If you just verified, it can take up to 15 minutes for access to propagate.",'
    '"type":"invalid_request_error","param":"stream","code":"unsupported_value"}}'
)
UNVERIFIED_404 = (
    '{"error":{"message":"Your organization must be verified to use the model `gpt-6.1-terra`. '
    "Please go to: https://platform.openai.com/settings/organization/general and click on Verify "
    'Organization.","type":"invalid_request_error","param":null,"code":"model_not_found"}}'
)
HARD_LIMIT = (
    '{"error":{"code":"billing_hard_limit_reached","message":"Billing hard limit has been reached",'
    '"param":null,"type":"invalid_request_error"}}'
)
BUDGET = (
    '{"error":{"message":"Budget has been exceeded! Current cost: 10.0135, Max budget: 10.0",'
    '"type":"budget_exceeded","param":null,"code":"400"}}'
)
NOT_ACTIVE = (
    '{"error":{"message":"Your account is not active, please check your billing details on our '
    'website.","type":"billing_not_active","param":null,"code":"billing_not_active"}}'
)
USAGE_LIMIT = (
    '{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached",'
    '"plan_type":"plus","resets_in_seconds":15240}}'
)
CREDIT = (
    '{"error":{"message":"Your credit balance is exhausted. Add credits to continue.",'
    '"type":"invalid_request_error","param":null,"code":"credit_balance_exhausted"}}'
)
SPENDING_CAP = (
    '{"error":{"code":429,"message":"Your project has exceeded its monthly spending cap. Please go '
    'to AI Studio at https://ai.studio/spend to manage your project spend cap.",'
    '"status":"RESOURCE_EXHAUSTED"}}'
)
SPENDING_CAP_LIST = f"[{SPENDING_CAP}\n]"
MONTHLY_LIMIT = (
    '{"error":{"message":"Your account org-0000<ak-0000> request reached organization monthly '
    'consumption limit, please raise the limit in the console","type":"rate_limit_reached_error"}}'
)
INACTIVE_KIMI = (
    '{"error":{"message":"Your account org-0000<ak-0000> is not active, organization <org-0000> '
    'exceeded current quota, please check your plan and billing details",'
    '"type":"exceeded_current_quota_error"}}'
)

ROWS = (
    empty("organisation not verified", "openai", 400, UNVERIFIED, "permission"),
    empty("organisation not verified, 404", "openai", 404, UNVERIFIED_404, "permission"),
    empty("organisation not verified", "perplexity", 400, UNVERIFIED, "permission"),
    *(empty("billing_hard_limit_reached", v, 400, HARD_LIMIT) for v in OPENAIS_WORDS),
    *(empty("budget exceeded", v, 400, BUDGET) for v in (*OPENAIS_WORDS, "gemini")),
    *(empty("billing_not_active", v, 429, NOT_ACTIVE) for v in OPENAIS_WORDS),
    *(empty("usage_limit_reached", v, 429, USAGE_LIMIT) for v in OPENAIS_WORDS),
    *(empty("credit_balance_exhausted", v, 429, CREDIT) for v in OPENAIS_WORDS),
    empty("credit_balance_exhausted, 400", "openai", 400, CREDIT),
    empty("spending cap", "gemini", 429, SPENDING_CAP),
    empty("spending cap, as a list", "gemini", 429, SPENDING_CAP_LIST),
    empty("monthly limit", "kimi", 429, MONTHLY_LIMIT),
    empty("account not active", "kimi", 403, INACTIVE_KIMI),
)
