"""How a turn ended: the form behind its row, its last frame and the API's answer."""

from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

from chatcore.models import Turn
from chatcore.replies import frames
from routing.explain import asked, explain
from routing.providers.messages import Citation
from routing.route import Attempt
from routing.services.decision import Decision
from routing.services.response_cache import CachedReply

Status = Literal["running", "complete", "stopped", "interrupted", "failed"]

MESSAGES = {
    "content_filter": "The provider's content filter declined this message.",
    "context_length": "This is too long for the models that could answer it.",
    "providers_unavailable": "No model could answer just now. Please try again in a moment.",
    "invalid_request": "The models do not accept this message as it is.",
    "interrupted": "The reply broke off. What had arrived is kept; you can retry.",
    "busy": "Too many messages are waiting in this conversation.",
    "internal": "Something went wrong on our side. It has been noted.",
}
"""Failure code -> the one sentence that people see."""
NAMES_WHO = {"providers_unavailable", "invalid_request", "context_length", "content_filter"}
"""Failures after which people are also told which providers were asked."""


class Outcome(msgspec.Struct, kw_only=True):
    """Everything that is known of a turn beside its texts."""

    status: Status = "running"
    intent: str = ""
    reason: str = ""
    finish_reason: str = ""
    provider: str = ""
    model: str = ""
    label: str = ""
    """What people call the model."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    truncated_reason: str = ""
    usage_source: str = "none"
    cost_source: str = "unknown"
    citations: list[dict[str, Any]] = []
    cache_hit: bool = False
    fallback_used: bool = False
    policy_version: int | None = None
    latency_ms: int | None = None
    time_to_first_token_ms: int | None = None
    error_code: str = ""
    asked: str = ""
    """The providers that were asked, as people call them; told when nobody answered."""

    @classmethod
    def of(cls, turn: Turn) -> "Outcome":
        """The outcome that a row holds."""
        return cls(**{name: getattr(turn, name) for name in cls.__struct_fields__})

    def fail(self, code: str) -> None:
        """Note that it ends without a whole reply."""
        self.status = "interrupted" if code == "interrupted" else "failed"
        self.error_code = code

    def note_attempt(self, attempt: Attempt, decision: Decision) -> None:
        """Note that this attempt's words are the reply now."""
        self._note_decision(decision)
        self.provider = attempt.provider
        self.model = attempt.deployment.partition("/")[2]
        self.label = _label(attempt.deployment, decision)
        self.citations = []

    def note_cached(self, cached: CachedReply, decision: Decision) -> None:
        """Note that the reply was given before: it costs nothing now."""
        self.cache_hit = True
        self._note_decision(decision)
        self.provider, self.model = cached.provider, cached.model[:120]
        self.label = _label(cached.deployment, decision)
        self.finish_reason = cached.finish_reason
        self.input_tokens, self.output_tokens = cached.input_tokens, cached.output_tokens
        self.usage_source, self.cost_source = cached.usage_source, "computed"
        self.cost_usd = Decimal(0)

    def note_citations(self, items: tuple[Citation, ...]) -> None:
        """Note the sources that the reply names."""
        self.citations = [{"n": item.n, "url": item.url, "title": item.title} for item in items]

    def note_route(self, decision: Decision) -> None:
        """Note what the whole route came to, once nothing more will happen."""
        self._note_decision(decision)
        route = decision.route
        answering = route.answering
        if self.cache_hit or answering is None:
            return
        self.provider = answering.provider
        self.label = _label(answering.deployment, decision)
        self.model = (answering.model_answered or answering.deployment.partition("/")[2])[:120]
        self.finish_reason = answering.finish_reason
        self.truncated_reason = (
            answering.truncated_reason or self.truncated_reason or _cut(answering)
        )
        self.input_tokens = answering.usage.input_tokens
        self.output_tokens = answering.usage.output_tokens
        self.usage_source = answering.usage_source
        self.cost_usd, self.cost_source = answering.cost_usd, answering.cost_source

    def _note_decision(self, decision: Decision) -> None:
        route = decision.route
        self.intent, self.policy_version = route.intent, route.policy_version
        self.fallback_used = route.fallback_used
        names = {rung.deployment: rung.provider for rung in route.rungs}
        self.reason = explain(route, names)[:300]
        self.asked = asked(route, names)[:200]

    def without_numbers(self) -> "Outcome":
        """The same end, with what a database cannot refuse."""
        return Outcome(
            status=self.status,
            intent=self.intent,
            reason=self.reason,
            finish_reason=self.finish_reason,
            truncated_reason=self.truncated_reason,
            error_code=self.error_code,
            asked=self.asked,
            policy_version=self.policy_version,
        )

    def columns(self) -> dict[str, Any]:
        """The columns of a row."""
        return msgspec.structs.asdict(self)

    @property
    def failed(self) -> bool:
        """Whether it ends with `failed` rather than `done`."""
        return self.status in {"failed", "interrupted"}

    def done_fields(self) -> dict[str, Any]:
        """The fields of a `done` frame, without turn and seq."""
        return {
            "status": self.status,
            "intent": self.intent,
            "reason": self.reason,
            "finish_reason": self.finish_reason or None,
            "provider": self.provider,
            "model": self.model,
            "label": self.label,
            "usage": {
                "input_tokens": self.input_tokens,
                "output_tokens": self.output_tokens,
                "cost_est": plain_decimal(self.cost_usd),
                "truncated": bool(self.truncated_reason),
            },
            "truncated_reason": self.truncated_reason or None,
            "usage_source": self.usage_source,
            "cost_source": self.cost_source,
            "citations": self.citations,
            "cache_hit": self.cache_hit,
            "fallback_used": self.fallback_used,
            "policy_version": self.policy_version,
            "latency_ms": self.latency_ms,
            "time_to_first_token_ms": self.time_to_first_token_ms,
        }

    def failed_fields(self, turn_id: UUID) -> dict[str, Any]:
        """The fields of a `failed` frame, without turn and seq."""
        code = self.error_code or "internal"
        return {
            "status": self.status,
            "code": code,
            "message": self._message(code),
            "reference": reference(turn_id),
        }

    def _message(self, code: str) -> str:
        sentence = MESSAGES.get(code, MESSAGES["internal"])
        if not self.asked or code not in NAMES_WHO:
            return sentence
        return f"{sentence} (Asked: {self.asked})"

    def last_frame(self, turn_id: UUID, seq: int) -> str:
        """The one frame that ends the turn."""
        if self.failed:
            return frames.encode("failed", turn=turn_id, seq=seq, **self.failed_fields(turn_id))
        return frames.encode("done", turn=turn_id, seq=seq, **self.done_fields())


def _label(deployment: str, decision: Decision) -> str:
    labels = {rung.deployment: rung.label for rung in decision.route.rungs}
    return labels.get(deployment, deployment)


def _cut(attempt: Attempt) -> str:
    return "cut" if attempt.status == "cut" else ""


def reference(turn_id: UUID) -> str:
    """What a user quotes and staff search for."""
    return turn_id.hex[:12]


def plain_decimal(value: Decimal | None) -> str | None:
    """An amount of USD without exponent or idle zeros.

    >>> plain_decimal(Decimal("0.000120")), plain_decimal(Decimal(0)), plain_decimal(None)
    ('0.00012', '0', None)
    """
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
