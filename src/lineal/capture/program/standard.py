"""Standard streams that are closed stay so for the program, and no file of ours may be opened in their place."""

from __future__ import annotations

import os

closed: set[int] = set()
"""The descriptors 0 to 2 that were closed when this process began."""


def hold() -> None:
    """Occupy what is closed: a database that got the number of standard output would be printed into."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            closed.add(descriptor)


def close_again() -> None:
    """Close them in a program that is about to start."""
    for descriptor in closed:
        os.close(descriptor)
