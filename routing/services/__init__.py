"""Which model answers, and the call itself. `route_and_call` is the door; `decide` alone is the dry run."""
