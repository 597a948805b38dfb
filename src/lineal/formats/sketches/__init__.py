"""Sketches: small summaries of many values that merge, always in the same way."""
