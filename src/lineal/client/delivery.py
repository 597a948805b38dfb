"""Deliver what was recorded of a program: keep the bytes, then write the names, then let go of the spool.

A delivery that was cut short is done again from its beginning, to the same result.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.capture.code.found import NotebookFound, SubmoduleFound
from lineal.capture.launched import Launched, recover
from lineal.capture.secrets import mask_bytes
from lineal.capture.spool import orphans
from lineal.capture.spool_places import places
from lineal.capture.told.points import batches
from lineal.client.local import LocalRepository
from lineal.client.media import keep_artifacts, keep_media, keep_output_of_ranks
from lineal.client.parts import find_related, parts_of
from lineal.objects.canonical import object_digest
from lineal.objects.code import Notebook, Submodule
from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError, Unavailable
from lineal.objects.files import Entry, Tree
from lineal.objects.runs import Code, FileUse, Run, Runtime, Seeds
from lineal.operations.answers.models import RunAnswer
from lineal.storage.blobs.blobs import BlobStore
from lineal.storage.turns import Turn

if TYPE_CHECKING:
    from lineal.client.connect import Repository

INPUT_KEPT_BYTES = 1 << 30
"""A larger input is known by its digest only; `lineal data add` keeps it for good."""

NAME = "name"
"""The file in a spool that holds the run's name."""

_OTHERS_S = 5.0
"""So long a command waits for another one that delivers what both would."""


