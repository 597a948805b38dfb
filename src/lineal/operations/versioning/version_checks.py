"""Whether one version is what it was: its files, its object, what was said of it, and who signed it."""

from __future__ import annotations

from lineal.objects.digest import Digest
from lineal.objects.errors import LinealError
from lineal.objects.statements import Signature, Statement
from lineal.objects.versions import Version
from lineal.operations.answers.journal import SignatureAnswer
from lineal.operations.answers.upkeep import Problem, Verification
from lineal.operations.references import Row, version_reference
from lineal.operations.versioning.policies import policy_of
from lineal.operations.versioning.signed_versions import judged
from lineal.storage.store import Store


def verify_version(store: Store, row: Row) -> Verification:
    """Read everything that a version is made of, and return what is wrong with it, and who signed it."""
    problems = list[Problem]()
    reference = version_reference(row)
    objects = 0
    for kind, digest in _objects(store, row):
        objects += 1
        try:
            store.get_object(digest, kind)
        except LinealError as error:
            problems.append(Problem(what=error.message, where="database, table object", used_by=(reference,)))
    blobs, size_bytes = _read_files(store, row, problems, reference)
    signatures = _signatures(store, row, problems, reference)
    return Verification(
        objects=objects,
        blobs=blobs,
        size_bytes=size_bytes,
        journal_entries=0,
        signatures=signatures,
        reference=reference,
        problems=tuple(problems),
    )


def _objects(store: Store, row: Row) -> list[tuple[type[Version | Statement], Digest]]:
    rows = store.database.run("SELECT digest FROM statement WHERE subject = :subject", subject=row["digest"])
    return [(Version, row["digest"]), *((Statement, each["digest"]) for each in rows)]


def _read_files(store: Store, row: Row, problems: list[Problem], reference: str) -> tuple[int, int]:
    count, size_bytes = 0, 0
    try:
        for entry in store.entries(store.get_object(row["digest"], Version).weights):
            if entry.mode == "directory":
                continue
            count += 1
            try:
                size_bytes += sum(map(len, store.blobs.open(entry.digest)))
            except LinealError as error:
                problems.append(Problem(what=error.message, where=f"the file {entry.path}", used_by=(reference,)))
    except LinealError as error:
        problems.append(Problem(what=error.message, where="its tree of files", used_by=(reference,)))
    return count, size_bytes


def _signatures(store: Store, row: Row, problems: list[Problem], reference: str) -> tuple[SignatureAnswer, ...]:
    try:
        found = signature_answers(store, row)
    except LinealError as error:
        problems.append(Problem(what=error.message, where="its signatures", used_by=(reference,)))
        return ()
    problems += (
        Problem(what=each.reason, where=f"a signature added by {each.added_by}", used_by=(reference,))
        for each in found
        if each.state == "bad"
    )
    return found


def signature_answers(store: Store, row: Row) -> tuple[SignatureAnswer, ...]:
    """Return each signature of a version, newest first, with what it is worth here."""
    return tuple(
        SignatureAnswer(
            reference=version_reference(row),
            state=worth.state,
            by=worth.by,
            reason=worth.reason,
            key=each.predicate.key if isinstance(each.predicate, Signature) else "",
            added_by=each.by,
            at=each.at,
        )
        for each, worth in judged(store, row, policy_of(store)[0].signing.trust())
    )
