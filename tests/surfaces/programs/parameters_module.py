"""A module of the program's own with settings."""

from dataclasses import dataclass


@dataclass(slots=True)
class OwnSettings:
    """Settings that live in a module."""

    lamp: int = 1
