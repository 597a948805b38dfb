"""Verbs that move bytes between this repository and remotes: push, pull."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lineal.formats.holding import Holding, Key
from lineal.objects.canonical import object_digest
from lineal.objects.datasets import DatasetVersion
from lineal.objects.errors import Corrupt, Invalid, LinealError, NotFound
from lineal.objects.reference import parse_reference
from lineal.operations.answers.files import Contents, Transfer
from lineal.operations.data.contents import find_contents
from lineal.operations.data.stores import every_remote, packed_of, remote_of
from lineal.operations.operation import operation
from lineal.operations.references import Row, dataset_reference, find_dataset
from lineal.storage.remotes.remote import Remote
from lineal.storage.store import Store

_LINES = {"dataset": "data", "version": "model", "alias": "model", "run": "run"}


@operation("data push", effect="acts", about={"names": "contents"})
def push(store: Store, names: tuple[str, ...] = (), *, to: str = "") -> tuple[Transfer, ...]:
    """Send datasets, versions of models or what runs wrote to a remote; only what is missing there is sent.

    The remote is asked for everything each time, so a push also mends a remote that lost something. Of a version that is held,
    or that the policy keeps, the objects are locked where the remote does that; the next push after a release lets go of them.

    Args:
        names: what, such as data:adult, data:adult@2, churn:1.2.0 or run:train; by default every version of every dataset.
        to: the remote's name or address; by default the default remote.

    Raises:
        NotFound: nothing has that name, or its bytes are not here.
        Corrupt: a file here is damaged; it is not sent.
        Unavailable: the remote cannot be reached.
    """
    remote = remote_of(store, to)
    wanted = [find_contents(store, each) for each in names or _every_dataset(store)]
    remote.check(make=True)
    with remote.writing(store.actor.name):
        return tuple(_push(store, remote, each) for each in wanted)


def _push(store: Store, remote: Remote, contents: Contents) -> Transfer:
    store.progress.begin(f"push {contents.reference}")
    from lineal.storage.remotes.pushing import push as send  # noqa: PLC0415 - a pull sends nothing

    said = _described(store, contents)
    done = send(packed_of(store), remote, line_of(contents.reference), said, progress=store.progress)
    locked = ""
    if parse_reference(contents.reference).kind in {"version", "alias"}:
        from lineal.operations.data.locks import lock  # noqa: PLC0415 - it brings policies along, which a dataset has none of

        locked = lock(store, remote, line_of(contents.reference), contents.reference)
    return Transfer(
        reference=contents.reference,
        remote=remote.url,
        files=done.files,
        size_bytes=done.size_bytes,
        present=done.present,
        locked=locked,
    )


def _described(store: Store, contents: Contents) -> Holding:
    """Return what a remote is told of the files of a reference."""
    base = Holding(
        repository=store.identity,
        reference=contents.reference,
        number=0,
        tree=contents.tree,
        file_count=contents.file_count,
        size_bytes=contents.size_bytes,
        written_at=store.clock.now(),
    )
    if parse_reference(contents.reference).kind != "dataset":
        return base
    row = find_dataset(store, contents.reference)
    dataset = store.get_object(row["digest"], DatasetVersion)
    source = None
    if dataset.source:
        from lineal.operations.data.datasets import source_at  # noqa: PLC0415 - it reads tables

        source = source_at(store, dataset.source)
    return msgspec.structs.replace(
        base,
        number=row["number"],
        dataset=dataset,
        source=source,
        message=row["message"],
        added_by=row["added_by"],
        created_at=row["created_at"],
    )


@operation("data pull", effect="acts", internal=True)
def pull(store: Store, names: tuple[str, ...] = (), *, source: str = "") -> tuple[Transfer, ...]:
    """Fetch datasets, versions of models or what runs wrote from a remote; only what is missing here is fetched.

    A dataset that this repository does not know is added with its versions' numbers, times and authors.

    Args:
        names: what, such as data:adult; by default everything that the remote holds and this repository knows.
        source: the remote's name or address; by default the default remote. When it lost something, all others are asked.

    Raises:
        NotFound: no remote holds it, or all of it.
        Corrupt: the remotes hold other bytes.
        Unavailable: the remote cannot be reached.
    """
    remotes = every_remote(store, source)
    for each in remotes[:1]:
        each.check(make=False)
    return tuple(pull_from(store, remotes, each) for each in names or _every_dataset(store))


def pull_from(store: Store, remotes: list[Remote], name: str) -> Transfer:
    """Fetch one thing from the first of ``remotes`` that has all of it. Raises NotFound, Corrupt."""
    from lineal.storage.remotes.pulling import pull as fetch  # noqa: PLC0415 - a push fetches nothing

    failures = list[LinealError]()
    for remote in remotes:
        try:
            key = _key(store, remote, name)
            holding = remote.holding(key)
            store.progress.begin(f"pull {holding.reference}")
            done = fetch(packed_of(store), remote, holding, progress=store.progress)
            _keep(store, remote, holding)
        except (NotFound, Corrupt) as error:
            failures.append(error)
            continue
        reference = _adopt(store, key.line, holding)
        return Transfer(reference=reference, remote=remote.url, files=done.files, size_bytes=done.size_bytes, present=0)
    raise failures[-1] if failures else NotFound(f"no remote holds {name}", hint="lineal remote add NAME URL")


def _keep(store: Store, remote: Remote, holding: Holding) -> None:
    """Keep a tree that was fetched, if all of it is here. Raises NotFound."""
    try:
        store.keep_tree(holding.tree, anew=True)
    except LinealError as error:
        from lineal.storage.remotes.pulling import AGAIN  # noqa: PLC0415 - as above

        raise NotFound(f"{remote.url} does not hold all of {holding.reference}: {error.message}", hint=AGAIN) from None


def _key(store: Store, remote: Remote, name: str) -> Key:
    """Return the key of the holding that is meant: by its tree when we know it, else the newest of its name.

    Raises:
        NotFound: the remote holds no such thing.
    """
    reference = parse_reference(_as_dataset(name))
    # A bare name means the newest there is, which the remote may have and we not.
    known = _known(store, name) if reference.kind != "dataset" or reference.detail else None
    line = line_of(known.reference if known else _as_dataset(name))
    found = remote.holdings(line)
    if known:
        found = [each for each in found if each.tree == known.tree]
    elif reference.detail.isdecimal():
        found = [each for each in found if each.number == int(reference.detail)]
    if not found:
        raise NotFound(f"{remote.url} does not hold {name}", hint="lineal data push sends it there from where it is")
    newest = [each for each in found if each.number == found[-1].number]
    return next((each for each in newest if each.repository == store.identity), newest[-1])


def _known(store: Store, name: str) -> Contents | None:
    try:
        return find_contents(store, name, needs_bytes=False)
    except NotFound:
        return None


def _adopt(store: Store, line: str, holding: Holding) -> str:
    """Make a dataset version known here, under its own number where that is free; return its reference."""
    if holding.dataset is None or not line.startswith("data/"):
        return holding.reference
    from lineal.operations.asking import lineage  # noqa: PLC0415 - a push needs neither
    from lineal.operations.data.datasets import insert_version  # noqa: PLC0415

    with store.writing():
        name = line.removeprefix("data/")
        digest = store.put_object(holding.dataset)
        rows = store.database.run("SELECT * FROM dataset WHERE name = :name ORDER BY number", name=name)
        for row in rows:
            if row["digest"] == digest:
                return dataset_reference(row)
        is_free = holding.number > 0 and all(row["number"] != holding.number for row in rows)
        number = holding.number if is_free else rows[-1]["number"] + 1 if rows else 1
        row = {
            "name": name,
            "number": number,
            "digest": digest,
            "tree": holding.tree,
            "added_by": holding.added_by,
            "message": holding.message,
            "created_at": holding.created_at,
        }
        insert_version(store, row)
        lineage.connect_dataset(store, digest, holding.tree)
        if holding.source and object_digest(holding.source) == holding.dataset.source:
            lineage.connect_source(store, digest, holding.source)
        return dataset_reference(row)


def line_of(reference: str) -> str:
    """Return what the versions of one thing have in common, as a remote's keys say it. Raises Invalid."""
    parsed = parse_reference(reference)
    if parsed.kind not in _LINES:
        raise Invalid(f"{reference} has no files of its own", hint="name a dataset, a version or a run")
    return f"{_LINES[parsed.kind]}/{parsed.name}"


def _every_dataset(store: Store) -> list[str]:
    rows: Iterable[Row] = store.database.run("SELECT name, number FROM dataset ORDER BY name, number")
    return [dataset_reference(row) for row in rows]


def _as_dataset(name: str) -> str:
    return f"data:{name}" if parse_reference(name).kind == "model" else name
