"""Verbs by which a version goes to another place and comes from one as what it is: the same value, under the same digest."""

from __future__ import annotations

from typing import TypeVar

from lineal.objects.canonical import Object, canonical_bytes, decode, object_digest
from lineal.objects.code import Code
from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Conflict, Corrupt, Invalid
from lineal.objects.files import Entry, Tree
from lineal.objects.reference import check_name
from lineal.objects.runs import Run, Runtime
from lineal.objects.semantic import parse_semantic
from lineal.objects.statements import Bump, Signature
from lineal.objects.versions import Card, Version
from lineal.operations.answers.models import VersionAnswer
from lineal.operations.answers.tags import PackedVersion
from lineal.operations.migration.imports import numbered_elsewhere
from lineal.operations.operation import operation
from lineal.operations.references import Row, find_version, semantic, version_reference
from lineal.operations.statements import said
from lineal.operations.versioning.card_facts import card_policy
from lineal.operations.versioning.models import show_row, version_of
from lineal.operations.versioning.registration import Label, place
from lineal.storage.store import Store

_FILES_MAX = 10_000

T = TypeVar("T", bound=Object)


@operation("export packed", effect="reads", internal=True, about={"version": "version"})
def pack(store: Store, version: str) -> PackedVersion:
    """Tell everything that a version is, so that it can go elsewhere.

    Args:
        version: the version.

    Raises:
        Invalid: its files are not kept here, or are too many.
    """
    row = find_version(store, version)
    value = version_of(store, row)
    files = store.get_tree(value.weights).entries
    if value.source or not files:
        raise Invalid(f"the files of {version_reference(row)} are not kept here", hint="register files that are")
    if len(files) > _FILES_MAX:
        raise Invalid(f"{version_reference(row)} has {len(files):,} files", hint=f"at most {_FILES_MAX:,} go elsewhere")
    code = store.get_object(value.code, Code)
    named: list[Object] = [store.get_object(value.run, Run), code, store.get_object(value.runtime, Runtime)]
    cards = dict.fromkeys(Digest(each) for each in (value.card, row["card"]) if each)
    named += [store.get_object(each, Card) for each in cards]
    return PackedVersion(
        reference=version_reference(row),
        model=row["model"],
        semantic=semantic(row),
        stage=row["stage"],
        digest=row["digest"],
        version=_text(value),
        objects=tuple(dict.fromkeys(map(_text, named))),
        files=files,
        by=row["created_by"],
        at=row["created_at"],
        commit=code.commit,
        origin=code.remote,
        license=card_policy(store).license,
        signatures=tuple(dict.fromkeys(each.bundle for _, each in said(store, row["digest"], Signature))),
    )


@operation("import packed", effect="writes", internal=True, about={"name": "model"})
def unpack(
    store: Store,
    *,
    name: str,
    number: str,
    version: str,
    objects: tuple[str, ...],
    files: tuple[Entry, ...],
    source: str,
) -> VersionAnswer:
    """Keep a version that came from elsewhere, as it is: its files are here, and everything else is checked against digests.

    Args:
        name: the model.
        number: the semantic version that it has there.
        version: itself, as canonical text.
        objects: what it names, as canonical texts.
        files: its files.
        source: where it came from.

    Raises:
        Corrupt: something is not what its digest says.
        Conflict: another version has that number here.
        Invalid: something is missing.
    """
    check_name(name, "model")
    wanted, value = parse_semantic(number), _read(version, Version)
    digest = object_digest(value)
    _keep_named(store, value, objects)
    if missing := {each.digest for each in files} - store.blobs.has({each.digest for each in files}):
        raise Invalid(
            f"{len(missing)} files of {name}:{number} are not here, such as {min(missing)}", hint="pull it again"
        )
    if store.put_tree(Tree(entries=files)) != value.weights:
        raise Corrupt(f"{source} has other files than {name}:{number} names", hint="do not use what it sends")
    rows = store.database.run(
        "SELECT * FROM version WHERE model = :name AND major = :major AND minor = :minor AND patch = :patch AND pre = :pre",
        name=name,
        major=wanted.major,
        minor=wanted.minor,
        patch=wanted.patch,
        pre=wanted.pre,
    )
    if rows and rows[0]["digest"] != digest:
        raise Conflict(f"{name}:{number} is another version here", hint=f"lineal show {name}:{number}")
    if rows:
        return show_row(store, rows[0])

    def weigh(previous: Row | None, _: Version) -> Bump:
        return numbered_elsewhere(previous, wanted, f"{source} calls it so")

    return show_row(
        store, place(store, name, lambda _: value, weigh, Label(description=f"from {source}")), created=True
    )


def _keep_named(store: Store, version: Version, objects: tuple[str, ...]) -> None:
    """Keep what a version names, and see that nothing is missing."""
    kinds: dict[Digest, type[Object]] = {version.run: Run, version.code: Code, version.runtime: Runtime}
    kinds |= {version.card: Card} if version.card else {}
    texts = {digest_of(each.encode()): each for each in objects}
    for digest, kind in kinds.items():
        if digest in texts:
            store.put_object(_read(texts[digest], kind))
        else:
            store.get_object(digest, kind)


def _text(value: Object) -> str:
    return canonical_bytes(value).decode()


def _read(text: str, kind: type[T]) -> T:
    """Return an object, whose text must be the canonical one. Raises Corrupt."""
    value = decode(text, kind)
    if object_digest(value) != digest_of(text.encode()):
        raise Corrupt(f"a {kind.__name__.lower()} that came is not written as its digest asks", hint="push it again")
    return value
