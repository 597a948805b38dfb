"""The language of searches."""
