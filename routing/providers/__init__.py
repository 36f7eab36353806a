"""Speaks the protocols of the vendors and turns them into one vocabulary.

Pure: no Django, no database. Nothing else in this installation sends requests to vendors.
"""
