"""Tell which objects obstore reads and writes; its own code talks to the network."""

from __future__ import annotations

from .telling import tell_object
from .wrapping import watch
from ..guarding import quietly

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_SCHEMES = {"S3Store": "s3", "GCSStore": "gs", "AzureStore": "az", "MemoryStore": "memory"}
_BUCKETS = "bucket", "container_name", "container"


def watch_obstore(obstore: Any) -> None:
    """Record the functions that read and write whole objects; the methods of stores call them."""
    for name in ("get", "get_async", "get_range", "get_range_async", "get_ranges", "get_ranges_async", "open_reader"):
        watch(obstore, name, _note_read, teller="service")
    for name in ("put", "put_async"):
        watch(obstore, name, _note_written, teller="service")


def _note_read(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    if _is_later(result, _note_read, arguments, named):
        return
    meta = getattr(result, "meta", None)
    _note("read", arguments, named, meta if isinstance(meta, dict) else {})


def _note_written(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    if _is_later(result, _note_written, arguments, named):
        return
    _note("written", arguments, named, result if isinstance(result, dict) else {})


def _is_later(result: Any, note: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Tell whether ``result`` is a future; then what comes of it is noted."""
    if not hasattr(result, "add_done_callback"):
        return False

    def done(future: Any) -> None:
        # Asking for the exception would count as having seen it.
        if not future.cancelled() and getattr(future, "_exception", None) is None:
            quietly(note, future.result(), arguments, named)

    result.add_done_callback(done)
    return True


def _note(access: str, arguments: tuple[Any, ...], named: dict[str, Any], state: dict[str, Any]) -> None:
    store, path = (*arguments, *named.values())[:2]
    kind = type(store).__name__
    config = getattr(store, "config", None) or {}
    prefix = str(getattr(store, "prefix", None) or "").strip("/")
    path = f"{prefix}/{path}" if prefix else path
    if kind == "HTTPStore":
        uri = f"{str(store.url).rstrip('/')}/{path}"
    elif kind in _SCHEMES:
        bucket = next((str(config[each]) for each in _BUCKETS if each in config), "")
        uri = f"{_SCHEMES[kind]}://{bucket}/{path}"
    else:  # a directory of this machine
        return
    endpoint = str(config.get("endpoint") or "")
    tell_object(
        uri,
        access,
        "obstore",
        version=state.get("version") or "",
        etag=state.get("e_tag") or "",
        size_bytes=state.get("size"),
        endpoint=endpoint,
    )
