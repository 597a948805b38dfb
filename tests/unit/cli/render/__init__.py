"""Answers as people read them: the text itself is the expectation."""
