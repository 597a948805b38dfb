"""Tests of what programs tell with calls of ours."""
