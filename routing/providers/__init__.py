"""The wires: what each vendor speaks, turned into one vocabulary.

Pure: no Django, no database. The only folder of the house that speaks to vendors.
"""
