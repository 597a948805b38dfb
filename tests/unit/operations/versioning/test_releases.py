"""What is laid out for a loader: never what a scan found to do harm, and with the names that it may trust."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Refused
from lineal.operations.references import find_version
from lineal.operations.versioning.releases import write_version
from lineal.serving.release import read_release
from tests.unit.operations.making import run


def skops(*names: str) -> bytes:
    """Return a file of skops whose schema asks for some classes."""
    nodes = [dict(zip(("__module__", "_", "__class__"), each.rpartition("."), strict=True)) for each in names]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("schema.json", json.dumps([{**each, "__loader__": "ObjectNode"} for each in nodes]))
    return made.getvalue()


def test_files_that_do_harm_are_laid_out_for_nobody(repository: LocalRepository, tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return exec, ("raise SystemExit",)

    made = run(repository, writes={"model.pkl": pickle.dumps(Harm())})
    version = repository.model.register(made.reference, name="m")

    with pytest.raises(Refused, match=r"loading m:1\.0\.0 does harm: .*exec in model\.pkl.*nothing was loaded"):
        write_version(repository.store, find_version(repository.store, version.reference), tmp_path / "laid out")
    assert not (tmp_path / "laid out").exists()


def test_only_names_that_a_scan_expects_are_trusted(repository: LocalRepository, tmp_path: Path) -> None:
    model = "sklearn.linear_model._logistic.LogisticRegression"
    made = run(repository, writes={"model.skops": skops(model, "mine.Own", "numpy.ndarray")})
    version = repository.model.register(made.reference, name="m")
    write_version(repository.store, find_version(repository.store, version.reference), tmp_path / "laid out")

    assert read_release(tmp_path / "laid out").trusted == ("numpy.ndarray", model)
