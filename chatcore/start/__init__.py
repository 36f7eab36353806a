"""What each program of a site looks at before it starts: is the site there, does everything answer.

Whatever stops a start is one line on standard error, and nothing is written before all of it has been
looked at.
"""
