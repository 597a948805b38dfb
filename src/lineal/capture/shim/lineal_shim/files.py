"""Tell which files the program opens, where the system lets nobody watch: Python's own ways and well-known libraries'.

Loaded at the level ``readers`` only. What a file was opened for is said in one letter: ``r`` to read, ``w`` to write,
``u`` for both; ``t`` is text, a shell's or a database's, which may name files.
"""

from __future__ import annotations

import builtins
import io
import os

from .guarding import alike, first, quietly
from .imports import after_import
from .writing import emit, gap

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TOLD_MAX = 100_000
_TEXT_MAX = 1 << 16

_PANDAS = "csv table fwf excel json parquet feather orc pickle hdf stata sas spss xml"
_POLARS = "csv parquet ipc ipc_stream ndjson json avro excel delta"

# Module -> names -> (what for, the argument's names, its position). "A.b" is the method b of the class A.
_TABLE: dict[str, dict[str, tuple[str, tuple[str, ...], int]]] = {
    "catboost": {
        "Pool.__init__": ("r", ("data",), 1),
        "CatBoost.load_model": ("r", ("fname",), 1),
        "CatBoost.save_model": ("w", ("fname",), 1),
    },
    "duckdb": {
        **dict.fromkeys(("read_csv", "read_parquet", "read_json", "from_csv_auto", "from_parquet"), ("r", (), 0)),
        **dict.fromkeys(("sql", "query", "execute", "from_query"), ("t", ("query",), 0)),
        **dict.fromkeys((f"DuckDBPyConnection.{each}" for each in ("sql", "query", "execute")), ("t", ("query",), 1)),
        "connect": ("u", ("database",), 0),
    },
    "h5py": {"File.__init__": ("u", ("name",), 1)},
    "joblib": {"load": ("r", ("filename",), 0), "dump": ("w", ("filename",), 1)},
    "lightgbm": {
        "Dataset.__init__": ("r", ("data",), 1),
        "Booster.__init__": ("r", ("model_file",), 3),
        "Booster.save_model": ("w", ("filename",), 1),
    },
    "pandas": {
        f"read_{each}": ("r", ("filepath_or_buffer", "path", "io", "path_or_buf"), 0) for each in _PANDAS.split()
    },
    "polars": {f"{how}_{each}": ("r", ("source",), 0) for each in _POLARS.split() for how in ("read", "scan")},
    "pyarrow": {
        "memory_map": ("u", ("path",), 0),
        "OSFile": ("u", ("path",), 0),
        "input_stream": ("r", ("source",), 0),
    },
    "pyarrow.csv": {
        **dict.fromkeys(("read_csv", "open_csv"), ("r", ("input_file",), 0)),
        "write_csv": ("w", ("output_file",), 1),
    },
    "pyarrow.dataset": {"dataset": ("r", ("source",), 0)},
    "pyarrow.feather": {
        **dict.fromkeys(("read_table", "read_feather"), ("r", ("source",), 0)),
        "write_feather": ("w", ("dest",), 1),
    },
    "pyarrow.json": {"read_json": ("r", ("input_file",), 0)},
    "pyarrow.orc": {"read_table": ("r", ("source",), 0)},
    "pyarrow.parquet": {
        **dict.fromkeys(("read_table", "read_pandas"), ("r", ("source",), 0)),
        **dict.fromkeys(("ParquetFile.__init__", "ParquetDataset.__init__"), ("r", ("source", "path_or_paths"), 1)),
        "write_table": ("w", ("where",), 1),
    },
    "safetensors": {"safe_open": ("r", ("filename",), 0)},
    "safetensors.numpy": {"load_file": ("r", ("filename",), 0), "save_file": ("w", ("filename",), 1)},
    "safetensors.torch": {"load_file": ("r", ("filename",), 0), "save_file": ("w", ("filename",), 1)},
    "sqlite3": {"connect": ("u", ("database",), 0)},
    "subprocess": {"Popen.__init__": ("t", ("args",), 1)},
    "torch": {
        "load": ("r", ("f",), 0),
        "from_file": ("r", ("filename",), 0),
        "save": ("w", ("f",), 1),
    },
    "xgboost": {
        "DMatrix.__init__": ("r", ("data",), 1),
        "Booster.__init__": ("r", ("model_file",), 3),
        "Booster.load_model": ("r", ("fname",), 1),
        "Booster.save_model": ("w", ("fname",), 1),
    },
}

_told: set[tuple[str, str]] = set()


