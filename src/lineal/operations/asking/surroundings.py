"""What is around a run: the datasets of its files, what it came from and led to, and what was found out afterwards."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain

from lineal.objects.digest import Digest
from lineal.objects.errors import NotFound
from lineal.objects.runs import Run
from lineal.operations.answers.models import Related
from lineal.operations.answers.tracking import ArtifactLine
from lineal.operations.asking.lineage import CHANGED_FROM, READ, WRITTEN_BY, around, holders
from lineal.operations.references import dataset_reference
from lineal.storage.store import Store

_PRINTED_LINES, _PRINTED_BYTES = 20, 8_192
"""So much of what a program printed is shown; the store has all of it."""

_FILES_MAX, _ARTIFACTS_MAX, _RELATED_MAX = 2_000, 1_000, 100
_STEPS = 4
"""A run is two steps from the next one: through a file, or through more when that was changed in between."""

_KINDS = ("run", "dataset", "version", "deployment")


def datasets(store: Store, run: Run) -> dict[str, tuple[str, ...]]:
    """Return the references of the datasets that hold each file of a run, by the file's digest."""
    uses = [each.digest for each in chain(run.inputs, run.outputs, run.intermediates)][:_FILES_MAX]
    held = holders(store, dict.fromkeys(uses))
    if not held:
        return {}
    names = {f"d{place}": dataset for place, dataset in enumerate(sorted({dataset for dataset, _ in held}))}
    rows = store.database.run(
        f"SELECT * FROM dataset WHERE digest IN ({', '.join(f':{name}' for name in names)}) ORDER BY name, number",
        **names,
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for dataset, file in held:
            if dataset == row["digest"]:
                found[file] = (*found.get(file, ()), dataset_reference(row))
    return found


def artifacts(store: Store, run_id: str) -> tuple[ArtifactLine, ...]:
    """Return the files that a run's program logged, by path."""
    rows = store.database.run(
        "SELECT path, size_bytes FROM artifact WHERE subject = :run ORDER BY path LIMIT :limit",
        run=run_id,
        limit=_ARTIFACTS_MAX,
    )
    return tuple(ArtifactLine(row["path"], is_dir=False, size_bytes=row["size_bytes"]) for row in rows)


def related(store: Store, digest: Digest) -> tuple[Related, ...]:
    """Return what a run came from and led to, nearest first."""
    graph = around(store, digest, _STEPS, digest)
    near = [each for each in graph.nodes if each.depth and each.kind in _KINDS][:_RELATED_MAX]
    ids = {f"i{place}": each.reference.removeprefix("run:") for place, each in enumerate(near) if each.kind == "run"}
    marks = ", ".join(f":{name}" for name in ids)
    rows = store.database.run(f"SELECT id, name FROM run WHERE id IN ({marks})", **ids) if ids else []
    names = {f"run:{row['id']}": row["name"] for row in rows}
    return tuple(
        Related(reference=each.reference, kind=each.kind, steps=each.depth, name=names.get(each.reference, ""))
        for each in sorted(near, key=lambda each: (abs(each.depth), each.kind, each.reference))
    )


def printed(store: Store, run: Run) -> dict[str, str]:
    """Return the last lines that a program printed, by ``stdout`` and ``stderr``; what is empty, or gone, is left out."""
    found: dict[str, str] = {}
    for stream, digest in (("stdout", run.stdout), ("stderr", run.stderr)):
        with suppress(NotFound):
            if digest and (text := _end(store, digest)):
                found[stream] = text
    return found


def _end(store: Store, digest: Digest) -> str:
    size = store.blobs.size(digest)
    start = max(size - _PRINTED_BYTES, 0)
    data = b"".join(store.blobs.open(digest, start=start, size=size - start)) if size else b""
    lines = data.decode("utf-8", "replace").splitlines()
    kept = lines[-_PRINTED_LINES:]
    return "\n".join(["…", *kept] if start or len(kept) < len(lines) else kept)


def notes(store: Store, digest: Digest) -> tuple[str, ...]:
    """Return what is known only by inference: files that something unseen changed before the run read them."""
    rows = store.database.run(
        "SELECT DISTINCT e.detail, r.id FROM edge f JOIN edge e ON e.child = f.parent AND e.role = :changed"
        " JOIN edge w ON w.child = e.parent AND w.role = :written AND w.detail = e.detail"
        " JOIN run r ON r.digest = w.parent WHERE f.child = :run AND f.role = :read"
        " AND r.started_at <= (SELECT min(o.started_at) FROM run o WHERE o.digest = :run) ORDER BY e.detail, r.id",
        changed=CHANGED_FROM,
        written=WRITTEN_BY,
        read=READ,
        run=digest,
    )
    newest = {row["detail"]: row["id"] for row in rows}
    return tuple(
        f"files: {path} was changed by something that was not seen, after run:{run} had written it"
        for path, run in newest.items()
    )
