"""Real servers for the tests, started before Django reads its settings."""