def spools(repository: Repository, variables: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the directories of spools of a repository, best first.

    They are in the repository itself, for one on a server in the user's cache, and where neither can be written in the
    system's directory for temporary files.
    """
    if isinstance(repository, LocalRepository) and (root := repository.store.root) is not None:
        return places(root / "spool", str(root), variables)
    return places(None, getattr(repository, "url", ""), variables)


def name_of(command: Sequence[str]) -> str:
    """Return what a run of ``command`` is called: its script without suffix, or its program."""
    scripts = (Path(each) for each in command if each.endswith((".py", ".sh", ".ipynb", ".R")))
    if script := next(scripts, None):
        return script.stem
    if len(command) > 2 and command[1] == "-m":
        return command[2]
    return Path(command[0]).name if command else ""


def deliver_orphans(
    repository: Repository, variables: Mapping[str, str] | None = None, *, seconds: float = float("inf")
) -> tuple[RunAnswer, ...]:
    """Store what dead recorders left in their spools; return those runs.

    One process does it at a time; others wait for it a moment, and those that have little time not at all.

    Args:
        repository: whose spools.
        variables: the environment, which tells where they are.
        seconds: after so long no other one is begun.

    Raises:
        Unavailable: one of them cannot be stored; its spool stays.
    """
    ends_at, found, fault = time.monotonic() + seconds, list[RunAnswer](), None
    for place in filter(Path.is_dir, spools(repository, variables or {})):
        turn = Turn(str(place))
        if not turn.take(_OTHERS_S if seconds > _OTHERS_S else 0):
            continue
        try:
            for spool in orphans(place):
                if time.monotonic() > ends_at:
                    break
                try:
                    found.append(_deliver_orphan(repository, spool))
                except Exception as error:  # noqa: BLE001 the others need not wait for this one
                    fault = fault or error
        finally:
            turn.release()
    if fault is not None:
        raise Unavailable(f"{fault}") from fault
    return tuple(found)


def _deliver_orphan(repository: Repository, spool: Path) -> RunAnswer:
    named = spool / NAME
    name = named.read_text(encoding="utf-8", errors="surrogateescape") if named.exists() else ""
    return deliver(repository, recover(spool), name, spool)


def deliver(
    repository: Repository, launched: Launched, name: str, spool: Path, *, has_begun: bool = False
) -> RunAnswer:
    """Store the bytes, then the names, then let go of the spool.

    Args:
        repository: where.
        launched: what was seen.
        name: what whoever started the run called it.
        spool: what the run left.
        has_begun: whether the repository knows already that the run goes on.
    """
    code = _code(repository, launched)
    runtime = _runtime(repository.blobs, launched)
    for child, folder in parts_of(launched, spool):
        _deliver_one(repository, child, "", folder, code, runtime, has_begun=False)
    answer = _deliver_one(repository, launched, name, spool, code, runtime, has_begun=has_begun)
    shutil.rmtree(spool, ignore_errors=True)
    return answer


def _deliver_one(
    repository: Repository,
    launched: Launched,
    name: str,
    spool: Path,
    code: Code,
    runtime: Runtime,
    *,
    has_begun: bool,
) -> RunAnswer:
    gaps, about = list(launched.gaps), launched.record.about
    related, resumed = find_related(repository, about, gaps)
    related = related._replace(parent=related.parent or launched.parent)
    name = name or about.name or resumed or name_of(launched.command)
    record = launched.record
    start = partial(
        repository.runs.start,
        run_id=launched.run_id,
        name=name,
        command=launched.command,
        host=launched.host,
        started_at=launched.started_at,
        related=related,
    )
    for points in batches(spool, doubled=record.doubled, summary=record.summary, at=record.last_at):
        # A point or a file needs a run that it belongs to, and the beginning may not have been written.
        has_begun = has_begun or bool(start())
        repository.runs.extend(launched.run_id, points=points)
    of_ranks = [each for each in sorted(spool.glob("std*-*")) if each.stat().st_size]
    if (record.media or record.artifacts or of_ranks) and not has_begun:
        start()
    keep_media(repository, launched.run_id, spool, record.media)
    keep_artifacts(repository, launched.run_id, spool, record.artifacts, gaps)
    keep_output_of_ranks(repository, launched.run_id, of_ranks)
    run = _run(repository.blobs, launched, name, object_digest(code), object_digest(runtime), gaps)
    return repository.runs.finish(run=msgspec.structs.replace(run, **related._asdict()), code=code, runtime=runtime)


def _run(blobs: BlobStore, launched: Launched, name: str, code: Digest, runtime: Digest, gaps: list[str]) -> Run:
    """Return everything that was seen of a run, its bytes in the store; ``gaps`` gets what could not be kept."""
    record = launched.record
    # What was written first: an input that was moved lies among it.
    outputs, inputs, intermediates = (
        _kept(blobs, launched, each, gaps) for each in (launched.outputs, launched.inputs, launched.intermediates)
    )
    return Run(
        id=launched.run_id,
        name=name,
        command=launched.command,
        directory=str(launched.directory),
        state=launched.state,
        started_at=launched.started_at,
        ended_at=launched.ended_at,
        exit_status=launched.exit_status,
        code=code,
        runtime=runtime,
        user=launched.user,
        host=launched.host,
        inputs=inputs,
        outputs=outputs,
        intermediates=intermediates,
        params=record.params,
        metrics=record.metrics,
        seeds=Seeds(set=record.seeds, flags=record.flags, states=record.states),
        models=record.models,
        stdout=_text(blobs, launched.stdout),
        stderr=_text(blobs, launched.stderr),
        capture_level=launched.capture_level,
        gaps=tuple(gaps),
        param_sources=record.param_sources,
        context=launched.context,
        tags=record.tags,
        objects=record.objects,
        queries=record.queries,
        children=record.children,
        training=launched.training,
    )


def _kept(blobs: BlobStore, launched: Launched, uses: tuple[FileUse, ...], gaps: list[str]) -> tuple[FileUse, ...]:
    """Return ``uses`` with the bytes of each in the store, where that could be."""
    present = blobs.has({each.digest for each in uses})
    return tuple(
        msgspec.structs.replace(each, kept=each.digest in present or _send(blobs, launched.root, each, gaps))
        for each in uses
    )


def _send(blobs: BlobStore, root: Path, use: FileUse, gaps: list[str]) -> bool:
    """Store the bytes of a file, if it is still what the run saw; say in ``gaps`` why not."""
    if use.size_bytes > INPUT_KEPT_BYTES:
        gaps.append(
            f"files: {use.path} is larger than {INPUT_KEPT_BYTES >> 30} GiB and was not kept; lineal data add keeps it"
        )
        return False
    try:
        blobs.put_file(root / use.path, expected=use.digest)
    except LinealError as error:
        # A full disk or a dead server is no matter of this file: the whole delivery waits for a better time.
        if error.exit_status in _OF_THE_STORE:
            raise
        gaps.append(f"files: {use.path} was not kept: it changed or went away")
        return False
    return True


_OF_THE_STORE = frozenset((6, 8))
"""Denied and Unavailable, by their exit status."""


def _code(repository: Repository, launched: Launched) -> Code:
    found = launched.code
    return Code(
        entry_point=found.entry_point,
        commit=found.commit,
        branch=found.branch,
        remote=found.remote,
        diff=repository.blobs.put(found.diff) if found.diff else None,
        untracked=_sources(repository, found.sources),
        masked_secrets=launched.masked_secrets,
        imported=_sources(repository, found.imported),
        state=found.state,
        submodules=tuple(_submodule(repository, each) for each in found.submodules),
        notebooks=tuple(_notebook(repository.blobs, each) for each in found.notebooks),
    )


def _submodule(repository: Repository, found: SubmoduleFound) -> Submodule:
    return Submodule(
        path=found.path,
        commit=found.commit,
        remote=found.remote,
        is_moved=found.is_moved,
        is_changed=found.is_changed,
        diff=repository.blobs.put(found.diff) if found.diff else None,
        untracked=_sources(repository, found.sources),
    )


def _notebook(blobs: BlobStore, found: NotebookFound) -> Notebook:
    return Notebook(
        path=found.path,
        stripped=blobs.put(found.stripped) if found.stripped else None,
        cells=blobs.put(found.cells) if found.cells else None,
        run_count=found.run_count,
        rerun_count=found.rerun_count,
        edited_count=found.edited_count,
    )


def _sources(repository: Repository, sources: Mapping[str, bytes]) -> Digest | None:
    """Store sources as a tree."""
    if not sources:
        return None
    entries = (
        Entry(path=path, digest=repository.blobs.put(data), size_bytes=len(data))
        for path, data in sorted(sources.items())
    )
    return repository.put_tree(Tree(entries=tuple(entries)))


def _runtime(blobs: BlobStore, launched: Launched) -> Runtime:
    # Lock files may hold the addresses of indexes, with passwords.
    files = {path: file.read_bytes() for path, file in launched.locks.items() if file.is_file()}
    locks = {path: blobs.put(mask_bytes(data)[0]) for path, data in files.items()}
    return msgspec.structs.replace(launched.runtime, locks=locks)


def _text(blobs: BlobStore, path: Path | None) -> Digest | None:
    if path is None or not path.is_file() or not path.stat().st_size:
        return None
    return blobs.put_file(path)[0]
