"""Verbs that take in what another system kept, and give it back."""
