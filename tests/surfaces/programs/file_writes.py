"""Every kind of write that a program may do, by the real libraries, each of a file of its own."""

# The many ways to open a file are the point.
# ruff: noqa: PTH105, PTH108, PTH110, PTH120, PTH123, SIM115

from __future__ import annotations

import json
import mmap
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import catboost
import duckdb
import h5py
import joblib
import lightgbm
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet
import safetensors.numpy
import safetensors.torch
import torch
import xgboost
from file_reads import NUMBERS, TABLE, prepare, read_all, trained
from matplotlib import pyplot as plt
from PIL import Image

Write = Callable[[str], object]

ARROW = pa.table(TABLE)
POLARS = pl.DataFrame({"a": [1, 2, 3]})


def os_open(path: str) -> None:
    """Write without Python's files."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"1")
    os.close(descriptor)


def kept_open(path: str) -> None:
    """Write, and let the end of the program close it."""
    os.write(os.open(path, os.O_WRONLY | os.O_CREAT), b"1")


def in_place(path: str) -> None:
    """Change a byte of a file that was there before."""
    with open(path, "r+b") as file:
        file.write(b"2")


def appended(path: str) -> None:
    """Write behind what was there before."""
    with open(path, "a") as file:
        file.write("2")


def mapped(path: str) -> None:
    """Write through a mapping into a file that was there before; its file is closed first."""
    with open(path, "r+b") as file:
        pages = mmap.mmap(file.fileno(), 0)
    pages[:1] = b"2"
    pages.close()


def truncated(path: str) -> None:
    """Cut a file off by its name."""
    os.truncate(path, 1)


def renamed(path: str) -> None:
    """Write beside it and move it there."""
    Path(f"{path}.tmp").write_text("1")
    os.replace(f"{path}.tmp", path)


def linked(path: str) -> None:
    """Write beside it, give it the name, take the old name away."""
    Path(f"{path}.tmp").write_text("1")
    os.link(f"{path}.tmp", path)
    os.unlink(f"{path}.tmp")


def nameless(path: str) -> None:
    """Write a file without a name and give it one."""
    descriptor = os.open(os.path.dirname(path), os.O_TMPFILE | os.O_WRONLY)
    os.write(descriptor, b"1")
    os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)  # with a directory, the link is followed
    os.close(descriptor)


def from_elsewhere(path: str) -> None:
    """Write where nobody watches, and move it here."""
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write("1")
    shutil.move(file.name, path)


def sent(path: str) -> None:
    """Let the kernel copy from file to file with sendfile."""
    with open("in/00.csv", "rb") as source, open(path, "wb") as target:
        os.sendfile(target.fileno(), source.fileno(), 0, 9)


def ranged(path: str) -> None:
    """Let the kernel copy from file to file with copy_file_range."""
    with open("in/00.csv", "rb") as source, open(path, "wb") as target:
        os.copy_file_range(source.fileno(), target.fileno(), 9)


def archived(path: str) -> None:
    """Write an archive."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "1")


def in_sqlite(path: str) -> None:
    """Make a database."""
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a)")
    connection.close()


def in_hdf5(path: str) -> None:
    """Write a dataset of HDF5."""
    with h5py.File(path, "w") as file:
        file["a"] = NUMBERS


def numpy_memmap(path: str) -> None:
    """Write numbers through a mapping that makes the file."""
    pages = np.memmap(path, dtype="float64", mode="w+", shape=(4,))
    pages[:] = 1
    pages.flush()


def figure(path: str) -> None:
    """Draw a picture."""
    plt.plot([1, 2])
    plt.savefig(path)


def by_a_shell(path: str) -> None:
    """Write by a shell's redirection."""
    subprocess.run(f"echo 1 > {path}", shell=True, check=True)


def by_a_python_child(path: str) -> None:
    """Write by another interpreter."""
    subprocess.run([sys.executable, "-c", f"open({path!r}, 'w').write('1')"], check=True)


def by_a_daemon(path: str) -> None:
    """Write by a process that has left its parent and will outlive it."""
    subprocess.run(f"(echo 1 > {path}; touch {path}.done; exec sleep 2 > /dev/null 2>&1) &", shell=True, check=True)
    while not os.path.exists(f"{path}.done"):
        pass


