"""Decides which model answers, and calls it; knows no thread, no user, no socket."""
