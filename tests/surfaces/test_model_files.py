"""Models as the real libraries save them: every tensor is found, without one of those libraries."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lineal.checks.comparing.tensors import TensorsChange, compare_tensors
from lineal.formats.tensors.formats import read_model
from tests.parts.capture import interpreter

PROGRAM = Path(__file__).parent / "programs" / "saving.py"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two directories, ``0`` and ``1``, of the same models, trained a little differently."""
    directory = tmp_path_factory.mktemp("models")
    subprocess.run([interpreter(), PROGRAM, directory], check=True, capture_output=True, timeout=300)
    return directory


def compared(saved: Path, name: str) -> TensorsChange:
    with (saved / "0" / name).open("rb") as left, (saved / "1" / name).open("rb") as right:
        sides = read_model(left), read_model(right)

        assert sides[0]
        assert sides[1]
        for each in (*sides[0].tensors, *sides[1].tensors):
            assert each.size_bytes == sum(len(piece) for piece in each.read()), each.name
        return compare_tensors(*sides, most_bytes=1 << 30)


@pytest.mark.parametrize(
    ("name", "equal", "changed"),
    [
        ("state.pt", ["0.bias"], {"0.weight", "2.weight", "2.bias"}),
        ("net.safetensors", ["0.bias"], {"0.weight", "2.weight", "2.bias"}),
        ("c.pt", ["0.bias", "turned"], {"model.0.weight", "model.2.weight", "model.2.bias"}),
        ("module.pt", ["bias"], {f"_modules.{name}" for name in ("0._parameters.weight", "2._parameters.weight")}),
        *((name, ["mean_", "var_", "scale_", "classes_"], {"steps.1.1.coef_", "steps.1.1.intercept_"})
          for name in ("pipeline2.pkl", "pipeline5.pkl", "pipeline.joblib", "pipeline.z")),
    ],
)  # fmt: skip
def test_what_changed_is_named_and_measured(saved: Path, name: str, equal: list[str], changed: set[str]) -> None:
    found = compared(saved, name)

    assert len(equal) == found.equal_count
    assert changed <= {each.name for each in found.changes}
    assert all(each.relative_difference for each in found.changes)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("forest.joblib", "estimators_.0.tree_.nodes"),
        ("boosted.json", "learner.gradient_booster.model.trees.0.base_weights"),
        ("boosted.ubj", "learner.gradient_booster.model.trees.0.base_weights"),
        ("light.txt", "trees.0.leaf_value"),
    ],
)
def test_trees_that_grew_are_named(saved: Path, name: str, tensor: str) -> None:
    found = compared(saved, name)

    assert "reshaped" == next(each.change for each in found.changes if each.name == tensor)
    assert found.layers


def test_what_files_say_beside_their_tensors_is_compared(saved: Path) -> None:
    assert ("1.0", "2.0") == compared(saved, "pipeline.joblib").facts["steps.1.1.C"]
    assert {"epoch": ("0", "1")} == compared(saved, "c.pt").facts
