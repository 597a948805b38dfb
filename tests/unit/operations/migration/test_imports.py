"""What comes from another system keeps its names and times, and comes once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.objects.canonical import object_digest
from lineal.objects.errors import Conflict, Denied, Invalid
from lineal.objects.files import Entry, Tree
from lineal.objects.runs import IMPORTED, Code, FileUse, Run, Runtime
from lineal.objects.ulid import ulid
from lineal.operations.migration.imports import Item
from lineal.storage.store import Actor

AT = 1_500_000_000_000
CODE, RUNTIME = Code(commit="0" * 40), Runtime()


def item(name: str, **changes: Any) -> Item:
    return msgspec.structs.replace(Item(system="dvc", name=name, by="Grace", at=AT, message="why"), **changes)


def tree_of(repository: LocalRepository, **files: bytes) -> str:
    entries = (
        Entry(path=path, digest=repository.blobs.put(data), size_bytes=len(data))
        for path, data in sorted(files.items())
    )
    return repository.put_tree(Tree(entries=tuple(entries)))


def run_of(repository: LocalRepository, number: int, **changes: Any) -> Run:
    weights = f"weights {number}".encode()
    use = FileUse(path="out/m.pkl", digest=repository.blobs.put(weights), size_bytes=len(weights))
    run = Run(
        id=ulid(AT + number, b"0123456789"),
        name="train",
        command=("sh", "-c", "x"),
        directory=".",
        state="finished",
        started_at=AT,
        ended_at=AT,
        exit_status=0,
        code=object_digest(CODE),
        runtime=object_digest(RUNTIME),
        outputs=(use,),
        capture_level=IMPORTED,
    )
    return msgspec.structs.replace(run, **changes)


def bring_run(repository: LocalRepository, number: int) -> str:
    run = run_of(repository, number)
    return repository.imports.run(run=run, code=CODE, runtime=RUNTIME, item=item(f"stage:{number}")).reference


def test_a_dataset_version_says_who_added_it_where_it_was(repository: LocalRepository) -> None:
    for _ in range(2):
        tree = tree_of(repository, a=b"1")
        answer = repository.imports.dataset(name="raw", tree=tree, item=item("c:raw"))

    assert ("data:raw@1", "Grace", AT, "why") == (
        answer.reference,
        answer.added_by,
        answer.created_at,
        answer.message,
    )
    assert {"c:raw": "data:raw@1"} == repository.imports.known("dvc")
    assert {} == repository.imports.known("mlflow")
    assert "ada" == repository.log()[0].by


def test_an_item_without_a_name_is_not_remembered(repository: LocalRepository) -> None:
    repository.imports.dataset(name="raw", tree=tree_of(repository, a=b"1"), item=item(""))

    assert {} == repository.imports.known("dvc")


def test_a_run_is_its_authors_and_its_edges_are_declared(repository: LocalRepository) -> None:
    reference = bring_run(repository, 1)

    assert "Grace" == repository.show(reference).started_by
    assert ["declared"] == [each.trust for each in repository.lineage(reference).edges]


def test_a_run_that_claims_to_have_been_seen_is_refused(repository: LocalRepository) -> None:
    run = run_of(repository, 1, capture_level="fanotify")
    with pytest.raises(Invalid, match="claims to have been seen by 'fanotify'"):
        repository.imports.run(run=run, code=CODE, runtime=RUNTIME, item=item("stage:1"))


def test_versions_keep_their_numbers(repository: LocalRepository) -> None:
    for number, semantic in enumerate(("1.0.0", "1.2.0", "3.0.0")):
        run = bring_run(repository, number)
        for _ in range(2):
            answer = repository.imports.version(
                run=run, name="churn", file="out/m.pkl", semantic=semantic, item=item(f"tag:{semantic}")
            )
        assert (f"churn:{semantic}", number + 1, "Grace", AT) == (
            answer.reference,
            answer.number,
            answer.created_by,
            answer.created_at,
        )
    assert ["major", "minor", "first"] == [
        each.statements[-1].predicate.level
        for each in (repository.show(f"churn:{v}") for v in ("3.0.0", "1.2.0", "1.0.0"))
    ]


def test_a_number_that_another_version_has_is_refused(repository: LocalRepository) -> None:
    for number in (1, 2):
        run = bring_run(repository, number)
        if number == 2:
            with pytest.raises(Conflict, match=r"churn:1\.0\.0 is another version here"):
                repository.imports.version(run=run, name="churn", file="", semantic="1.0.0", item=item("tag:b"))
        else:
            repository.imports.version(run=run, name="churn", file="", semantic="1.0.0", item=item("tag:a"))


def test_an_alias_is_remembered_where_it_was_set(repository: LocalRepository) -> None:
    repository.imports.version(
        run=bring_run(repository, 1), name="churn", file="", semantic="1.0.0", item=item("tag:a")
    )
    repository.imports.alias(version="churn:1.0.0", name="prod", item=item("tag:p"))

    assert "churn@prod" == repository.imports.known("dvc")["tag:p"]
    assert ("prod",) == repository.show("churn:1.0.0").aliases
    with pytest.raises(Invalid, match="is a stage"):
        repository.imports.alias(version="churn:1.0.0", name="production", item=item("tag:q"))


def test_only_an_administrator_writes_in_the_name_of_others(repository: LocalRepository) -> None:
    writer = repository.acting(Actor("bob", "writer"))
    with pytest.raises(Denied, match="needs a admin"):
        writer.imports.dataset(name="raw", tree=tree_of(repository, a=b"1"), item=item("c:raw"))
