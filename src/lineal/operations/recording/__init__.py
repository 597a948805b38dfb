"""Verbs of runs: recorded by us, or told by programs; experiments, metrics, artifacts, logged models."""
