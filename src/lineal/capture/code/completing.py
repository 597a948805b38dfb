"""What is known of a program's code only after its end: the modules it imported, the notebooks that ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lineal.capture.code.imported import with_imported
from lineal.capture.code.notebooks import find_notebooks, notebooks_in
from lineal.capture.code.stripping import NOTEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lineal.capture.code.found import CodeFound
    from lineal.capture.told.record import SpoolRecord


def complete_code(
    code: CodeFound,
    record: SpoolRecord,
    *,
    directory: Path,
    command: Sequence[str],
    used: Iterable[str] = (),
    started_at: int = 0,
) -> CodeFound:
    """Return ``code`` with what the program's interpreters told of it.

    Args:
        code: what was found at the start.
        record: what the interpreters told.
        directory: where the program ran.
        command: the program and its arguments.
        used: the files it read or wrote, relative to the code's root or absolute.
        started_at: when it began, in milliseconds since 1970 UTC.
    """
    if record.modules is not None:
        code = with_imported(code, record.modules, started_at=started_at)
    elif record.python:
        gap = "code: no interpreter came to its end, so modules that were imported from elsewhere are not known"
        code = msgspec.structs.replace(code, gaps=(*code.gaps, gap))
    if record.cells:
        paths = [code.root / each for each in (code.entry_point, *used) if each.endswith(NOTEBOOK)]
        found, gaps = find_notebooks(code.root, record.cells, [*paths, *notebooks_in(directory, command)])
        code = msgspec.structs.replace(code, notebooks=found, gaps=(*code.gaps, *gaps))
    return code
