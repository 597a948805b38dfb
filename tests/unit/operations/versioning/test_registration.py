"""Which output of a run is the model, and what its version is tied to."""

from __future__ import annotations

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Ambiguous, Invalid, NotFound
from lineal.objects.runs import ModelFacts
from lineal.objects.statements import Bump
from tests.unit.operations.making import dataset, run


def test_what_the_framework_called_a_model_is_it(repository: LocalRepository) -> None:
    made = run(repository, writes={"a.joblib": b"1", "out/b": b"2"}, models={"out/b": ModelFacts(framework="sklearn")})
    version = repository.model.register(made.reference, name="m")

    assert ("b", "sklearn") == (version.version.main_file, version.version.facts.framework)


def test_otherwise_the_only_file_called_like_a_model_is_it(repository: LocalRepository) -> None:
    made = run(repository, writes={"log.txt": b"1", "out/m.pkl": b"2"})

    assert "m.pkl" == repository.model.register(made.reference, name="m").version.main_file


def test_of_several_models_one_must_be_named(repository: LocalRepository) -> None:
    made = run(repository, writes={"a.pkl": b"1", "b.pkl": b"2"})

    with pytest.raises(Ambiguous) as caught:
        repository.model.register(made.reference, name="m")

    assert "a.pkl, b.pkl" in caught.value.hint
    assert "b.pkl" == repository.model.register(made.reference, name="m", file="b.pkl").version.main_file


def test_a_directory_is_a_model_with_all_its_files(repository: LocalRepository) -> None:
    made = run(repository, writes={"out/model/config.json": b"{}", "out/model/weights.safetensors": b"2", "x": b"3"})
    version = repository.model.register(made.reference, name="m", file="out/model").version

    assert "weights.safetensors" == version.main_file
    assert ["config.json", "weights.safetensors"] == [
        each.path for each in repository.store.get_tree(version.weights).entries
    ]


def test_a_run_without_a_model_says_what_it_wrote(repository: LocalRepository) -> None:
    made = run(repository, writes={"notes.txt": b"1"})

    with pytest.raises(NotFound) as caught:
        repository.model.register(made.reference, name="m")

    assert "notes.txt" in caught.value.hint


def test_only_a_finished_run_becomes_a_version(repository: LocalRepository) -> None:
    made = run(repository, writes={"m.pkl": b"1"}, state="failed")

    with pytest.raises(Invalid, match="is failed"):
        repository.model.register(made.reference, name="m")


def test_a_level_needs_a_reason_and_the_derived_one_stays_on_record(repository: LocalRepository) -> None:
    for weights in (b"1", b"2"):
        made = run(repository, writes={"m.pkl": weights}, rate=len(weights))
        if weights == b"1":
            repository.model.register(made.reference, name="m")
    with pytest.raises(Invalid, match="reason"):
        repository.model.register(made.reference, name="m", level="major")
    version = repository.model.register(made.reference, name="m", level="major", reason="callers must change")

    assert "2.0.0" == version.semantic
    (bump,) = (each.predicate for each in version.statements if isinstance(each.predicate, Bump))
    assert "callers must change (derived: minor)" == bump.overridden_because


def test_identical_weights_are_a_patch(repository: LocalRepository) -> None:
    versions = [
        repository.model.register(run(repository, writes={"m.pkl": b"1"}, note=note).reference, name="m")
        for note in ("a", "b")
    ]

    assert ["1.0.0", "1.0.1"] == [each.semantic for each in versions]


def test_fine_tuning_knows_its_parent(repository: LocalRepository) -> None:
    base = repository.model.register(run(repository, writes={"base.pkl": b"1"}).reference, name="base")
    tuned = run(repository, reads={"base.pkl": b"1"}, writes={"tuned.pkl": b"2"})

    assert base.digest == repository.model.register(tuned.reference, name="tuned").version.parent


def test_a_version_comes_from_a_dataset_that_was_added_after_its_run(repository: LocalRepository) -> None:
    content = b"a,b\n1,2\n"
    made = run(repository, reads={"t.csv": content}, writes={"m.pkl": b"1"})
    version = repository.model.register(made.reference, name="m").reference
    added = dataset(repository, "table", content)

    assert (version,) == repository.data.show("table").origin_of
    assert added.reference in {each.reference for each in repository.lineage(version).nodes}
    assert [version] == [each.reference for each in repository.search("trained on data:table").versions]


