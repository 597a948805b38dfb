"""What a model's files would do if somebody loaded them, as it was found without loading them."""

from __future__ import annotations

from typing import Literal, get_args

from lineal.objects.canonical import Object

ScanOutcome = Literal["clean", "suspicious", "unreadable", "hostile"]
"""``suspicious``: not known to be harmless; ``unreadable``: it cannot be told; ``hostile``: no model needs it."""

SCAN_OUTCOMES: tuple[ScanOutcome, ...] = get_args(ScanOutcome)
"""From best to worst; a scan has the worst of its findings."""


class ScanFinding(Object, frozen=True):
    """One thing that is wrong with a file, or that nobody vouches for.

    ``what`` is the name, path or part; ``said`` its constant arguments or the reason; ``member`` where inside the file,
    parts of nested archives joined by ``!``; ``place`` at which byte of that. ``why`` is a sentence.
    """

    rule: str
    outcome: ScanOutcome
    file: str
    what: str
    why: str
    said: str = ""
    member: str = ""
    place: int = 0


class Scan(Object, frozen=True, tag="scan"):
    """What was found in a model's files.

    ``rules`` is the version of the rules. ``formats`` counts the files by what they are. ``pickles`` are the files that
    run whatever is in them when they are loaded. ``left_out`` findings more were found than are kept.
    """

    outcome: ScanOutcome
    rules: int
    findings: tuple[ScanFinding, ...] = ()
    formats: dict[str, int] = {}
    pickles: tuple[str, ...] = ()
    left_out: int = 0
