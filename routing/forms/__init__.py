"""The forms of the admin: what staff may enter, and what they are told when it cannot be used."""
