"""A program that reads and writes files with many libraries, and knows nothing of us."""

from __future__ import annotations

import inspect
import pickle
import warnings
from pathlib import Path

import datasets
import duckdb
import h5py
import joblib
import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import safetensors.numpy
import safetensors.torch
import sklearn.datasets
import torch
import xgboost
from PIL import Image
from pyarrow import csv, feather, parquet
from pyarrow import dataset as parts
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

FRAME = pd.DataFrame({"age": [1, 2, 3, 4], "name": list("abcd")})
TABLE = pa.table({"age": [1, 2, 3], "share": [0.5, 0.25, 0.125]})


def use_pandas() -> None:
    """Write and read by pandas' ways, with a warning that must point here."""
    for each in ("csv", "parquet", "feather", "json", "pickle", "excel"):
        name = f"pandas.{'xlsx' if each == 'excel' else each}"
        getattr(FRAME, f"to_{each}")(name, **({"index": False} if each in {"csv", "excel"} else {}))
        print(each, getattr(pd, f"read_{each}")(name).shape)
    print(FRAME.to_csv().count("\n"), sum(len(each) for each in pd.read_csv("pandas.csv", chunksize=3)))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        Path("ragged.csv").write_text("a,b\n1,2,3,4\n", encoding="utf-8")
        pd.read_csv("ragged.csv", index_col=False)
        print([(each.filename == __file__, each.lineno) for each in said])


def use_frames() -> None:
    """Polars, Arrow and DuckDB, whose own code opens the files."""
    frame = pl.DataFrame({"age": [1, 2], "name": ["a", None]})
    frame.write_csv("polars.csv")
    frame.write_parquet("polars.parquet")
    print(pl.read_csv("polars.csv").shape, pl.scan_parquet("polars.parquet").collect().shape)
    parquet.write_table(TABLE, "arrow.parquet")
    csv.write_csv(TABLE, "arrow.csv")
    feather.write_feather(TABLE, "arrow.feather")
    print(parquet.read_table("arrow.parquet").shape, csv.read_csv("arrow.csv").shape)
    parts.write_dataset(TABLE, "parts", format="parquet")
    print(parts.dataset("parts").to_table().shape)
    print(duckdb.read_csv("arrow.csv").fetchall()[0], duckdb.sql("select count(*) from 'polars.parquet'").fetchall())


def use_arrays() -> None:
    """NumPy, HDF5, safetensors and images."""
    np.save("array.npy", np.zeros((3, 4), "float32"))
    np.savez("arrays.npz", x=np.ones(2), y=np.zeros(3, "int32"))
    print(np.load("array.npy").shape, sorted(np.load("arrays.npz")), np.load("array.npy", mmap_mode="r").shape)
    Path("many").mkdir()
    for number in range(300):
        np.ones(number % 3 + 1, "int16").tofile(f"many/{number}.bin")
    print(sum(np.fromfile(f"many/{number}.bin", "int16").sum() for number in range(300)))
    np.savetxt("table.txt", np.ones((2, 2)))
    print(np.loadtxt("table.txt").sum())
    with h5py.File("deep.h5", "w") as file:
        file.create_dataset("train/x", data=np.zeros((2, 3)))
        file["train/gone"] = h5py.SoftLink("/nowhere")
    with h5py.File("deep.h5") as file:
        print(file["train/x"].shape)
    safetensors.numpy.save_file({"w": np.zeros((2, 2), "float32")}, "w.safetensors")
    print(safetensors.torch.load_file("w.safetensors")["w"].shape)
    Image.new("RGB", (4, 3)).save("image.png")
    print(Image.open("image.png").size)


def use_models() -> None:
    """Models and what they are made of."""
    x, y = np.arange(20.0).reshape(10, 2), [0, 1] * 5
    model = LogisticRegression().fit(x, y)
    joblib.dump(model, "model.joblib")
    print(type(joblib.load("model.joblib")).__name__)
    with Path("model.pkl").open("wb") as file:
        pickle.dump({"model": model}, file)
    with Path("model.pkl").open("rb") as file:
        print(list(pickle.load(file)))
    torch.save(torch.nn.Linear(2, 1).state_dict(), "linear.pt")
    print(list(torch.load("linear.pt")))
    sklearn.datasets.dump_svmlight_file(x, y, "rows.svm")
    print(sklearn.datasets.load_svmlight_file("rows.svm")[0].shape)
    print([len(each) for each in train_test_split(x, test_size=0.3, random_state=0)])
    print(xgboost.DMatrix("rows.svm?format=libsvm").num_row())
    print(lightgbm.Dataset("pandas.csv").data)
    loaded = datasets.load_dataset("csv", data_files={"train": "pandas.csv", "test": "polars.csv"}, cache_dir="cache")
    print(loaded.num_rows)


def show_functions() -> None:
    """Print what libraries say of their own functions, also of what goes wrong in them."""
    for each in (pd.read_csv, pd.DataFrame.to_csv, np.load, np.save, torch.load, joblib.load, pickle.load, csv.read_csv,
                 pl.read_csv, Image.open, Image.Image.save, datasets.load_dataset, train_test_split):  # fmt: skip
        print(each.__name__, *inspect.signature(each).parameters, pickle.loads(pickle.dumps(each)) is each)
    print(isinstance(xgboost.DMatrix(np.ones((1, 1))), xgboost.DMatrix), inspect.isclass(h5py.File))
    for read in (pd.read_csv, np.load, torch.load, Image.open, joblib.load):
        try:
            read("never")
        except FileNotFoundError as error:
            print(error)


if __name__ == "__main__":
    use_pandas()
    use_frames()
    use_arrays()
    use_models()
    show_functions()
