"""In-toto statements: what was learned of a version, in the words that verifiers of software read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lineal.formats.signatures.bundles import STATEMENT
from lineal.objects.digest import Digest
from lineal.objects.statements import GateReport

TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
PROVENANCE = "https://slsa.dev/provenance/v1"
VERIFICATION = "https://in-toto.io/attestation/svr/v0.1"
RELEASE = "https://in-toto.io/attestation/release/v0.2"

BUILD_TYPE = "https://lineal.dev/build-types/run/v1"
"""How a model was made: a program was recorded; the parameters are its own."""

_RESULTS = {"pass": "PASSED", "warn": "WARNED", "fail": "FAILED", "inconclusive": "FAILED"}


def resource(name: str, digest: Digest | str, **more: Any) -> dict[str, Any]:
    """Return a thing as statements name it: its name, and the SHA-256 of its bytes."""
    return {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}, **more}


def statement(files: Mapping[str, str], kind: str, predicate: dict[str, Any]) -> dict[str, Any]:
    """Return a statement about files: the SHA-256 of each, in hexadecimal digits, by path."""
    subject = [resource(path, files[path]) for path in sorted(files)]
    return {"_type": STATEMENT, "subject": subject, "predicateType": kind, "predicate": predicate}


def moment(at: int) -> str:
    """Return a time, in milliseconds since 1970, as statements write it."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_result(report: GateReport) -> dict[str, Any]:
    """Return what a gate found, as the result of a test: each check is one."""

    def checks(*outcomes: str) -> list[str]:
        return [each.check for each in report.verdicts if each.outcome in outcomes]

    return {
        "result": _RESULTS[report.outcome],
        "configuration": [resource("lineal.toml", report.policy)],
        "passedTests": checks("pass"),
        "warnedTests": checks("warn"),
        "failedTests": checks("fail", "inconclusive"),
    }


def verification(report: GateReport, at: int, verifier: str) -> dict[str, Any]:
    """Return what a version has that passed a gate: that it may stand in the stage, and each check that it passed."""
    passed = [f"LINEAL_{each.check.upper()}" for each in report.verdicts if each.outcome == "pass"]
    policy = resource("lineal.toml", report.policy)
    return {
        "verifier": {"id": verifier, "policy": policy},
        "timeCreated": moment(at),
        "properties": [f"LINEAL_MAY_STAND_IN_{report.stage.upper()}", *passed],
    }


def provenance(
    parameters: Mapping[str, Any],
    dependencies: Sequence[dict[str, Any]],
    builder: str,
    invocation: str,
    times: tuple[int, int],
) -> dict[str, Any]:
    """Return how a version was made.

    Args:
        parameters: what the program was told.
        dependencies: what went into it: data, code, packages.
        builder: who recorded it.
        invocation: the run.
        times: when it began and ended, in milliseconds since 1970.
    """
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": dict(parameters),
        "internalParameters": {},
        "resolvedDependencies": list(dependencies),
    }
    metadata = {"invocationId": invocation, "startedOn": moment(times[0]), "finishedOn": moment(times[1])}
    return {"buildDefinition": definition, "runDetails": {"builder": {"id": builder}, "metadata": metadata}}


def release(model: str, version: str, package: str) -> dict[str, Any]:
    """Return which name and version the files have; ``package`` stays the same for all versions."""
    return {"purl": f"pkg:generic/{model}@{version}", "packageId": package}
