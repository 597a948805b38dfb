"""Repositories as callers hold them, and how files come and go."""
