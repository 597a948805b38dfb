"""In what two runs or versions differ, over a real repository."""

from __future__ import annotations

import io

import msgspec
import numpy as np

from lineal.client.local import LocalRepository
from lineal.formats.series import Series
from lineal.objects.canonical import object_digest
from lineal.objects.places import ObjectUse, QueryUse
from lineal.objects.runs import FileUse, Run
from lineal.operations.answers.differences import Diff
from tests.unit.operations.making import CODE, RUNTIME, run

SIZE = 200


def weights(scale: float) -> bytes:
    made = io.BytesIO()
    np.savez(made, layer=np.arange(1.0, 5.0) * scale, bias=np.zeros(2))
    return made.getvalue()


def table(shift: float) -> bytes:
    return b"a,b\n" + b"".join(b"%f,%d\n" % (n / SIZE + shift, n % 3) for n in range(SIZE))


def test_inside_the_files_of_runs_tables_and_tensors_are_compared(repository: LocalRepository) -> None:
    left = run(repository, reads={"t.csv": table(0)}, writes={"m.npz": weights(1)}, depth=3)
    right = run(repository, reads={"t.csv": table(5)}, writes={"m.npz": weights(2)}, depth=4)
    found: Diff = repository.diff(left.reference, right.reference)

    assert {"data", "params", "outputs"} == {each.part for each in found.differences}
    assert {"code", "packages", "runtime", "command"} <= set(found.equal)
    assert [("t.csv", ["a"])] == [(each.name, [column.name for column in each.columns]) for each in found.tables]
    (model,) = found.models
    assert ("m.npz", "npz", 1, ["layer"]) == (
        model.path, model.format, model.equal_count, [each.name for each in model.changes],
    )  # fmt: skip
    assert (4.0, 1.0) == (model.changes[0].max_difference, model.changes[0].relative_difference)


def test_versions_are_compared_by_their_weights_whatever_the_files_are_called(repository: LocalRepository) -> None:
    left = run(repository, writes={"old.npz": weights(1)})
    right = run(repository, writes={"new.npz": weights(2)})
    versions = [
        repository.model.register(each.reference, name="m", file=file).reference
        for each, file in ((left, "old.npz"), (right, "new.npz"))
    ]
    (model,) = repository.diff(*versions).models

    assert ("new.npz", "old.npz", 1) == (model.path, model.was, model.change_count)


def test_a_damaged_model_is_said_and_the_rest_is_compared(repository: LocalRepository) -> None:
    left = run(repository, writes={"m.npz": weights(1)}, depth=1)
    right = run(repository, writes={"m.npz": weights(1)[:-40]}, depth=2)
    found = repository.diff(left.reference, right.reference)

    assert "no sound model file" in found.models[0].note
    assert "params" in {each.part for each in found.differences}


def test_files_that_are_no_models_and_bytes_that_are_not_here_are_no_trouble(repository: LocalRepository) -> None:
    left = run(repository, reads={"t.csv": b"a\n1\n"}, writes={"log.txt": b"one"})
    right = run(repository, reads={"t.csv": b"a\n2\n"}, writes={"log.txt": b"two"})
    for each in (b"one", b"a\n1\n"):
        repository.blobs.delete(repository.blobs.put(each))
    found = repository.diff(left.reference, right.reference)

    assert ((), ()) == (found.models[1:], found.tables)


def finish(repository: LocalRepository, losses: list[float]) -> str:
    """Record a run with a curve."""
    store = repository.store
    value = Run(
        id=store.clock.new_id(), name="t", command=("t",), directory=".", state="finished", started_at=1, ended_at=2,
        exit_status=0, code=object_digest(CODE), runtime=object_digest(RUNTIME), metrics={"loss": losses[-1]},
    )  # fmt: skip
    repository.runs.start(run_id=value.id, name="t", command=("t",), host="", started_at=1)
    steps = list(range(len(losses)))
    repository.runs.extend(value.id, points={"loss": Series(steps, list(losses), steps)})
    reference: str = repository.runs.finish(run=value, code=CODE, runtime=RUNTIME).reference
    return reference


def test_curves_say_where_they_part(repository: LocalRepository) -> None:
    left, twin, right = (finish(repository, each) for each in ([3, 2, 1], [3, 2, 1], [3, 2.5, 1, 1]))
    (found,) = [each for each in repository.diff(left, right).differences if each.part == "curves"]

    assert ("loss", "3 points", "4 points") == (found.name, found.left, found.right)
    assert found.note.startswith("equal before step 1; at step 1: 2")
    assert "curves" in repository.diff(left, twin).equal
    assert repository.diff(left, twin).same


def test_what_a_run_read_or_wrote_is_data_and_no_source(repository: LocalRepository) -> None:
    store = repository.store
    patch = "diff --git a/t.csv b/t.csv\n@@ -1 +1 @@\n-1\n+{}\ndiff --git a/t.py b/t.py\n@@ -1 +1 @@\n-1\n+{}\n"
    references = []
    for new in ("2", "3"):
        code = msgspec.structs.replace(CODE, diff=repository.blobs.put(patch.format(new, new).encode()))
        data = repository.blobs.put(new.encode())
        value = Run(
            id=store.clock.new_id(), name="t", command=("t",), directory=".", state="finished", started_at=1, ended_at=2,
            exit_status=0, code=object_digest(code), runtime=object_digest(RUNTIME),
            inputs=(FileUse(path="t.csv", digest=data, size_bytes=1),),
        )  # fmt: skip
        references.append(repository.runs.finish(run=value, code=code, runtime=RUNTIME).reference)

    assert ["t.py"] == [each.path for each in repository.diff(*references).sources]


def test_what_was_read_and_written_elsewhere_is_compared_by_address_and_state(repository: LocalRepository) -> None:
    made = run(repository).run
    assert made is not None
    references = []
    for name, rows, etag in (("first", 10, '"a"'), ("second", 12, '"b"')):
        changed = msgspec.structs.replace(
            made,
            id=repository.store.clock.new_id(),
            name=name,
            objects=(
                ObjectUse(uri="s3://lake/same.csv", access="read", version="1", by=("botocore",)),
                ObjectUse(uri="s3://lake/rows.csv", access="read", version=f"v-{name}", etag=etag, by=("botocore",)),
                ObjectUse(uri="s3://lake/model", access="written", etag=etag, by=("botocore",)),
            ),
            queries=(QueryUse(connection="postgresql://base", sql="SELECT\n  *", row_count=rows, by=("psycopg",)),),
        )
        references.append(repository.runs.finish(run=changed, code=CODE, runtime=RUNTIME).reference)

    found = repository.diff(*references)

    assert [
        ("data", "s3://lake/rows.csv", 'ETag "a"', 'ETag "b"'),
        ("queries", "SELECT *", "postgresql://base, 10 rows", "postgresql://base, 12 rows"),
        ("outputs", "s3://lake/model", 'ETag "a"', 'ETag "b"'),
    ] == [(each.part, each.name, each.left, each.right) for each in found.differences]
    assert ("first", "second") == (found.left_name, found.right_name)
