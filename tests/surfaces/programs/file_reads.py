"""Every kind of read that a program may do, by the real libraries, each of a file of its own."""

# The many ways to open a file are the point.
# ruff: noqa: PTH123, SIM115, PLW0108

from __future__ import annotations

import gzip
import json
import mmap
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import catboost
import datasets
import duckdb
import h5py
import joblib
import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.json
import pyarrow.parquet
import safetensors
import safetensors.numpy
import safetensors.torch
import torch
import xgboost
from PIL import Image
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

Read = Callable[[str], object]

TABLE = pd.DataFrame({"a": [0.5, 1.5, 2.5, 3.5] * 8, "b": [1, 2, 3, 4] * 8, "y": [0, 1, 0, 1] * 8})
NUMBERS = TABLE[["a", "b"]].to_numpy(dtype="float64")
FEW = {"objective": "binary", "min_data_in_leaf": 1, "min_data_in_bin": 1, "verbose": -1}


def os_open(path: str) -> None:
    """Read without Python's files."""
    descriptor = os.open(path, os.O_RDONLY)
    os.read(descriptor, 9)
    os.close(descriptor)


def mapped(path: str) -> bytes:
    """Read a mapping of an open file."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        return pages[:3]


def mapped_after_close(path: str) -> bytes:
    """Read a mapping whose file is closed already."""
    with open(path, "rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pages[:3]


def in_tar(path: str) -> None:
    """Read what an archive holds."""
    with tarfile.open(path) as archive:
        archive.extractfile("a.txt").read()  # type: ignore[union-attr]


def in_zip(path: str) -> bytes:
    """Read what an archive holds."""
    with zipfile.ZipFile(path) as archive:
        return archive.read("a.txt")


def in_sqlite(path: str) -> None:
    """Ask a database."""
    with sqlite3.connect(path) as connection:
        connection.execute("select * from t").fetchall()
    connection.close()


def in_hdf5(path: str) -> object:
    """Read a dataset of HDF5."""
    with h5py.File(path, "r") as file:
        return file["a"][:]


def in_safetensors(path: str) -> object:
    """Read one tensor of many."""
    with safetensors.safe_open(path, framework="np") as file:
        return file.get_tensor("a")


def by_a_child(path: str) -> None:
    """Read by a program that is no Python."""
    subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)


def by_a_shell(path: str) -> None:
    """Read by a shell that a shell started."""
    subprocess.run(f"sh -c 'head -c 3 < {path}'", shell=True, stdout=subprocess.DEVNULL, check=True)


def by_a_python_child(path: str) -> None:
    """Read by another interpreter."""
    subprocess.run([sys.executable, "-c", f"open({path!r}).read()"], check=True)


def by_a_forked_child(path: str) -> None:
    """Read by a copy of this process."""
    child = os.fork()
    if not child:
        Path(path).read_text()
        os._exit(0)
    os.waitpid(child, 0)


READS: dict[str, tuple[str, Read]] = {
    "open": ("csv", lambda path: open(path).read()),
    "os.open": ("csv", os_open),
    "pathlib": ("txt", lambda path: Path(path).read_text()),
    "mmap": ("csv", mapped),
    "mmap after close": ("csv", mapped_after_close),
    "gzip": ("gz", lambda path: gzip.open(path).read()),
    "tarfile": ("tar", in_tar),
    "zipfile": ("zip", in_zip),
    "json": ("json", lambda path: json.load(open(path))),
    "pickle": ("pkl", lambda path: pickle.load(open(path, "rb"))),
    "sqlite3": ("sqlite", in_sqlite),
    "subprocess": ("csv", by_a_child),
    "shell": ("csv", by_a_shell),
    "python child": ("csv", by_a_python_child),
    "forked child": ("csv", by_a_forked_child),
    "pandas.read_csv": ("csv", pd.read_csv),
    "pandas.read_csv pyarrow": ("csv", lambda path: pd.read_csv(path, engine="pyarrow")),
    "pandas.read_json": ("json", pd.read_json),
    "pandas.read_parquet": ("parquet", pd.read_parquet),
    "pandas.read_feather": ("feather", pd.read_feather),
    "pandas.read_excel": ("xlsx", pd.read_excel),
    "pandas.read_pickle": ("pkl", pd.read_pickle),
    "pyarrow.csv": ("csv", pyarrow.csv.read_csv),
    "pyarrow.json": ("jsonl", pyarrow.json.read_json),
    "pyarrow.feather": ("feather", pyarrow.feather.read_table),
    "pyarrow.parquet": ("parquet", pyarrow.parquet.read_table),
    "pyarrow.parquet mapped": ("parquet", lambda path: pyarrow.parquet.read_table(path, memory_map=True)),
    "pyarrow.ParquetFile": ("parquet", lambda path: pyarrow.parquet.ParquetFile(path).read()),
    "pyarrow.dataset": ("parquet", lambda path: pyarrow.dataset.dataset(path).to_table()),
    "pyarrow.memory_map": ("feather", lambda path: pa.memory_map(path).read(3)),
    "polars.read_csv": ("csv", pl.read_csv),
    "polars.scan_csv": ("csv", lambda path: pl.scan_csv(path).collect()),
    "polars.read_parquet": ("parquet", pl.read_parquet),
    "polars.scan_parquet": ("parquet", lambda path: pl.scan_parquet(path).collect()),
    "polars.read_ndjson": ("jsonl", pl.read_ndjson),
    "polars.read_ipc": ("feather", lambda path: pl.read_ipc(path)),
    "duckdb csv": ("csv", lambda path: duckdb.sql(f"select * from '{path}'").fetchall()),
    "duckdb parquet": ("parquet", lambda path: duckdb.read_parquet(path).fetchall()),
    "duckdb connection": ("parquet", lambda path: duckdb.connect().execute(f"from '{path}'").fetchall()),
    "datasets": ("parquet", lambda path: datasets.Dataset.from_parquet(path)),
    "numpy.load": ("npy", np.load),
    "numpy.load mapped": ("npy", lambda path: np.load(path, mmap_mode="r").sum()),
    "numpy.load npz": ("npz", lambda path: np.load(path)["a"]),
    "numpy.loadtxt": ("txt", np.loadtxt),
    "numpy.fromfile": ("bin", lambda path: np.fromfile(path, dtype="float64")),
    "numpy.memmap": ("bin", lambda path: np.memmap(path, dtype="float64", mode="r").sum()),
    "h5py": ("h5", in_hdf5),
    "joblib.load": ("joblib", joblib.load),
    "joblib.load mapped": ("joblib", lambda path: joblib.load(path, mmap_mode="r")),
    "sklearn.load_svmlight_file": ("svm", load_svmlight_file),
    "PIL.Image": ("png", lambda path: Image.open(path).load()),
    "torch.load": ("pt", torch.load),
    "torch.load mapped": ("pt", lambda path: torch.load(path, mmap=True)),
    "torch.from_file": ("bin", lambda path: torch.from_file(path, size=4, dtype=torch.float64).sum()),
    "safetensors.numpy": ("safetensors", safetensors.numpy.load_file),
    "safetensors.torch": ("safetensors", safetensors.torch.load_file),
    "safetensors.safe_open": ("safetensors", in_safetensors),
    "lightgbm.Dataset": ("svm", lambda path: lightgbm.Dataset(path, params=FEW).construct()),
    "lightgbm.Booster": ("lgb", lambda path: lightgbm.Booster(model_file=path)),
    "xgboost.DMatrix": ("svm", lambda path: xgboost.DMatrix(f"{path}?format=libsvm")),
    "xgboost.load_model": ("ubj", lambda path: xgboost.Booster().load_model(path)),
    "catboost.Pool": ("tsv", catboost.Pool),
    "catboost.load_model": ("cbm", lambda path: catboost.CatBoost().load_model(path)),
}
"""What it is called, the kind of file, and the read itself."""


def samples(folder: Path) -> None:
    """Make one file of each kind that is read."""
    TABLE.to_csv(folder / "sample.csv", index=False)
    TABLE.to_csv(folder / "sample.tsv", index=False, header=False, sep="\t")
    TABLE.to_json(folder / "sample.json")
    TABLE.to_json(folder / "sample.jsonl", orient="records", lines=True)
    TABLE.to_parquet(folder / "sample.parquet")
    pyarrow.feather.write_feather(pa.table(TABLE), folder / "sample.feather", compression="uncompressed")
    TABLE.to_excel(folder / "sample.xlsx")
    TABLE.to_pickle(folder / "sample.pkl")
    np.savetxt(folder / "sample.txt", NUMBERS)
    np.save(folder / "sample.npy", NUMBERS)
    np.savez(folder / "sample.npz", a=NUMBERS)
    NUMBERS.tofile(folder / "sample.bin")
    (folder / "sample.gz").write_bytes(gzip.compress(b"1"))
    with tarfile.open(folder / "sample.tar", "w") as archive:
        archive.add(folder / "sample.txt", "a.txt")
    with zipfile.ZipFile(folder / "sample.zip", "w") as archive:
        archive.write(folder / "sample.txt", "a.txt")
    with sqlite3.connect(folder / "sample.sqlite") as connection:
        connection.execute("create table t (a)")
    connection.close()
    with h5py.File(folder / "sample.h5", "w") as file:
        file["a"] = NUMBERS
    joblib.dump(NUMBERS, folder / "sample.joblib")
    dump_svmlight_file(NUMBERS, TABLE["y"], str(folder / "sample.svm"))
    Image.new("RGB", (4, 4)).save(folder / "sample.png")
    torch.save({"a": torch.ones(3)}, folder / "sample.pt")
    safetensors.numpy.save_file({"a": NUMBERS}, folder / "sample.safetensors")
    for library, path in ((lightgbm, "sample.lgb"), (xgboost, "sample.ubj"), (catboost, "sample.cbm")):
        trained(library).save_model(str(folder / path))


def trained(library: object) -> lightgbm.Booster | xgboost.Booster | catboost.CatBoost:
    """Return a small model of ``library``."""
    if library is lightgbm:
        return lightgbm.train(FEW, lightgbm.Dataset(NUMBERS, TABLE["y"]), num_boost_round=2)
    if library is xgboost:
        return xgboost.train({"max_depth": 2}, xgboost.DMatrix(NUMBERS, TABLE["y"]), num_boost_round=2)
    model = catboost.CatBoost({"iterations": 2, "allow_writing_files": False, "verbose": False})
    return model.fit(NUMBERS, TABLE["y"])


def name_of(position: int, suffix: str) -> str:
    """Return where the file of a kind lies; kinds have spaces, which some libraries take for separators."""
    return f"in/{position:02}.{suffix}"


def prepare() -> None:
    """Give each kind of read a file of its own."""
    Path("in").mkdir()
    Path("samples").mkdir()
    samples(Path("samples"))
    for position, (suffix, _) in enumerate(READS.values()):
        shutil.copy(f"samples/sample.{suffix}", name_of(position, suffix))
    shutil.rmtree("samples")


def read_all() -> dict[str, str]:
    """Do every kind of read; return the file of each."""
    done = {}
    for position, (kind, (suffix, read)) in enumerate(READS.items()):
        done[kind] = name_of(position, suffix)
        read(done[kind])
    return done
