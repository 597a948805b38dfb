"""Label what ``datasets.load_dataset`` loaded: each split with its columns and rows, and where its files came from."""

from __future__ import annotations

from .telling import tell_label
from ..guarding import first

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_BY = "datasets.load_dataset"
_FILES_MAX = 100


def note_dataset(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Tell of the files of every split of ``result``."""
    splits = dict(result) if isinstance(result, dict) else {str(result.split or ""): result}
    files = first(arguments, named, "data_files", at=3)
    for name, each in splits.items():
        given = files.get(name.partition("[")[0]) if isinstance(files, dict) else files
        sources = getattr(getattr(each, "info", None), "download_checksums", None) or {}
        for path in list(sources)[:_FILES_MAX]:
            given = [*(given if isinstance(given, list) else [given] if given else []), path]
        if given:
            tell_label(given, "read", _BY, "table", each, split=name)
