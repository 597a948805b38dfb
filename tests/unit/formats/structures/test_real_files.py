"""What is read of real files is what the libraries that wrote them say."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from lineal.objects.structures import DEVICES, Field
from tests.parts.models import Models
from tests.unit.formats.structures.reading import structure_of

ESTIMATORS = [
    f"{name}.{way}"
    for name in ("pipeline", "forest", "search")
    for way in ("joblib", *(f"{protocol}.pkl" for protocol in range(6)))
] + [f"pipeline.{way}.joblib" for way in ("zlib", "gzip", "bz2", "xz", "lzma")]

TORCH = (
    "pt",
    "legacy.pt",
    "checkpoint.pt",
    "whole.pt",
    "whole.legacy.pt",
    "script.pt",
    "traced.pt",
    "pt2",
    "safetensors",
)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_has_the_parameters_the_columns_and_the_classes_that_it_says(models: Models, name: str) -> None:
    said = models.said[name.partition(".")[0]]
    found = structure_of(models.directory / name)

    expected = {key: value for key, value in said["params"].items() if str(value) != "nan"}
    assert expected == {key: found.params.get(key, "not read") for key in expected}
    assert said["inputs"] == [each for each in found.inputs if each != "X"]
    assert said["inputs"] or {"X": Field(shape=(-1, said["count"]))} == found.inputs
    assert tuple(said["classes"]) == found.classes
    assert ("scikit-learn", ()) == (found.framework, found.notes)


def test_the_fingerprint_of_an_estimator_is_that_of_its_classes_whatever_keeps_it(models: Models) -> None:
    found = {name: structure_of(models.directory / name) for name in (*ESTIMATORS, "logistic.joblib")}
    prints: dict[str, set[object]] = {}
    for name, each in found.items():
        prints.setdefault(name.partition(".")[0], set()).add(each.fingerprint)

    assert {"pipeline": 1, "forest": 1, "search": 1, "logistic": 1} == {
        name: len(each) for name, each in prints.items()
    }
    assert 4 == len(set.union(*prints.values()))
    assert [
        "sklearn.pipeline.Pipeline",
        "  scale: sklearn.preprocessing._data.StandardScaler",
        "  clf: sklearn.linear_model._logistic.LogisticRegression",
    ] == found["pipeline.joblib"].architecture.splitlines()


@pytest.mark.parametrize("name", ["net", "wide"])
@pytest.mark.parametrize("way", TORCH)
def test_a_network_has_the_tensors_of_its_state_dict_whatever_keeps_it(models: Models, name: str, way: str) -> None:
    said = models.said[name]
    found = structure_of(models.directory / f"{name}.{way}")

    assert said["tensors"] == {each.name: [each.dtype, list(each.shape)] for each in found.tensors}
    assert (said["count"], len(said["tensors"]), "torch") == (
        found.parameter_count,
        found.tensor_count,
        found.framework,
    )


def test_a_pure_reserialisation_keeps_the_fingerprint_and_another_width_does_not(models: Models) -> None:
    ways = ("pt", "legacy.pt", "checkpoint.pt", "safetensors")
    net, wide = (
        {structure_of(models.directory / f"{name}.{way}").fingerprint for way in ways} for name in ("net", "wide")
    )
    halved = structure_of(models.directory / "net.half.safetensors").fingerprint
    whole = {structure_of(models.directory / f"net.{way}").fingerprint for way in ("whole.pt", "whole.legacy.pt")}
    tensors = {structure_of(models.directory / f"net.{way}").tensor_fingerprint for way in TORCH}

    assert (1, 1, 1, 1) == (len(net), len(wide), len(whole), len(tensors))
    assert 4 == len({*net, *wide, *whole, halved})


def test_a_whole_module_shows_how_it_was_built(models: Models) -> None:
    lines = structure_of(models.directory / "net.whole.pt").architecture.splitlines()

    assert "__main__.Net" == lines[0]
    assert "    0: torch.nn.modules.linear.Linear(in_features=4, out_features=32)" == lines[2]
    assert "  head: torch.nn.modules.linear.Linear(in_features=32, out_features=3)" == lines[-1]


def test_programs_that_were_compiled_or_exported_say_what_they_take(models: Models) -> None:
    script, traced, exported = (
        structure_of(models.directory / f"net.{way}") for way in ("script.pt", "traced.pt", "pt2")
    )

    assert {"x": Field(dtype="Tensor")} == script.inputs == traced.inputs
    assert {"x": Field(dtype="float32", shape=(-1, 4))} == exported.inputs
    assert [Field(dtype="float32", shape=(-1, 3))] == list(exported.outputs.values())
    assert {"torch.ops.aten.linear.default": 2} == {k: v for k, v in exported.operators.items() if "linear" in k}
    assert models.said["torch"] == exported.framework_version


@pytest.mark.parametrize("name", ["booster.json", "booster.ubj"])
def test_an_xgboost_model_has_its_features_and_its_trees(models: Models, name: str) -> None:
    said = models.said["xgboost"]
    found = structure_of(models.directory / name)

    assert (said["inputs"], said["version"]) == (list(found.inputs), found.framework_version)
    assert ["int64", "float32", "float32"] == [each.dtype for each in found.inputs.values()]
    assert (str(said["trees"]), "multi:softprob") == (found.facts["tree_count"], found.params["objective"])
    assert (("0", "1", "2"), "gbtree(multi:softprob)") == (found.classes, found.architecture)


def test_a_lightgbm_model_has_its_features_categories_and_trees(models: Models) -> None:
    said = models.said["lightgbm"]
    found = structure_of(models.directory / "light.txt")

    assert (said["inputs"], str(said["trees"])) == (list(found.inputs), found.facts["tree_count"])
    assert Field(dtype="category", categories=("Oslo", "Rome")) == found.inputs["town"]
    assert ("4", "binary", "gbdt(binary sigmoid:1)") == (
        found.params["num_leaves"],
        found.params["objective"],
        found.architecture,
    )


@pytest.mark.parametrize("name", ["cat.cbm", "cat.json"])
def test_a_catboost_model_has_its_features_classes_and_trees(models: Models, name: str) -> None:
    said = models.said["catboost"]
    found = structure_of(models.directory / name)

    assert (said["inputs"], tuple(said["classes"])) == (list(found.inputs), found.classes)
    assert (str(said["trees"]), 2, "category") == (
        found.facts["tree_count"],
        found.params["depth"],
        found.inputs["town"].dtype,
    )


@pytest.mark.parametrize(
    ("name", "trees", "classes"),
    [("xgboost", "3", ()), ("lightgbm", "3", ("no", "yes")), ("catboost", "4", ("no", "yes"))],
)
def test_an_estimator_that_holds_a_booster_says_what_the_booster_does(
    models: Models, name: str, trees: str, classes: tuple[str, ...]
) -> None:
    found = structure_of(models.directory / f"{name}.joblib")

    assert (name, trees, classes) == (found.framework, found.facts["tree_count"], found.classes)
    assert ["age", "hours", "pay"] == list(found.inputs)[:3]
    assert "  booster: " in found.architecture


@pytest.mark.parametrize("name", ["net.keras", "keras.h5"])
def test_a_keras_model_has_its_layers_and_weights(models: Models, name: str) -> None:
    said = models.said["keras"]
    found = structure_of(models.directory / name)

    assert (said["count"], said["version"], "keras") == (
        found.parameter_count,
        found.framework_version,
        found.framework,
    )
    assert said["shapes"] == sorted(list(each.shape) for each in found.tensors)
    assert {"x": Field(dtype="float32", shape=(-1, 4))} == found.inputs
    assert ["out"] == list(found.outputs)
    assert found.architecture.splitlines()[2].startswith("  1: Dense(units=8, activation=relu")


def test_keras_has_one_fingerprint_for_both_of_its_formats(models: Models) -> None:
    new, old = (structure_of(models.directory / name) for name in ("net.keras", "keras.h5"))

    assert new.fingerprint == old.fingerprint


def test_every_dataset_of_hdf5_is_listed_with_its_dtype_and_shape(models: Models) -> None:
    for name in ("plain.h5", "latest.h5", "v110.h5", "userblock.h5"):
        found = {each.name: [each.dtype, list(each.shape)] for each in structure_of(models.directory / name).tensors}
        expected = {
            key: [dtype.replace(">f4", "float32"), shape] for key, (dtype, shape, _) in models.said["hdf5"].items()
        }

        assert expected == {key: found[key] for key in expected}
        assert {"text"} == found.keys() - expected.keys()


def test_arrays_of_numpy_are_listed(models: Models) -> None:
    found = structure_of(models.directory / "arrays.npz")

    assert [("a", "float64", (3,)), ("b", "int32", (2, 2))] == [(e.name, e.dtype, e.shape) for e in found.tensors]


def test_the_device_that_tensors_were_on_is_told_where_loading_asks_for_it(models: Models, tmp_path: Path) -> None:
    saved = tmp_path / "saved.pt"
    with ZipFile(models.directory / "net.pt") as made, ZipFile(saved, "w") as written:
        for each in made.namelist():
            data = made.read(each)
            # As torch.save writes it of a model on a GPU, which this machine need not have.
            on_gpu = data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
            written.writestr(each, on_gpu if each.endswith("data.pkl") else data)

    assert "cuda:0" == structure_of(saved).facts[DEVICES]
    assert DEVICES not in structure_of(models.directory / "net.pt").facts
    assert structure_of(saved).fingerprint == structure_of(models.directory / "net.pt").fingerprint
