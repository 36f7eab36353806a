"""Decides which model answers, and calls it.

`route_and_call` carries out what `decide` decided; `decide` alone is the dry run.
"""