WRITES: dict[str, tuple[str, Write]] = {
    "open w": ("txt", lambda path: Path(path).write_text("1")),
    "open a": ("old", appended),
    "open r+": ("old", in_place),
    "os.open": ("txt", os_open),
    "never closed": ("txt", kept_open),
    "mmap": ("old", mapped),
    "os.truncate": ("old", truncated),
    "rename": ("txt", renamed),
    "rename over": ("old", renamed),
    "link and unlink": ("txt", linked),
    "O_TMPFILE and linkat": ("txt", nameless),
    "moved in": ("txt", from_elsewhere),
    "sendfile": ("txt", sent),
    "copy_file_range": ("txt", ranged),
    "shutil.copy": ("txt", lambda path: shutil.copy("in/00.csv", path)),
    "zipfile": ("zip", archived),
    "json": ("json", lambda path: json.dump({}, open(path, "w"))),
    "pickle": ("pkl", lambda path: pickle.dump({}, open(path, "wb"))),
    "sqlite3": ("sqlite", in_sqlite),
    "shell": ("txt", by_a_shell),
    "python child": ("txt", by_a_python_child),
    "a child that outlives": ("txt", by_a_daemon),
    "pandas.to_csv": ("csv", TABLE.to_csv),
    "pandas.to_json": ("json", TABLE.to_json),
    "pandas.to_parquet": ("parquet", TABLE.to_parquet),
    "pandas.to_feather": ("feather", TABLE.to_feather),
    "pandas.to_excel": ("xlsx", TABLE.to_excel),
    "pandas.to_pickle": ("pkl", TABLE.to_pickle),
    "pyarrow.csv": ("csv", lambda path: pyarrow.csv.write_csv(ARROW, path)),
    "pyarrow.feather": ("feather", lambda path: pyarrow.feather.write_feather(ARROW, path)),
    "pyarrow.parquet": ("parquet", lambda path: pyarrow.parquet.write_table(ARROW, path)),
    "pyarrow.dataset": (
        "d/part-0.parquet",
        lambda path: pyarrow.dataset.write_dataset(ARROW, os.path.dirname(path), format="parquet"),
    ),
    "polars.write_csv": ("csv", POLARS.write_csv),
    "polars.write_parquet": ("parquet", POLARS.write_parquet),
    "polars.sink_parquet": ("parquet", lambda path: POLARS.lazy().sink_parquet(path)),
    "duckdb csv": ("csv", lambda path: duckdb.sql(f"copy (select 1) to '{path}'")),
    "duckdb parquet": ("parquet", lambda path: duckdb.sql(f"copy (select 1) to '{path}'")),
    "numpy.save": ("npy", lambda path: np.save(path, NUMBERS)),
    "numpy.savez": ("npz", lambda path: np.savez(path, a=NUMBERS)),
    "numpy.savetxt": ("txt", lambda path: np.savetxt(path, NUMBERS)),
    "numpy.tofile": ("bin", NUMBERS.tofile),
    "numpy.memmap": ("bin", numpy_memmap),
    "h5py": ("h5", in_hdf5),
    "joblib.dump": ("joblib", lambda path: joblib.dump(NUMBERS, path)),
    "PIL.Image": ("png", lambda path: Image.new("RGB", (4, 4)).save(path)),
    "matplotlib": ("png", figure),
    "torch.save": ("pt", lambda path: torch.save({"a": torch.ones(3)}, path)),
    "safetensors.numpy": ("safetensors", lambda path: safetensors.numpy.save_file({"a": NUMBERS}, path)),
    "safetensors.torch": ("safetensors", lambda path: safetensors.torch.save_file({"a": torch.ones(3)}, path)),
    "lightgbm.save_model": ("lgb", lambda path: trained(lightgbm).save_model(path)),
    "xgboost.save_model": ("ubj", lambda path: trained(xgboost).save_model(path)),
    "catboost.save_model": ("cbm", lambda path: trained(catboost).save_model(path)),
}
"""What it is called, the kind of file (``old`` ones are there before), and the write itself."""


def name_of(position: int, suffix: str) -> str:
    """Return where the file of a kind is to lie."""
    return f"out/{position:02}{'/' if '/' in suffix else '.'}{suffix}"


def make_old_ones() -> None:
    """Make the files that writes change."""
    Path("out").mkdir()
    for position, (suffix, _) in enumerate(WRITES.values()):
        if suffix == "old":
            Path(name_of(position, suffix)).write_text("123")


def write_all() -> dict[str, str]:
    """Do every kind of write; return the file of each."""
    done = {}
    for position, (kind, (suffix, write)) in enumerate(WRITES.items()):
        done[kind] = name_of(position, suffix)
        write(done[kind])
    return done


def main() -> None:
    """``prepare`` makes the files that are there before; without it, every read and write is done and named."""
    if "prepare" in sys.argv:
        prepare()
        make_old_ones()
        return
    print(json.dumps({"reads": read_all(), "writes": write_all()}))


if __name__ == "__main__":
    main()
