"""Tell what fsspec's filesystems read and write: every class of them, as soon as there is one."""

from __future__ import annotations

from .telling import tell_object
from .wrapping import watching

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_READERS = {"cat_file", "get_file"}
_WRITERS = {"pipe_file", "put_file"}

_NOT_ELSEWHERE = frozenset(
    "file local zip tar libarchive simplecache filecache blockcache cached dir asynclocal generic reference".split()
)
"""Files of this machine, which are seen as such, and filesystems that read from others, which tell themselves."""


def watch_filesystems(spec: Any) -> None:
    """Wrap the readers and writers that a class defines itself; ``spec`` is ``fsspec.spec``."""
    base = spec.AbstractFileSystem
    meta = type(base)
    original = meta.__init__

    def init(cls: Any, *arguments: Any, **named: Any) -> None:
        original(cls, *arguments, **named)
        _wrap(cls)

    init.__wrapped__ = original  # type: ignore[attr-defined]
    meta.__init__ = init
    _wrap(base)


def _wrap(cls: Any) -> None:
    for name in ("open", *_READERS, *_WRITERS):
        # Asynchronous filesystems define the one with the underscore, and their objects make the other of it.
        for each in (name, f"_{name}") if name != "open" else (name, "open_async"):
            original = vars(cls).get(each)
            if callable(original):
                setattr(cls, each, watching(original, _recorder(name), teller="files"))


def _recorder(name: str) -> Any:
    def record(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        filesystem = arguments[0]
        if _NOT_ELSEWHERE.intersection(_protocols(filesystem)):
            return
        path, access, facts = _argument(arguments, named, name), "read", {}
        if name == "open":
            mode = str(arguments[2] if len(arguments) > 2 else named.get("mode", "rb"))
            access = "read" if "r" in mode and "+" not in mode else "written"
            facts = _facts(result) if access == "read" else {}
        elif name in _WRITERS:
            access = "written"
        for each in path if isinstance(path, (list, tuple)) else (path,):
            by = type(filesystem).__module__.partition(".")[0]
            tell_object(filesystem.unstrip_protocol(str(each)), access, by, **facts)

    return record


def _argument(arguments: tuple[Any, ...], named: dict[str, Any], name: str) -> Any:
    # What is put comes from a file here, and goes to the second path.
    position, names = (2, ("rpath",)) if name == "put_file" else (1, ("path", "rpath"))
    if len(arguments) > position:
        return arguments[position]
    return next(named[each] for each in names if each in named)


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def _facts(file: Any) -> dict[str, Any]:
    """Return what an opened file knows already of the object; asking it would ask the network."""
    details = getattr(file, "_details", None) or getattr(file, "__dict__", {}).get("details")
    details = details if isinstance(details, dict) else {}
    size = getattr(file, "size", None)
    return {
        "version": details.get("VersionId") or getattr(file, "version_id", None) or details.get("generation") or "",
        "etag": details.get("ETag") or details.get("etag") or "",
        "size_bytes": size if isinstance(size, int) else None,
    }