def watch(_builtins: Any) -> None:
    """Tell of files from now on."""
    for owner, name, target in ((os, "rename", 1), (os, "replace", 1), (os, "link", 1), (os, "truncate", 0)):
        _also_before(owner, name, "w", ("dst", "path"), target)
    _also_before(os, "system", "t", ("command",), 0)
    opened = _Open(builtins.open, "io", "open", _purpose_of_mode)
    builtins.open = io.open = opened
    os.open = _Open(os.open, "os", "open", _purpose_of_flags)
    for module in _TABLE:
        after_import(module, "files", "watch_module")


def watch_module(module: Any) -> None:
    """Tell of what the functions of ``module`` open."""
    for name, (purpose, names, position) in _TABLE[module.__name__].items():
        owner, _, attribute = name.rpartition(".")
        holder = getattr(module, owner, None) if owner else module
        if holder is not None:
            try:
                _also_before(holder, attribute, purpose, names, position)
            except TypeError:  # a class whose methods cannot be replaced
                gap(f"files: what {module.__name__}.{name} reads is not seen at this level")


def _also_before(owner: Any, name: str, purpose: str, names: tuple[str, ...], position: int) -> None:
    """Replace ``owner.name`` by a function that first tells of the file among its arguments."""
    original = getattr(owner, name, None)
    if original is None:
        return

    def recorded(*arguments: Any, **named: Any) -> Any:
        quietly(tell, purpose, first(arguments, named, *names, at=position))
        return original(*arguments, **named)

    alike(recorded, original)
    if not isinstance(owner, type):  # pickling by reference must find it where it is now
        recorded.__module__, recorded.__qualname__ = owner.__name__, name
    setattr(owner, name, recorded)


class _Open:
    """Stands for a function that opens. A function of Python's would become a method where a class keeps it."""

    def __init__(self, original: Any, module: str, name: str, purpose: Callable[..., str]) -> None:
        alike(self, original)
        self.__module__, self.__name__, self.__qualname__ = module, name, name
        self._purpose = purpose

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        quietly(self._tell, arguments, named)
        return self.__wrapped__(*arguments, **named)  # type: ignore[attr-defined]  # alike sets it

    def _tell(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        path = _placed(first(arguments, named, "file", "path"), named.get("dir_fd"))
        # Whoever opens a directory, to sync it or for a file without a name, reads no file that is in it.
        if path is not None and not os.path.isdir(path):
            tell(self._purpose(arguments, named), path)

    def __reduce__(self) -> str:
        return self.__name__


def _placed(path: Any, folder: int | None) -> Any:
    """Return ``path`` where it lies, relative to the open directory ``folder`` if there is one; None when it is no path."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return None
    if folder is None:
        return path
    try:
        return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
    except OSError:
        return None


def _purpose_of_mode(arguments: tuple[Any, ...], named: dict[str, Any]) -> str:
    mode = first(arguments, named, "mode", at=1) or "r"
    return "u" if mode[0] == "r" and "+" in mode else "r" if mode[0] == "r" else "w"


def _purpose_of_flags(arguments: tuple[Any, ...], named: dict[str, Any]) -> str:
    flags = first(arguments, named, "flags", at=1) or 0
    if flags & (os.O_CREAT | os.O_TRUNC):
        return "w"
    return "u" if flags & (os.O_WRONLY | os.O_RDWR) else "r"


def tell(purpose: str, what: Any) -> None:
    """Tell that ``what``, a path or several of them, or text that may name some, is used for ``purpose``."""
    if purpose == "t":
        _tell_text(what)
    elif isinstance(what, (list, tuple)):
        for each in what:
            tell(purpose, each)
    elif isinstance(what, (str, bytes, os.PathLike)):
        path = os.path.abspath(os.fsdecode(what))
        if len(_told) < _TOLD_MAX and (purpose, path) not in _told:
            _told.add((purpose, path))
            emit("file", purpose=purpose, path=os.fsencode(path).hex(), stamp=_stamp(path))


def _tell_text(what: Any) -> None:
    """The program itself is the first word of a command, and no data."""
    is_list = isinstance(what, (list, tuple))
    words = " ".join([os.fsdecode(each) for each in what[1:]]) if is_list else what
    if isinstance(words, str) and words:
        place = os.fsencode(os.getcwd()).hex()
        emit("file", purpose="t", path=place, text=words[:_TEXT_MAX].encode(errors="replace").hex(), stamp=None)


def _stamp(path: str) -> list[int] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino]
