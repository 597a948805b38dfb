"""Tell which files of Hugging Face's hub a program uses, and of which commit, also when they were here already."""

from __future__ import annotations

import os

from .telling import tell_object
from .wrapping import watch
from ..guarding import first

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_FOLDERS = {"dataset": "datasets/", "space": "spaces/"}
_SHA256_DIGITS = 64


def watch_downloads(downloads: Any) -> None:
    """Record ``hf_hub_download``, which everything else calls for a file; ``downloads`` is ``file_download``."""
    watch(downloads, "hf_hub_download", _note, teller="service")


def watch_snapshots(snapshots: Any) -> None:
    """Record ``snapshot_download``; ``snapshots`` is ``huggingface_hub._snapshot_download``."""
    watch(snapshots, "snapshot_download", _note_snapshot, teller="service")


def _note(path: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    repository, name = first(arguments, named, "repo_id"), first(arguments, named, "filename", at=1)
    if not isinstance(path, str) or not os.path.exists(path):
        return
    folder = named.get("subfolder")
    commit, state = _commit(path), os.path.basename(os.path.realpath(path)) if os.path.islink(path) else ""
    tell_object(
        f"{_root(repository, named)}/{f'{folder}/' if folder else ''}{name}",
        "read",
        "huggingface_hub",
        version=commit or str(named.get("revision") or ""),
        # The cache calls each content by its ETag, which is the digest of what is large.
        etag=state,
        digest=state if len(state) == _SHA256_DIGITS else "",
        size_bytes=os.path.getsize(path),
    )


def _note_snapshot(path: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    if isinstance(path, str):
        version = _commit(os.path.join(path, "_")) or str(named.get("revision") or "")
        tell_object(_root(first(arguments, named, "repo_id"), named), "read", "huggingface_hub", version=version)


def _root(repository: Any, named: dict[str, Any]) -> str:
    return f"hf://{_FOLDERS.get(str(named.get('repo_type')), '')}{repository}"


def _commit(path: str) -> str:
    """Return the commit that the path of a file in the cache names: …/snapshots/COMMIT/file."""
    parts = path.split(os.sep)
    return parts[parts.index("snapshots") + 1] if "snapshots" in parts[:-1] else ""
