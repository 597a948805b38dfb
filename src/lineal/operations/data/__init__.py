"""Verbs of data: versions of it, its facts, its remotes, and the upkeep of what keeps it."""
