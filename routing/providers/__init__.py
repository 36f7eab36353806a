"""Speaks the protocols of the vendors and turns them into one vocabulary.

Pure: no Django, no database. The only folder that speaks to vendors.
"""
