"""The programs behind scripts/run, test, check and lock."""
