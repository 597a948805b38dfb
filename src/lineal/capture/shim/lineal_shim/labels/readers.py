"""The readers and writers of well-known libraries: a line each, with where the path and the value are."""

from __future__ import annotations

import os

from .telling import spared, tell_label
from ..guarding import alike, also, first, quietly
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_POLARS = "csv parquet ipc ndjson"
_READERS: dict[str, tuple[str, str]] = {
    "pandas": (
        "table",
        "read_csv read_table read_fwf read_parquet read_feather read_excel read_json read_pickle read_hdf read_orc"
        " read_stata read_sas read_spss read_xml",
    ),
    "polars": (
        "table",
        " ".join(f"read_{each} scan_{each}" for each in _POLARS.split())
        + " read_json read_excel read_avro read_delta scan_delta scan_iceberg",
    ),
    "pyarrow.csv": ("table", "read_csv open_csv"),
    "pyarrow.json": ("table", "read_json"),
    "pyarrow.parquet": ("table", "read_table"),
    "pyarrow.feather": ("table", "read_table read_feather"),
    "pyarrow.orc": ("table", "read_table"),
    "pyarrow.dataset": ("table", "dataset"),
    "duckdb": ("table", "read_csv read_parquet read_json from_csv_auto from_parquet"),
    "numpy": ("array", "load loadtxt genfromtxt fromfile memmap"),
    "scipy.io": ("arrays", "loadmat"),
    "scipy.sparse": ("array", "load_npz"),
    "safetensors.numpy": ("tensors", "load_file"),
    "safetensors.torch": ("tensors", "load_file"),
    "torch.serialization": ("tensors", "load"),
    "joblib": ("object", "load"),
    "pickle": ("object", "load"),
    "PIL.Image": ("image", "open"),
    "sklearn.datasets": ("table", "load_svmlight_file"),
}
"""Functions whose first argument is a path, or a file, and whose result is what was in it."""

_WRITERS: dict[str, tuple[str, dict[str, tuple[int, int]]]] = {
    "pyarrow.csv": ("table", {"write_csv": (1, 0)}),
    "pyarrow.parquet": ("table", {"write_table": (1, 0), "write_to_dataset": (1, 0)}),
    "pyarrow.feather": ("table", {"write_feather": (1, 0)}),
    "pyarrow.dataset": ("table", {"write_dataset": (1, 0)}),
    "numpy": ("array", {"save": (0, 1), "savetxt": (0, 1), "savez": (0, 1), "savez_compressed": (0, 1)}),
    "scipy.io": ("arrays", {"savemat": (0, 1)}),
    "scipy.sparse": ("array", {"save_npz": (0, 1)}),
    "safetensors.numpy": ("tensors", {"save_file": (1, 0)}),
    "safetensors.torch": ("tensors", {"save_file": (1, 0)}),
    "torch.serialization": ("tensors", {"save": (1, 0)}),
    "joblib": ("object", {"dump": (1, 0)}),
    "pickle": ("object", {"dump": (1, 0)}),
}
"""Functions that write, with the positions of the path and of the value."""

_METHODS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "pandas": (
        ("DataFrame", "table", "to_csv to_parquet to_feather to_excel to_json to_pickle to_hdf to_orc to_stata to_xml"),
    ),
    "polars": (
        ("DataFrame", "table", "write_csv write_parquet write_ipc write_json write_ndjson write_excel write_avro"),
        ("LazyFrame", "table", "sink_csv sink_parquet sink_ipc sink_ndjson"),
    ),
    "PIL.Image": (("Image", "image", "save"),),
}
"""Methods that write their object to the path that is their first argument."""

_MAKERS = {"xgboost.core": "DMatrix", "lightgbm.basic": "Dataset", "catboost.core": "Pool"}
"""Classes that are made of a path, or of something else."""

_PATH_NAMES = (
    "path", "file", "filename", "fname", "source", "where", "dest", "fp", "f", "io", "data", "filepath_or_buffer",
    "path_or_buf", "path_or_buffer", "filepath", "input_file", "output_file", "base_dir", "root_path", "file_name",
    "path_or_file_like", "excel_writer", "workbook", "file_path",
)  # fmt: skip
_VALUE_NAMES = "table", "data", "arr", "X", "mdict", "matrix", "tensors", "tensor_dict", "obj", "value", "df"


