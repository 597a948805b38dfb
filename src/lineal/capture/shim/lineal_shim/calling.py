"""Who calls, and whose code it is."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any


def is_of_a_library(path: str) -> bool:
    """Tell whether a source file belongs to an installed library or to Python rather than to the program."""
    return (
        "site-packages" in path
        or "dist-packages" in path
        or path.startswith(("<frozen", os.path.dirname(os.__file__) + os.sep))
    )


def callers(skipped: int) -> Iterator[FrameType]:
    """Yield the frames that called the caller, from the inside, without the first ``skipped`` and without ours."""
    frame: Any = sys._getframe(1 + skipped)  # noqa: SLF001 the one way to know who calls
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith("lineal_shim"):
            yield frame
        frame = frame.f_back
