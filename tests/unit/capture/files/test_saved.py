"""Which models stand, and of which files they are made."""

from __future__ import annotations

import os
from pathlib import Path

from lineal.capture.files.saved import described, files_of, standing
from lineal.objects.digest import digest_of
from lineal.objects.runs import FileUse, ModelFacts


def test_a_directory_is_a_model_with_its_files_and_its_weights_are_no_other(tmp_path: Path) -> None:
    (tmp_path / "final" / "deep").mkdir(parents=True)
    for each in ("final/config.json", "final/deep/weights.bin", "alone.pt"):
        (tmp_path / each).write_text(each)
    paths = ("final", "final/deep/weights.bin", "alone.pt", "gone.pt")
    models = {str(tmp_path / each): ModelFacts(framework=each) for each in paths}

    found = standing(models)

    assert ["final", "alone.pt"] == [each.framework for each in found.values()]
    files = {str(tmp_path / each) for each in ("final/config.json", "final/deep/weights.bin", "alone.pt")}
    assert files == files_of(found, since=0)


def test_what_was_in_a_directory_before_is_no_part_of_the_model(tmp_path: Path) -> None:
    for name, at in (("old.csv", 1000), ("model.bin", 3000)):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (at, at))

    assert {str(tmp_path / "model.bin")} == files_of([str(tmp_path)], since=2_000_000)


def test_a_directory_that_mlflow_wrote_is_a_model_as_its_file_says(tmp_path: Path) -> None:
    text = "flavors:\n  sklearn:\n    sklearn_version: 1.9.1\n    pickled_model: model.pkl\n"
    (tmp_path / "out" / "model").mkdir(parents=True)
    (tmp_path / "out" / "model" / "MLmodel").write_text(text)
    use = FileUse(path="out/model/MLmodel", digest=digest_of(b""), size_bytes=len(text))
    gone = FileUse(path="gone/MLmodel", digest=digest_of(b""), size_bytes=1)

    found = described((use, gone), tmp_path)

    assert {str(tmp_path / "out" / "model"): ModelFacts(framework="sklearn", framework_version="1.9.1")} == found
