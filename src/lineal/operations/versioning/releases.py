"""A version laid out on disk as a server loads it: its files, verified, and a description of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from lineal.executors.environments import SIGNING_NEEDS, Environment, interpreter_for
from lineal.objects.digest import Digest
from lineal.objects.errors import Unavailable
from lineal.objects.runs import Runtime
from lineal.objects.versions import Version
from lineal.operations.references import Row, semantic
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.scans import check_loadable, trusted_names
from lineal.operations.versioning.signed_versions import bundles_of, is_asked
from lineal.serving.release import Release, SignatureRule, write_release
from lineal.storage.store import Store

_ASKING = ".skops"
"""How a file is called of which only trusted names are made."""


def home_of(store: Store) -> Path:
    """Return the repository's directory.

    Raises:
        Unavailable: this repository is not on a disk, so that nothing can run from it.
    """
    if store.root is None:
        raise Unavailable("this repository is held in memory, so nothing can run from it", hint="use one on a disk")
    return store.root


def environment_of(store: Store, row: Row) -> Environment:
    """Return the interpreter with the packages that the version of ``row`` was made with, built when it must be."""
    return environment_for(store, version_of(store, row))


def environment_for(store: Store, version: Version, *, is_built: bool = False) -> Environment:
    """Return the interpreter with the packages that ``version`` was made with.

    Args:
        store: where.
        version: a version, or one that is about to be registered.
        is_built: give it only if it need not be built.

    Raises:
        Unavailable: it cannot be had, or not without being built.
    """
    runtime = store.get_object(version.runtime, Runtime)
    needs = SIGNING_NEEDS if is_asked(store, "load") else ()
    return interpreter_for(runtime, home_of(store) / "environments", needs=needs, is_built=is_built)


def write_version(store: Store, row: Row, directory: Path) -> None:
    """Write the exact files of the version of ``row`` below ``directory``, each verified on its way.

    Raises:
        Refused: the scan of its files found that loading them does harm.
    """
    check_loadable(store, row)
    lay_out(
        store, version_of(store, row), directory, Name(row["digest"], row["model"], semantic(row)), _rule(store, row)
    )


class Name(NamedTuple):
    """What a release says that it is."""

    digest: Digest
    model: str
    semantic: str


def lay_out(store: Store, version: Version, directory: Path, name: Name, rule: SignatureRule | None = None) -> None:
    """Write the exact files of a version below ``directory``, each verified on its way, and what it is.

    Args:
        store: where the files are.
        version: a version, or one that is about to be registered.
        directory: where they go.
        name: what it is called.
        rule: what whoever loads it checks of its signatures.
    """
    entries = tuple(store.entries(version.weights))
    for entry in entries:
        path = directory / "model" / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        store.blobs.fetch_to(entry.digest, path)
    write_release(
        directory,
        Release(
            digest=name.digest,
            model=name.model,
            semantic=name.semantic,
            main_file=version.main_file,
            facts=version.facts,
            files=entries,
            signatures=rule,
            trusted=trusted_names(store, version) if version.main_file.endswith(_ASKING) else (),
        ),
    )


def _rule(store: Store, row: Row) -> SignatureRule | None:
    """Return what whoever loads a version checks of its signatures, where the policy asks for that."""
    if not is_asked(store, "load"):
        return None
    bundles = tuple((at, bundle.decode()) for at, bundle in bundles_of(store, row))
    return SignatureRule(bundles=bundles, trust=policy_of(store)[0].signing.trust())


@contextmanager
def workplace(store: Store) -> Iterator[Path]:
    """Give a directory of the repository that is gone afterwards."""
    scratch = home_of(store) / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    directory = Path(mkdtemp(prefix="release-", dir=scratch))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
