"""Runs and datasets, made as the recorder and people make them."""

from __future__ import annotations

from lineal.client.local import LocalRepository
from lineal.objects.canonical import object_digest
from lineal.objects.files import Entry, Tree
from lineal.objects.runs import Code, FileUse, ModelFacts, Package, Run, Runtime
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.answers.models import RunAnswer
from lineal.operations.operation import Upload

CODE = Code(entry_point="train.py", commit="a" * 40)
RUNTIME = Runtime(python="3.11.7", implementation="cpython", packages=(Package(name="scikit-learn", version="1.9.1"),))


def dataset(repository: LocalRepository, name: str, content: bytes) -> DatasetAnswer:
    """Add a dataset of one file."""
    digest = repository.blobs.put(content)
    entry = Entry(path=f"{name}.csv", digest=digest, size_bytes=len(content))
    answer: DatasetAnswer = repository.data.add(Upload(repository.put_tree(Tree(entries=(entry,))), f"{name}.csv"))
    return answer


def files(repository: LocalRepository, name: str, contents: dict[str, bytes]) -> DatasetAnswer:
    """Add a dataset of files, by path."""
    entries = tuple(
        Entry(path=path, digest=repository.blobs.put(data), size_bytes=len(data))
        for path, data in sorted(contents.items())
    )
    answer: DatasetAnswer = repository.data.add(Upload(repository.put_tree(Tree(entries=entries)), name), name=name)
    return answer


def run(
    repository: LocalRepository,
    *,
    reads: dict[str, bytes] | None = None,
    writes: dict[str, bytes] | None = None,
    models: dict[str, ModelFacts] | None = None,
    state: str = "finished",
    **params: object,
) -> RunAnswer:
    """Record a run that read and wrote files."""
    store = repository.store
    value = Run(
        id=store.clock.new_id(),
        name="train",
        command=("python", "train.py"),
        directory=".",
        state=state,  # type: ignore[arg-type]  # tests name wrong ones too
        started_at=store.clock.now(),
        ended_at=store.clock.now(),
        exit_status=0,
        code=object_digest(CODE),
        runtime=object_digest(RUNTIME),
        inputs=tuple(_use(repository, path, data) for path, data in (reads or {}).items()),
        outputs=tuple(_use(repository, path, data) for path, data in (writes or {}).items()),
        params=params,  # type: ignore[arg-type]
        models=models or {},
    )
    answer: RunAnswer = repository.runs.finish(run=value, code=CODE, runtime=RUNTIME)
    return answer


def _use(repository: LocalRepository, path: str, data: bytes) -> FileUse:
    return FileUse(path=path, digest=repository.blobs.put(data), size_bytes=len(data))
