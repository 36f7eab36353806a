"""The wires: what each vendor speaks, turned into one vocabulary.

Pure: no Django, no database. The only folder that speaks to vendors.
"""
