"""Mails that the site sends: queued as rows, sent by the worker, each at most once."""
