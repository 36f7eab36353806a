"""A turn as the API shows it: the fields of its last frame, with its texts."""

from typing import Any

from chatcore.models import Turn
from chatcore.replies.outcome import Outcome


def turn_json(turn: Turn, *, replaced_by: str | None = None) -> dict[str, Any]:
    """One turn; `replaced_by` is the id of the turn that took its place, if any."""
    outcome = Outcome.of(turn)
    failed = outcome.failed_fields(turn.pk) if outcome.failed else {}
    return {
        "id": str(turn.pk),
        "client_id": str(turn.client_id),
        "prompt": turn.prompt,
        "reply": turn.reply,
        "seq": turn.seq,
        **outcome.done_fields(),
        "code": failed.get("code"),
        "message": failed.get("message"),
        "reference": failed.get("reference"),
        "created_at": turn.created_at.isoformat(),
        "finished_at": turn.finished_at.isoformat() if turn.finished_at else None,
        "replaces": str(turn.replaces_id) if turn.replaces_id else None,
        "replaced_by": replaced_by,
        "feedback": {"thumb": turn.thumb, "note": turn.note} if turn.thumb else None,
    }
