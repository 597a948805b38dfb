"""The verb that says in what two versions, or two runs, differ."""

from __future__ import annotations

from lineal.checks.comparison import Side, compare
from lineal.objects.digest import Digest
from lineal.objects.errors import Corrupt, Invalid, NotFound
from lineal.objects.files import Tree
from lineal.objects.runs import Code, Run, Runtime
from lineal.operations.answers import Diff, Difference
from lineal.operations.operation import operation
from lineal.operations.recording.runs import read_metrics
from lineal.operations.references import find_any, find_version, version_reference
from lineal.operations.versioning.models import version_of
from lineal.storage.store import Store

_SHOWN_BYTES = 100_000
"""A longer diff of code is cut: it is kept whole under its digest."""


@operation("diff", effect="reads", about={"left": "reference", "right": "reference"})
def diff(store: Store, left: str, right: str) -> Diff:
    """Show everything in which two versions, or two runs, differ: data, code, parameters, packages, machine, metrics.

    Args:
        left: a version or run.
        right: another of the same kind.

    Raises:
        Invalid: one is a version and the other a run, or it is something else.
    """
    before, after = _side(store, left), _side(store, right)
    if before[0] != after[0]:
        raise Invalid(f"{left} is a {before[0]} and {right} a {after[0]}", hint="compare two versions or two runs")
    differences = tuple(
        Difference(part=each.part, name=each.name, left=each.left, right=each.right)
        for each in compare(before[2], after[2])
    )
    return Diff(
        left=before[1],
        right=after[1],
        same=not differences,
        differences=differences,
        code_diff=_code_diff(store, before[2].code, after[2].code),
    )


def _side(store: Store, reference: str) -> tuple[str, str, Side]:
    """Return the kind, the reference and the parts of what ``reference`` names."""
    kind, row = find_any(store, reference)
    if kind in {"model", "alias", "version"}:
        row = find_version(store, reference)
        version = version_of(store, row)
        run = store.get_object(version.run, Run)
        return "version", version_reference(row), _parts(store, run, row["digest"], store.get_tree(version.weights))
    if kind == "run" and row["digest"]:
        run = store.get_object(row["digest"], Run)
        return "run", f"run:{row['id']}", _parts(store, run, row["id"], Tree())
    raise Invalid(f"{reference} cannot be compared", hint="give two versions, or two runs that have ended")


def _parts(store: Store, run: Run, subject: str, weights: Tree) -> Side:
    return Side(
        code=store.get_object(run.code, Code),
        runtime=store.get_object(run.runtime, Runtime),
        params=run.params,
        metrics=read_metrics(store, subject),
        data={each.path: each.digest for each in run.inputs},
        seeds=run.seeds,
        facts=next(iter(run.models.values()), Side().facts),
        weights=weights.entries,
    )


def _code_diff(store: Store, left: Code | None, right: Code | None) -> str:
    """Return the uncommitted changes of both sides, where they differ."""
    texts = [(name, code.diff) for name, code in (("left", left), ("right", right)) if code and code.diff]
    if not left or not right or left.diff == right.diff:
        return ""
    return "\n".join(f"# uncommitted on the {name}\n{_text(store, digest)}" for name, digest in texts)


def _text(store: Store, digest: Digest) -> str:
    try:
        return store.blobs.get(digest)[:_SHOWN_BYTES].decode("utf-8", "replace")
    except (NotFound, Corrupt) as error:
        return error.message