def watch_library(module: Any) -> None:
    """Label what the readers and writers of ``module`` read and write."""
    name = module.__name__
    kind, functions = _READERS.get(name, ("", ""))
    for each in functions.split():
        if not isinstance(getattr(module, each, None), type):
            by = f"{_shown(name)}.{each}"
            also(module, each, _reading(by, kind), is_spared=spared("read", by))
    kind, writers = _WRITERS.get(name, ("", {}))
    for each, (at, value_at) in writers.items():
        also(module, each, _writing(f"{_shown(name)}.{each}", kind, at, value_at))
    for owner, kind, methods in _METHODS.get(name, ()):
        for each in methods.split():
            _method(getattr(module, owner), each, _writing(f"{_shown(name)}.{owner}.{each}", kind, 1, 0))
    if name in _MAKERS:
        made = _MAKERS[name]
        _method(getattr(module, made), "__init__", _making(f"{_shown(name)}.{made}"))
    if name in _SPECIAL:
        _SPECIAL[name](module)


def _shown(module: str) -> str:
    """Return the name of a module as people write it."""
    return {"torch.serialization": "torch", "xgboost.core": "xgboost", "lightgbm.basic": "lightgbm"}.get(
        module, module.removesuffix(".core")
    )


def _method(owner: Any, name: str, record: Any) -> None:
    """Replace a method where it is defined, be it in a class that ``owner`` inherits."""
    owner = next((each for each in owner.__mro__ if name in vars(each)), owner)
    if name not in vars(owner):
        return
    original = vars(owner)[name]

    def recorded(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        quietly(record, result, arguments, named)
        return result

    setattr(owner, name, alike(recorded, original))


def _reading(by: str, kind: str) -> Any:
    def record_read(result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        tell_label(first(arguments, named, *_PATH_NAMES), "read", by, kind, result)

    return record_read


def _writing(by: str, kind: str, at: int, value_at: int) -> Any:
    def record_written(_result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        value = first(arguments, named, *_VALUE_NAMES, at=value_at)
        if by.startswith("numpy.savez"):
            value = {**{f"arr_{index}": each for index, each in enumerate(arguments[1:])}, **named}
        tell_label(first(arguments, named, *_PATH_NAMES, at=at), "written", by, kind, value)

    return record_written


def _making(by: str) -> Any:
    def record_made(_result: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        made, data = arguments[0], first(arguments, named, "data", at=1)
        if isinstance(data, (str, os.PathLike)):
            is_built = hasattr(made, "num_row") and not by.startswith("lightgbm")
            facts = {"shape": [made.num_row(), made.num_col()], "row_count": made.num_row()} if is_built else {}
            path = os.fspath(data).partition("?")[0].partition("://")
            tell_label(path[2] or path[0], "read", by, "table", None, facts)

    return record_made


def _watch_hdf(module: Any) -> None:
    """Label files of HDF5: at their opening when they are read, at their closing when they are written."""
    from .hdf import label_of

    def opened(_result: Any, arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
        # The library makes such objects of its own, of a file that is open.
        if isinstance(arguments[1], (str, bytes, os.PathLike)) and arguments[0].mode == "r":
            tell_label(arguments[0].filename, "read", "h5py.File", "arrays", None, label_of(arguments[0], module))

    _method(module.File, "__init__", opened)
    original = module.File.close

    def close(self: Any) -> Any:
        quietly(_note_closing, self, module)
        return original(self)

    module.File.close = alike(close, original)


def _note_closing(file: Any, module: Any) -> None:
    if file.id.valid and file.mode != "r":
        from .hdf import label_of

        tell_label(file.filename, "written", "h5py.File", "arrays", None, label_of(file, module))


def _watch_splits(module: Any) -> None:
    """Record how many rows ``train_test_split`` put where, as parameters."""

    def split(result: Any, _arguments: tuple[Any, ...], _named: dict[str, Any]) -> None:
        counts = [len(each) if not hasattr(each, "shape") else each.shape[0] for each in result[:2]]
        emit("param", params={"train_test_split.train_rows": counts[0], "train_test_split.test_rows": counts[1]})

    also(module, "train_test_split", split)


def _watch_datasets(module: Any) -> None:
    from .huggingface import note_dataset

    also(module, "load_dataset", note_dataset)


_SPECIAL = {"h5py": _watch_hdf, "sklearn.model_selection": _watch_splits, "datasets.load": _watch_datasets}
