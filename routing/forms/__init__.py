"""The forms of the admin: they check what staff enter, and explain what cannot be used."""
