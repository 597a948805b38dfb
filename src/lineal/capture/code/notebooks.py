"""Notebooks that ran: which file a kernel's cells belong to, and the cells in the order they ran."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from lineal.capture.code.found import NotebookFound
from lineal.capture.code.stripping import NOTEBOOK, code_cells, stripped
from lineal.capture.files.places import shown
from lineal.capture.secrets import mask, mask_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lineal.capture.told.record import Cell

_CELLS_BYTES_MAX = 8 << 20
_NOTEBOOK_BYTES_MAX = 256 << 20


def find_notebooks(
    root: Path, cells: Sequence[Cell], paths: Iterable[Path]
) -> tuple[tuple[NotebookFound, ...], list[str]]:
    """Return the notebooks whose ``cells`` ran, and sentences about what is missing.

    Args:
        root: the top of the project; notebooks below it are named relative to it.
        cells: what ran, in the order it ran.
        paths: files that may be the notebooks, the likeliest first.
    """
    gaps: list[str] = []
    files = {each: data for each in dict.fromkeys(paths) if (data := _read(each))}
    found: list[NotebookFound] = []
    by_kernel = groupby(sorted(cells, key=lambda each: each.kernel), key=lambda each: each.kernel)
    for _, ran in by_kernel:
        one = list(ran)
        path = _file_of(one, files)
        if path is None:
            gaps.append("code: cells ran whose notebook is not known; they are kept, its file is not")
        found.append(_notebook(shown(path, root) if path else "", files[path] if path else b"", one))
        if sum(len(each.source) for each in one) > _CELLS_BYTES_MAX:
            gaps.append(f"code: only the first {_CELLS_BYTES_MAX >> 20} MiB of the cells that ran are kept")
    return tuple(sorted(found, key=lambda each: each.path)), gaps


def notebooks_in(directory: Path, words: Iterable[str]) -> list[Path]:
    """Return the notebooks that ``words`` of a command name."""
    return [directory / each for word in words for each in (word, word.partition("=")[2]) if each.endswith(NOTEBOOK)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.stat().st_size <= _NOTEBOOK_BYTES_MAX else b""
    except OSError:
        return b""


def _file_of(ran: Sequence[Cell], files: dict[Path, bytes]) -> Path | None:
    """Return the notebook that has most of the cells that ran, by id and text; None when none has any."""
    own = [each for each in ran if not each.is_injected]
    ids, texts = {each.id for each in own} - {""}, {each.source.strip() for each in own}

    def shared(data: bytes) -> int:
        return sum((name in ids) + (source in texts) for name, source in _masked_cells(data))

    # Of those that share as many cells, such as what was run and what papermill wrote, the first was named first.
    best = max(files, key=lambda each: shared(files[each]), default=None)
    return best if best is not None and shared(files[best]) else None


def _masked_cells(data: bytes) -> list[tuple[str, str]]:
    return [(name, mask(source)[0].strip()) for name, source in code_cells(data)]


def _notebook(path: str, data: bytes, ran: Sequence[Cell]) -> NotebookFound:
    """Return a notebook with a header for each cell that ran: its number, its id, and how it was run before."""
    inside = _masked_cells(data)
    texts_in_file, by_id = {source for _, source in inside}, dict(inside)
    before: dict[str, str] = {}
    texts: list[str] = []
    rerun_count = edited_count = size_bytes = 0
    for each in ran:
        source = each.source.strip()
        name = each.id or source
        is_rerun = name in before
        # Some tools run cells without telling their id; such a cell is known by its text.
        is_as_in_file = by_id[each.id] == source if each.id in by_id else source in texts_in_file
        is_other = bool(inside) and not is_as_in_file and not each.is_injected
        is_edited = before.get(name, source) != source or is_other
        rerun_count += is_rerun
        edited_count += is_edited
        before[name] = source
        marks = {"injected": each.is_injected, "rerun": is_rerun, "edited": is_edited}
        words = (each.id, *(mark for mark, holds in marks.items() if holds), each.error)
        texts.append(" ".join(("# %%", f"[{each.number}]", *filter(None, words))) + f"\n{source}\n")
        size_bytes += len(texts[-1])
        if size_bytes > _CELLS_BYTES_MAX:
            break
    return NotebookFound(
        path=path,
        stripped=mask_bytes(stripped(data))[0],
        cells="\n".join(texts).encode("utf-8", "surrogatepass"),
        run_count=len(ran),
        rerun_count=rerun_count,
        edited_count=edited_count,
    )