def test_lineage_goes_through_every_step_to_the_raw_data(repository: LocalRepository) -> None:
    raw = dataset(repository, "raw", b"a,b\n1,2\n")
    run(repository, reads={"raw.csv": b"a,b\n1,2\n"}, writes={"clean.csv": b"a,b\n3,4\n"})
    made = run(repository, reads={"clean.csv": b"a,b\n3,4\n"}, writes={"m.pkl": b"1"})
    version = repository.model.register(made.reference, name="m").reference
    depths = {each.reference: each.depth for each in repository.lineage(version).nodes}

    assert 4 == depths[raw.reference]
    assert raw.reference not in {each.reference for each in repository.lineage(version, depth=2).nodes}
    assert (version,) == repository.data.show("raw").origin_of


FINAL, STEP_2, STEP_10, BEST = (
    ModelFacts(framework="torch"),
    ModelFacts(framework="torch", role="checkpoint", step=2),
    ModelFacts(framework="torch", role="checkpoint", step=10),
    ModelFacts(framework="torch", role="best"),
)


@pytest.mark.parametrize(
    ("chosen", "models"),
    [
        ("end.pt", {"2.ckpt": STEP_2, "best.ckpt": BEST, "end.pt": FINAL}),
        ("x.ckpt", {"2.ckpt": STEP_2, "x.ckpt": BEST, "10.ckpt": STEP_10}),
        ("model_best.pt", {"model_1.pt": FINAL, "model_best.pt": FINAL, "model_last.pt": FINAL}),
        ("final.pt", {"2.ckpt": STEP_2, "final.pt": FINAL, "other.pt": FINAL}),
        ("b.ckpt", {"c.ckpt": STEP_2, "b.ckpt": STEP_10}),
        ("epoch-10.pt", {"epoch-9.pt": FINAL, "epoch-10.pt": FINAL, "epoch-1.pt": FINAL}),
        ("v1/epoch=3-loss=0.25.pt", {"v1/epoch=3-loss=0.25.pt": FINAL, "v1/epoch=2-loss=0.5.pt": FINAL}),
    ],
)
def test_of_several_models_the_clearly_last_or_best_is_it(
    repository: LocalRepository, chosen: str, models: dict[str, ModelFacts]
) -> None:
    made = run(repository, writes={path: path.encode() for path in models}, models=models)
    version = repository.model.register(made.reference, name="m").version

    assert chosen.rpartition("/")[2] == version.main_file
    # How training came to it is no property of the model.
    assert ("", None) == (version.facts.role, version.facts.step)


def test_words_within_words_and_unlike_names_decide_nothing(repository: LocalRepository) -> None:
    names = ("bestow.pt", "north_1.pt", "south_2.pt")
    made = run(repository, writes={each: each.encode() for each in names}, models=dict.fromkeys(names, FINAL))

    with pytest.raises(Ambiguous):
        repository.model.register(made.reference, name="m")


def test_copies_of_one_file_are_one_model(repository: LocalRepository) -> None:
    made = run(repository, writes={"a.pkl": b"1", "backup/b.pkl": b"1"})

    assert "a.pkl" == repository.model.register(made.reference, name="m").version.main_file


def test_a_directory_that_the_framework_called_a_model_is_it(repository: LocalRepository) -> None:
    writes = {"out/final/config.json": b"{}", "out/final/model.safetensors": b"2", "out/checkpoint-2/model.bin": b"3"}
    facts = ModelFacts(framework="transformers", classes=("no", "yes"))
    made = run(repository, writes=writes, models={"out/final": facts, "out/checkpoint-2": STEP_2})
    version = repository.model.register(made.reference, name="m").version

    assert ("model.safetensors", facts) == (version.main_file, version.facts)
    assert ["config.json", "model.safetensors"] == [
        each.path for each in repository.store.get_tree(version.weights).entries
    ]
