"""Makes the weights of the intent detector; see docs/intents.md. Nothing of the site imports it."""
