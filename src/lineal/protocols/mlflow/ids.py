"""Ids as MLflow writes them: a run is 32 hexadecimal digits, which are the 128 bits of our ULID; an experiment a number."""

from __future__ import annotations

import os
import re
import time

from lineal.objects.errors import Invalid, NotFound
from lineal.objects.ulid import hexadecimal, is_ulid, ulid, ulid_of

_RUN = re.compile(r"[0-9a-f]{32}")


def new_run() -> str:
    """Return a ULID that nobody has used."""
    return ulid(time.time_ns() // 1_000_000, os.urandom(10))


def run_id(text: str) -> str:
    """Return the ULID of a run. Raises NotFound for what can be no run's id."""
    if not _RUN.fullmatch(text):
        raise NotFound(f"Run with id={text} not found", hint="a run id is 32 hexadecimal digits")
    return ulid_of(text)


def foreign_run(text: str) -> str:
    """Return the ULID of a run; what can be none of ours, because another server had it, stays as it is."""
    return ulid_of(text) if _RUN.fullmatch(text) else text


def shown_run(run: str) -> str:
    """Return how MLflow writes the id of a run, whichever server it is of."""
    return hexadecimal(run) if is_ulid(run) else run


def experiment(text: str) -> int:
    """Return the number of an experiment. Raises Invalid."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise Invalid(f"Invalid experiment ID '{text}'. Experiment ID must be a valid integer.")
    return int(text)
