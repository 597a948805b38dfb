"""Files to scan, in memory."""

from __future__ import annotations

import io

from lineal.checks.scanning.scan import ScannedFile, scan
from lineal.objects.scans import Scan


def scanned(data: bytes, name: str = "model.pkl") -> Scan:
    """Return what is found in a file."""
    return scan([ScannedFile(name, lambda: io.BytesIO(data))])


def found(data: bytes, name: str = "model.pkl") -> set[str]:
    """Return the names and parts that are found in a file."""
    return {each.what for each in scanned(data, name).findings}
