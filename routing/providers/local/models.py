"""The tiny demo model."""

from routing.providers.vendor import Model

MODELS = (
    Model(
        model="smollm2-135m",
        label="SmolLM2 135M (tiny demo model)",
        # About 150 prompt tokens a second on one core: a full window takes 7 s to read.
        context_window=1_024,
        max_output_tokens=160,
        first_token_timeout_s=60,
        max_concurrency=1,
        offered=False,
        demo=True,
    ),
)
