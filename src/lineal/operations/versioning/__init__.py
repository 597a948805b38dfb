"""Verbs of models: their versions, cards, evaluations, gates and stages."""
