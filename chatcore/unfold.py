"""How the admin is named and grouped."""

UNFOLD = {"SITE_TITLE": "Chatcore", "SITE_HEADER": "Chatcore"}
