"""What is known of a version, as in-toto statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from lineal.formats.signatures import attestations
from lineal.formats.signatures.attestations import resource, statement
from lineal.objects.runs import Code, Run, Runtime
from lineal.objects.statements import GateReport
from lineal.objects.versions import Version
from lineal.operations.references import Row, semantic
from lineal.operations.statements import said
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.signed_versions import files_of
from lineal.storage.store import Store


def statements_of(store: Store, row: Row) -> dict[str, str]:
    """Return each statement about a version as JSON, by name.

    There are ``provenance``, ``release``, and for each stage the newest gate (``gate-STAGE``) and, where that let the version
    pass, ``promotion-STAGE``.
    """
    files = files_of(store, row)
    return {
        name: msgspec.json.encode(statement(files, kind, predicate)).decode()
        for name, kind, predicate in _predicates(store, row, version_of(store, row))
    }


def _predicates(store: Store, row: Row, version: Version) -> Iterator[tuple[str, str, dict[str, Any]]]:
    here = f"urn:lineal:{store.identity}"
    run = store.get_object(version.run, Run)
    times = (run.started_at, run.ended_at)
    dependencies = list(_dependencies(store, version))
    invocation = f"{here}:run:{run.id}"
    parameters = {"command": list(run.command), "params": version.params}
    made = attestations.provenance(parameters, dependencies, f"{here}:recorder", invocation, times)
    yield "provenance", attestations.PROVENANCE, made
    named = attestations.release(quote(row["model"], safe=""), semantic(row), f"{here}:model:{row['model']}")
    yield "release", attestations.RELEASE, named
    told = set[str]()
    for each, report in said(store, row["digest"], GateReport):
        if report.stage in told:
            continue
        told.add(report.stage)
        yield f"gate-{report.stage}", attestations.TEST_RESULT, attestations.test_result(report)
        if report.outcome in {"pass", "warn"}:
            verified = attestations.verification(report, each.at, f"{here}:gate")
            yield f"promotion-{report.stage}", attestations.VERIFICATION, verified


def _dependencies(store: Store, version: Version) -> Iterator[dict[str, Any]]:
    """Yield what went into a version: data and files by their digests, the code, the packages."""
    for each in version.data:
        dataset = {"annotations": {"dataset": each.dataset}} if each.dataset else {}
        yield resource(each.path, each.digest, **dataset)
    code = store.get_object(version.code, Code)
    yield resource("code", version.code)
    if code.commit:
        commit: dict[str, Any] = {"name": "commit", "digest": {"gitCommit": code.commit}}
        yield {**commit, "uri": f"git+{code.remote}"} if code.remote else commit
    yield resource("runtime", version.runtime)
    for package in store.get_object(version.runtime, Runtime).packages:
        yield {"name": package.name, "uri": f"pkg:pypi/{quote(package.name)}@{quote(package.version)}"}
