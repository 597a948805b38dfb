"""Tests of model cards in all their forms: what is true stands there, and nobody can make it say otherwise."""
