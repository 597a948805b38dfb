"""A version that a program registers is a version like every other: sealed, bound to its run, numbered once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.digest import digest_of
from lineal.objects.errors import Exists, Invalid, NotFound, Refused
from lineal.objects.runs import Code, ModelFacts, Point, Run, Runtime
from lineal.objects.ulid import hexadecimal
from lineal.objects.versions import Version
from lineal.operations.answers.registry import RegisteredVersion
from lineal.operations.recording import tracking
from lineal.operations.versioning import registered_models, registered_versions, registry
from lineal.operations.versioning.registered_versions import NewVersion
from tests.unit.operations.making import run as recorded
from tests.unit.operations.tracked import MODEL, logged, made, registered, tracked, upload


def value(repository: LocalRepository, found: RegisteredVersion) -> Version:
    return repository.store.get_object(found.digest, Version)


def sealed(repository: LocalRepository, subject: str) -> dict[str, int]:
    rows = repository.store.database.run("SELECT path, sealed FROM artifact WHERE subject = :subject", subject=subject)
    return {row["path"]: row["sealed"] for row in rows}


def test_the_files_under_the_source_are_its_weights_and_nobody_changes_them_any_more(either: LocalRepository) -> None:
    run = tracked(either)
    upload(either, run, {"model2/other": b"2", "plot.png": b"3"})
    found = registered(either, made(either, "churn"), run)
    version = value(either, found)

    assert sorted(MODEL) == [each.path for each in either.store.entries(version.weights)]
    assert ("model.pkl", None) == (version.main_file, version.source)
    assert {
        "model/MLmodel": 1,
        "model/model.pkl": 1,
        "model/requirements.txt": 1,
        "model2/other": 0,
        "plot.png": 0,
    } == (sealed(either, run))
    assert f"mlflow-artifacts:/0/{hexadecimal(run)}/artifacts/model" == found.location
    assert ("none", "ready", 1, "1.0.0") == (found.stage, found.status, found.number, found.semantic)


def test_it_is_bound_to_what_its_run_had_told_by_then(either: LocalRepository) -> None:
    run = tracked(either)
    version = value(either, registered(either, made(either, "churn"), run))
    tracking.record(either, run, points=(Point(key="auc", step=2, value=0.1, at=2),), params={"late": "1"})
    seen = either.store.get_object(version.run, Run)

    assert ({"depth": "5"}, {"auc": 0.9}) == (version.params, version.metrics)
    assert (run, "running", "imported", "a") == (seen.id, seen.state, seen.capture_level, seen.tags["team"])
    assert ["model/MLmodel", "model/model.pkl", "model/requirements.txt"] == [each.path for each in seen.outputs]
    assert Code(entry_point="train.py", commit="a" * 40) == either.store.get_object(version.code, Code)
    assert {"mlflow", "scikit-learn"} == {
        each.name for each in either.store.get_object(version.runtime, Runtime).packages
    }
    assert (
        ModelFacts(
            framework="sklearn",
            framework_version="1.5.0",
            inputs={"age": "float64", "visits": "int64"},
            outputs={"output 0": "int64"},
        )
        == version.facts
    )


def test_what_a_run_used_is_what_its_version_was_trained_on(either: LocalRepository) -> None:
    run = tracked(either)
    either.store.database.run(
        "INSERT INTO named_dataset (id, experiment, name, digest, source_type, source)"
        " VALUES ('d', 0, 'adult', 'abc', 'local', 'data.csv')"
    )
    either.store.database.run(
        "INSERT INTO run_input (run, kind, input, context, tags) VALUES (:run, 'dataset', 'd', 'train', '[]')", run=run
    )
    (used,) = value(either, registered(either, made(either, "churn"), run)).data

    assert "train/adult" == used.path
    assert b'"name":"adult"' in either.store.blobs.get(used.digest)
    assert "adult" in str(either.lineage("churn:1.0.0").nodes)


def test_its_semantic_version_follows_from_what_differs(either: LocalRepository) -> None:
    made(either, "churn")
    first = registered(either, "churn")
    other = registered(either, "churn", tracked(either, {**MODEL, "model.pkl": b"other weights"}))
    narrower = {**MODEL, "MLmodel": MODEL["MLmodel"].replace(b"age", b"years")}
    breaking = registered(either, "churn", tracked(either, narrower))
    again = registered(either, "churn", other.run)

    assert ["1.0.0", "1.1.0", "2.0.0", "3.0.0"] == [each.semantic for each in (first, other, breaking, again)]


def test_registered_twice_it_is_one_value_under_two_numbers(either: LocalRepository) -> None:
    run = tracked(either)
    made(either, "churn")
    first, second = registered(either, "churn", run), registered(either, "churn", run)

    assert first.digest == second.digest
    assert [(1, "1.0.0"), (2, "1.0.1")] == [(each.number, each.semantic) for each in (first, second)]


def test_a_copy_is_the_same_value_in_another_model(either: LocalRepository) -> None:
    first = registered(either, made(either, "churn"))
    registered_versions.alias(either, "churn", 1, alias="champion")
    made(either, "prod")
    copies = [
        registered_versions.create(either, "prod", NewVersion(source=f"models:/churn{where}"))
        for where in ("/1", "@champion", "/None", "/latest")
    ]

    assert {(first.digest, first.location, first.run)} == {(each.digest, each.location, each.run) for each in copies}
    assert [1, 2, 3, 4] == [each.number for each in copies]
    with pytest.raises(NotFound, match=r"Model Version \(name=churn, version=9\) not found"):
        registered_versions.create(either, "prod", NewVersion(source="models:/churn/9"))


def test_a_logged_model_brings_its_run(either: LocalRepository) -> None:
    run = tracked(either)
    model = logged(either, run, "m-" + "7" * 32)
    found = registered_versions.create(
        either, made(either, "churn"), NewVersion(source=f"models:/{model}", logged_model=model)
    )

    assert (run, model) == (found.run, found.logged_model)
    assert f"mlflow-artifacts:/0/models/{model}/artifacts" == found.location
    assert {1} == set(sealed(either, f"logged:{model}").values())
    with pytest.raises(NotFound, match="Logged model with ID 'm-none' not found"):
        registered_versions.create(either, "churn", NewVersion(source="models:/m-none"))


def test_files_elsewhere_are_kept_as_a_reference(either: LocalRepository) -> None:
    made(either, "churn")
    first, second = (registered_versions.create(either, "churn", NewVersion(source="s3://b/m", run="x")) for _ in "12")
    version = value(either, first)

    assert ("s3://b/m", "", ()) == (version.source, version.main_file, tuple(either.store.entries(version.weights)))
    assert ("s3://b/m", "x") == (first.location, first.run)
    # Nobody knows whether the bytes there are still the same.
    assert ["1.0.0", "1.1.0"] == [first.semantic, second.semantic]


def test_a_prompt_needs_no_files(either: LocalRepository) -> None:
    tags = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "hi {{x}}"}
    found = registered_versions.create(either, made(either, "p"), NewVersion(source="dummy-source", tags=tags))

    assert ("dummy-source", "", tags) == (found.source, found.run, found.tags)


HEX = "0" * 31 + "1"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("runs:/{other}/model", Invalid),
        ("mlflow-artifacts:/0/{other}/artifacts/model", Invalid),
        ("mlflow-artifacts:/7/{run}/artifacts/model", Invalid),
        ("mlflow-artifacts:/0/{run}/artifacts/../../x", Invalid),
        ("mlflow-artifacts:/0/{run}/artifacts/%2e%2e/x", Invalid),
        ("mlflow-artifacts:/0/{run}/artifacts/%252e%252e/x", Invalid),
        ("mlflow-artifacts:/0/{run}", Invalid),
        ("runs:/{run}/..\\x", Invalid),
        ("runs:/", Invalid),
        ("models:/", Invalid),
        ("models:/churn/Nowhere", Invalid),
        ("/etc/passwd", Invalid),
        ("file:///etc/passwd", Invalid),
        ("dummy-source", Invalid),
        pytest.param("s3://b/" + "x" * 500, Invalid, id="long"),
        (f"runs:/{HEX}/model", Invalid),
        ("runs:/nobody/model", NotFound),
    ],
)
def test_a_source_outside_the_run_that_is_named_is_refused(
    repository: LocalRepository, text: str, error: type[Exception]
) -> None:
    run, other = tracked(repository), tracked(repository)
    made(repository, "churn")
    said = text.format(run=hexadecimal(run), other=hexadecimal(other))

    with pytest.raises(error):
        registered_versions.create(repository, "churn", NewVersion(source=said, run=run))
    assert {0} == set(sealed(repository, run).values()) | set(sealed(repository, other).values())


def test_two_at_once_get_two_numbers(either: LocalRepository) -> None:
    made(either, "churn")
    runs = [tracked(either) for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda run: registered(either, "churn", run), runs))

    assert list(range(1, 9)) == sorted(each.number for each in found)
    assert runs == [each.run for each in found]


def test_a_number_is_never_handed_out_twice(either: LocalRepository) -> None:
    made(either, "churn")
    registered(either, "churn")
    registered(either, "churn")
    registered_versions.delete(either, "churn", 2)
    third = registered(either, "churn")
    registered_models.delete(either, "churn")
    made(either, "churn")

    assert (3, 4) == (third.number, registered(either, "churn").number)


def test_what_was_deleted_is_out_of_sight_and_still_there(either: LocalRepository) -> None:
    found = registered(either, made(either, "churn"))
    registered_versions.alias(either, "churn", 1, alias="champion")
    registered_versions.transition(either, "churn", 1, to="production")
    for delete in (
        lambda: registered_versions.delete(either, "churn", 1),
        lambda: registered_models.delete(either, "churn"),
    ):
        with pytest.raises(Refused, match=r"churn:1\.0\.0 stands in production, so it can't be deleted"):
            delete()
    registered_versions.transition(either, "churn", 1, to="archived")
    either.hold.place("churn:1.0.0", reason="case 17")
    with pytest.raises(Refused, match=r"churn:1\.0\.0 is held, so it can't be deleted: case 17"):
        registered_models.delete(either, "churn")
    assert 1 == registry.version(either, "churn", alias="champion").number
    either.hold.release("churn:1.0.0", reason="closed")
    registered_versions.delete(either, "churn", 1)

    with pytest.raises(NotFound, match=r"Model Version \(name=churn, version=1\) not found"):
        registry.version(either, "churn", number=1)
    with pytest.raises(Invalid, match="Registered model alias champion not found"):
        registry.version(either, "churn", alias="champion")
    assert () == registry.model(either, "churn").latest
    assert (found.digest, "archived") == (either.show("churn:1.0.0").digest, either.show("churn:1.0.0").stage)


def test_a_model_that_was_deleted_begins_anew(either: LocalRepository) -> None:
    registered_models.create(either, "churn", description="old", tags={"a": "1"})
    registered(either, "churn", tags={"b": "2"})
    registered_models.delete(either, "churn")
    with pytest.raises(NotFound, match="Registered Model with name=churn not found"):
        registry.model(either, "churn")
    again = registered_models.create(either, "churn")

    assert ("", {}, ()) == (again.description, again.tags, again.latest)
    assert 1 == len(either.model.show("churn").versions)


def test_a_model_keeps_everything_when_it_is_renamed(either: LocalRepository) -> None:
    registered_models.create(either, "churn", description="d", tags={"a": "1"})
    before = registered(either, "churn", tags={"b": "2"})
    registered_versions.alias(either, "churn", 1, alias="champion")
    after = registered_models.rename(either, "churn", "leavers")

    assert ("d", {"a": "1"}, {"champion": 1}) == (after.description, after.tags, after.aliases)
    assert (before.digest, {"b": "2"}) == (after.latest[0].digest, after.latest[0].tags)
    assert 2 == registered(either, "leavers").number
    with pytest.raises(NotFound) as caught:
        either.model.show("churn")
    assert "renamed to leavers" in caught.value.hint
    assert ["leavers"] == [each.name for each in either.model.list()]
    assert {} == made_anew(either, "churn")
    assert (1, "1.0.0") == (registry.version(either, "leavers", number=1).number, before.semantic)
    assert 2 == registered(either, "churn").number


def made_anew(repository: LocalRepository, name: str) -> dict[str, str]:
    return registered_models.create(repository, name).tags


def test_a_name_that_others_have_or_had_is_refused(either: LocalRepository) -> None:
    for name in ("a", "b", "c"):
        registered(either, made(either, name))
    registered_models.delete(either, "c")

    for name in ("b", "c"):
        with pytest.raises(Exists, match=rf"Registered Model \(name={name}\) already exists\."):
            registered_models.rename(either, "a", name)
    registered_models.rename(either, "a", "d")
    assert "a" == registered_models.rename(either, "d", "a").name


def test_a_version_that_we_registered_is_in_the_registry_too(either: LocalRepository) -> None:
    ran = recorded(either, writes={"m.pkl": b"1"})
    either.model.register(ran.reference, name="churn")
    found = registry.version(either, "churn", number=1)

    assert ("staging", ran.id) == (found.stage, found.run)
    assert f"mlflow-artifacts:/versions/{found.digest.removeprefix('sha256:')}/artifacts" == found.location
    registered_models.delete(either, "churn")
    either.model.register(recorded(either, writes={"m.pkl": b"2"}).reference, name="churn")
    assert [2] == [each.number for each in registry.model(either, "churn").latest]


POLICY = '[[gate.production]]\ncheck = "metric_floor"\nmetric = "auc"\nat_least = 0.95\n'


def test_a_transition_passes_the_gate_of_the_policy(repository: LocalRepository, policy: Callable[[str], None]) -> None:
    registered(repository, made(repository, "churn"))
    assert "production" == registered_versions.transition(repository, "churn", 1, to="production").stage
    registered_versions.transition(repository, "churn", 1, to="none")
    policy(POLICY)

    for act in (
        lambda: registered_versions.transition(repository, "churn", 1, to="production"),
        lambda: registered_versions.alias(repository, "churn", 1, alias="Production"),
    ):
        with pytest.raises(Refused, match="metric_floor"):
            act()
    assert ("none", ()) == (
        registry.version(repository, "churn", number=1).stage,
        repository.show("churn:1.0.0").aliases,
    )
    assert {"failed"} == {each.outcome for each in repository.log("churn")[:2]}


def test_others_are_archived_only_when_that_is_asked_for(either: LocalRepository) -> None:
    made(either, "churn")
    for _ in range(3):
        registered(either, "churn")
    for number in (1, 2):
        registered_versions.transition(either, "churn", number, to="production")
    assert ["production", "production"] == stages(either)[:2]
    registered_versions.transition(either, "churn", 3, to="production", archive_others=True)

    assert ["archived", "archived", "production"] == stages(either)


def stages(repository: LocalRepository) -> list[str]:
    return [registry.version(repository, "churn", number=number).stage for number in (1, 2, 3)]


def test_an_alias_that_is_called_as_a_stage_follows_it(either: LocalRepository) -> None:
    made(either, "churn")
    for _ in range(3):
        registered(either, "churn")
    registered_versions.alias(either, "churn", 1, alias="production")
    assert ("production", ("production",)) == _standing(either, 1)
    either.promote("churn:1.0.1", to="production", force=True, reason="a test")
    assert (("archived", ()), ("production", ("production",))) == (_standing(either, 1), _standing(either, 2))
    registered_versions.transition(either, "churn", 2, to="none")

    assert {} == registry.model(either, "churn").aliases


def _standing(repository: LocalRepository, number: int) -> tuple[str, tuple[str, ...]]:
    found = registry.version(repository, "churn", number=number)
    return found.stage, found.aliases


def test_every_act_is_in_the_journal(repository: LocalRepository) -> None:
    registered(repository, made(repository, "churn"), description="d")
    registered_versions.update(repository, "churn", 1, tags={"a": "1"})
    registered_versions.alias(repository, "churn", 1, alias="champion")
    registered_versions.transition(repository, "churn", 1, to="staging")
    registered_versions.unalias(repository, "churn", alias="champion")

    assert [
        "model create",
        "version create",
        "version update",
        "version alias",
        "version transition",
        "version unalias",
    ] == [each.operation for each in reversed(repository.log("churn"))]


def test_the_newest_of_each_stage_is_what_a_model_shows(either: LocalRepository) -> None:
    made(either, "churn")
    for _ in range(4):
        registered(either, "churn")
    for number, stage in ((1, "production"), (2, "production"), (3, "staging")):
        registered_versions.transition(either, "churn", number, to=stage)  # type: ignore[arg-type]

    assert [(2, "production"), (3, "staging"), (4, "none")] == [
        (each.number, each.stage) for each in registry.model(either, "churn").latest
    ]
    assert [2] == [each.number for each in registry.latest(either, "churn", stages=("production",))]


def test_parameters_of_a_version_are_found_as_numbers(repository: LocalRepository) -> None:
    registered(repository, made(repository, "churn"))

    assert ["churn:1.0.0"] == [each.reference for each in repository.search("params.depth > 4").versions]


def test_bytes_that_were_not_uploaded_yet_are_no_evidence(repository: LocalRepository) -> None:
    run = tracked(repository, {})
    found = registered(repository, made(repository, "churn"), run)

    assert f"mlflow-artifacts:/0/{hexadecimal(run)}/artifacts/model" == value(repository, found).source
    assert digest_of(b"") not in value(repository, found).weights
