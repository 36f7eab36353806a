"""The JSON of threads, turns, feedback and models, as it is sent and as it is read."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from chatcore.models import Thread, Turn
from chatcore.turns.turn_json import turn_json

LONGEST_NOTE = 2000


class StrictSerializer(serializers.Serializer[Any]):
    """Base of the bodies that are read; a field that is not known, perhaps a slip, is refused."""

    def to_internal_value(self, data: Any) -> Any:
        """The body's values. Raises ValidationError, which names unknown fields."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {str(name)[:60]: "This field is not known here." for name in unknown[:10]}
            )
        return super().to_internal_value(data)


class NewThreadSerializer(StrictSerializer):
    title = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class RenameSerializer(StrictSerializer):
    title = serializers.CharField(max_length=120)


class FeedbackSerializer(StrictSerializer):
    thumb = serializers.ChoiceField(choices=Turn.Thumb.choices)
    note = serializers.CharField(
        max_length=LONGEST_NOTE, required=False, allow_blank=True, default=""
    )


class MadeThreadSerializer(serializers.ModelSerializer[Thread]):
    class Meta:
        model = Thread
        fields = ["id", "title", "created_at"]
        read_only_fields = fields


class ThreadSerializer(serializers.ModelSerializer[Thread]):
    class Meta:
        model = Thread
        fields = ["id", "title", "created_at", "updated_at"]
        read_only_fields = fields


class ModelSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="`<provider>/<model>`, as `retry` takes it.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field named as an option


class UsageSerializer(serializers.Serializer[Any]):
    input_tokens = serializers.IntegerField(allow_null=True)
    output_tokens = serializers.IntegerField(allow_null=True)
    cost_est = serializers.CharField(allow_null=True, help_text="USD; null when no price is known.")
    truncated = serializers.BooleanField()


class CitationSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    url = serializers.CharField()
    title = serializers.CharField()


class TurnSerializer(serializers.Serializer[Turn]):
    """A prompt and its reply. The fields below are what `to_representation` gives."""

    id = serializers.UUIDField()
    client_id = serializers.UUIDField()
    prompt = serializers.CharField()
    reply = serializers.CharField()
    status = serializers.ChoiceField(choices=Turn.Status.choices)
    seq = serializers.IntegerField(help_text="How far the reply has come; opaque, rising.")
    intent = serializers.CharField()
    reason = serializers.CharField()
    finish_reason = serializers.CharField(allow_null=True)
    provider = serializers.CharField()
    model = serializers.CharField()
    label = serializers.CharField(help_text="What people call that model.")  # type: ignore[assignment]
    usage = UsageSerializer()
    truncated_reason = serializers.CharField(allow_null=True)
    usage_source = serializers.CharField()
    cost_source = serializers.CharField()
    citations = CitationSerializer(many=True)
    cache_hit = serializers.BooleanField()
    fallback_used = serializers.BooleanField()
    policy_version = serializers.IntegerField(allow_null=True)
    latency_ms = serializers.IntegerField(allow_null=True)
    time_to_first_token_ms = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(allow_null=True, help_text="Why it failed; null if it did not.")
    message = serializers.CharField(allow_null=True)
    reference = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    replaces = serializers.UUIDField(allow_null=True)
    replaced_by = serializers.UUIDField(allow_null=True)
    feedback = FeedbackSerializer(allow_null=True)

    def to_representation(self, instance: Turn) -> dict[str, Any]:
        """A turn of `Turn.objects.with_replacement()`."""
        replaced_by = getattr(instance, "replaced_by", None)
        return turn_json(instance, replaced_by=str(replaced_by) if replaced_by else None)
