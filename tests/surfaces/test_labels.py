"""What libraries took files for is in the record, and a program with all of them prints what it prints without us."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from subprocess import PIPE

import pytest

from lineal.capture.launch import launch
from lineal.capture.launched import Launched
from lineal.objects.places import Label
from tests.parts.capture import interpreter

PROGRAM = Path(__file__).parent / "programs" / "labels.py"
TABLE = {"age": "int64", "name": "str"}
ARROW = {"age": "int64", "share": "double"}

LABELS = {
    "pandas.parquet": Label(by="pandas.read_parquet", kind="table", columns=TABLE, row_count=4),
    "pandas.feather": Label(by="pandas.read_feather", kind="table", columns=TABLE, row_count=4),
    "pandas.json": Label(by="pandas.read_json", kind="table", columns=TABLE, row_count=4),
    "pandas.pickle": Label(by="pandas.read_pickle", kind="table", columns=TABLE, row_count=4),
    "pandas.xlsx": Label(by="pandas.read_excel", kind="table", columns=TABLE, row_count=4),
    "pandas.csv": Label(
        by="datasets.load_dataset",
        kind="table",
        columns={"age": "int64", "name": "large_string"},
        row_count=4,
        split="train",
    ),
    "polars.csv": Label(
        by="datasets.load_dataset",
        kind="table",
        columns={"age": "int64", "name": "large_string"},
        row_count=2,
        split="test",
    ),
    "polars.parquet": Label(
        by="polars.DataFrame.write_parquet", kind="table", columns={"age": "Int64", "name": "String"}, row_count=2
    ),
    "arrow.parquet": Label(by="pyarrow.parquet.read_table", kind="table", columns=ARROW, row_count=3),
    "arrow.csv": Label(by="duckdb.read_csv", kind="table", columns={"age": "BIGINT", "share": "DOUBLE"}),
    "arrow.feather": Label(by="pyarrow.feather.write_feather", kind="table", columns=ARROW, row_count=3),
    "parts/part-0.parquet": Label(by="pyarrow.dataset.dataset", kind="table", columns=ARROW),
    "array.npy": Label(by="numpy.load", kind="array", columns={"": "float32"}, shape=(3, 4)),
    "many/3.bin": Label(by="numpy.fromfile", kind="array", columns={"": "int16"}, shape=(1,)),
    "many/299.bin": Label(by="numpy.fromfile", kind="array", columns={"": "int16"}),
    "arrays.npz": Label(by="numpy.load", kind="arrays", columns={"x": "", "y": ""}),
    "table.txt": Label(by="numpy.loadtxt", kind="array", columns={"": "float64"}, shape=(2, 2)),
    "deep.h5": Label(by="h5py.File", kind="arrays", columns={"train/x": "float64[2, 3]"}),
    "w.safetensors": Label(by="safetensors.torch.load_file", kind="tensors", columns={"w": "float32[2, 2]"}),
    "image.png": Label(by="PIL.Image.open", kind="image", columns={"": "RGB"}, shape=(3, 4, 3)),
    "model.joblib": Label(by="joblib.load", kind="model"),
    "model.pkl": Label(by="pickle.load", kind="model"),
    "linear.pt": Label(by="torch.load", kind="tensors", columns={"weight": "float32[1, 2]", "bias": "float32[1]"}),
    "rows.svm": Label(by="xgboost.DMatrix", kind="table", row_count=10, shape=(10, 2)),
    "ragged.csv": Label(by="pandas.read_csv", kind="table", columns={"a": "int64", "b": "int64"}, row_count=1),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Launched, str]:
    """Run the program twice at once, recorded and not; return the run, and what it prints when it is not."""
    folder, command = tmp_path_factory.mktemp("labels"), (str(interpreter()), PROGRAM.name)
    for name in ("bare", "project"):
        (folder / name).mkdir()
        shutil.copy(PROGRAM, folder / name)
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "HF_HUB_OFFLINE": "1"}
    bare = subprocess.Popen(command, cwd=folder / "bare", env=variables, stdout=PIPE, stderr=subprocess.DEVNULL)
    recorded = launch(command, directory=folder / "project", spool=folder / "spool", variables=variables, run_id="RUN")
    return recorded, bare.communicate()[0].decode()


def test_a_program_prints_what_it_prints_without_us(runs: tuple[Launched, str]) -> None:
    recorded, expected = runs

    assert recorded.stdout is not None
    assert expected == recorded.stdout.read_text()
    assert 0 == recorded.exit_status


@pytest.mark.parametrize("path", LABELS)
def test_a_file_is_labelled_with_what_a_library_took_it_for(runs: tuple[Launched, str], path: str) -> None:
    recorded, _ = runs
    labels = {each.path: each.label for each in (*recorded.inputs, *recorded.outputs, *recorded.intermediates)}

    assert LABELS[path] == labels[path]


def test_nothing_went_wrong_in_a_hook_and_a_split_is_counted(runs: tuple[Launched, str]) -> None:
    recorded, _ = runs
    params = recorded.record.params

    assert not [each for each in recorded.gaps if not each.startswith("files:") and "Git repository" not in each]
    assert (7, 3) == (params["train_test_split.train_rows"], params["train_test_split.test_rows"])
