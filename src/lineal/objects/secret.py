"""A text that must be kept nowhere as it is."""

from __future__ import annotations

from typing import NewType

Secret = NewType("Secret", str)
"""What the journal must not hold; of an answer, what is told once."""
