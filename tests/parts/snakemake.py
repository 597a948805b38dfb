"""The real Snakemake, in an environment of its own: it asks for other versions than what else is recorded."""

from __future__ import annotations

from pathlib import Path

from tests.parts.part import INSTALLED, missing

PROGRAM = INSTALLED / "snakemake" / "bin" / "snakemake"


def snakemake() -> Path:
    """Return the command; where it is not installed, the test fails in CI and is skipped elsewhere."""
    if not PROGRAM.is_file():
        missing("Snakemake is not installed: make parts")
    return PROGRAM
