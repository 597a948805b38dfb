"""A card as a bill of materials: CycloneDX 1.6 or 1.7, with the model, its data and its packages."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from lineal.formats.cards.facts import Card, CardFacts, DataFact
from lineal.formats.cards.huggingface import task_of
from lineal.objects.statements import SliceResult

SPEC_VERSIONS = ("1.6", "1.7")

_APPROACHES = {"binary": "supervised", "multiclass": "supervised", "regression": "supervised"}


def document(card: Card, version: Literal["1.6", "1.7"] = "1.6") -> str:
    """Return a bill of materials as JSON; the same facts give the same bytes.

    Args:
        card: the card.
        version: of the specification.
    """
    facts = card.facts
    data = {each["bom-ref"]: each for each in map(_dataset, facts.data)}
    if measured := _measured_on(facts):
        data.setdefault(measured["bom-ref"], measured)
    libraries = {each["bom-ref"]: each for each in _libraries(facts)}
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        # Of the digest, so that the list of a version is always the same.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, facts.digest)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(facts.created_at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "lineal"}]},
            "component": _model(card, list(data)),
        },
        "components": [*data.values(), *libraries.values()],
        "dependencies": [{"ref": "model", "dependsOn": [*data, *libraries]}],
    }
    return msgspec.json.format(msgspec.json.encode(made)).decode() + "\n"


def _model(card: Card, data: list[str]) -> dict[str, Any]:
    facts = card.facts
    name, _, number = facts.reference.rpartition(":")
    return _said(
        {
            "type": "machine-learning-model",
            "bom-ref": "model",
            "name": name or facts.title,
            "version": number,
            "description": card.written.get("intended-use", ""),
            "purl": f"pkg:mlflow/{quote(name or facts.title, safe='')}@{quote(number, safe='')}",
            "hashes": [{"alg": "SHA-256", "content": facts.digest.removeprefix("sha256:")}],
            "licenses": [{"license": {"name": facts.labels.license}}] if facts.labels.license else [],
            "modelCard": _card(card, data),
            "properties": [_property("lineal:stage", facts.stage), _property("lineal:owner", facts.owner)],
            "components": [
                {
                    "type": "file",
                    "bom-ref": f"file:{each.path}",
                    "name": each.path,
                    "hashes": [{"alg": "SHA-256", "content": each.digest.removeprefix("sha256:")}],
                }
                for each in facts.files
            ],
        }
    )


def _card(card: Card, data: list[str]) -> dict[str, Any]:
    facts = card.facts
    known, found = facts.facts, facts.evaluation
    parameters = {
        "approach": {"type": _APPROACHES[found.task]} if found else {},
        "task": task_of(facts),
        "architectureFamily": known.framework,
        "modelArchitecture": known.architecture.partition("\n")[0],
        "datasets": [{"ref": each} for each in data],
        "inputs": [{"format": f"{name}:{dtype}"} for name, dtype in known.inputs.items()],
        "outputs": [{"format": f"{name}:{dtype}"} for name, dtype in known.outputs.items()],
    }
    metrics = [each for part in (found.overall, *found.slices) for each in _performance(part)] if found else []
    return _said(
        {
            "modelParameters": _said(parameters),
            "quantitativeAnalysis": {"performanceMetrics": metrics} if metrics else {},
            "considerations": _considerations(card),
        }
    )


def _performance(part: SliceResult) -> Iterator[dict[str, Any]]:
    where = f"{part.feature}={part.value}" if part.feature else ""
    for name, value in part.metrics.items():
        interval = part.intervals.get(name)
        yield _said(
            {
                "type": name,
                "value": str(value),
                "slice": where,
                "confidenceInterval": {"lowerBound": str(interval[0]), "upperBound": str(interval[1])}
                if interval
                else {},
            }
        )


def _considerations(card: Card) -> dict[str, Any]:
    written = card.written
    concerns = [
        {"name": title, "mitigationStrategy": written[name]}
        for name, title in (
            ("ethical-considerations", "Ethical considerations"),
            ("bias", "Bias"),
            ("privacy", "Privacy"),
        )
        if written.get(name)
    ]
    groups = [
        {"groupAtRisk": f"{each.feature}={each.value}", "harms": written["ethical-considerations"]}
        for each in (card.facts.evaluation.slices if card.facts.evaluation else ())
        if written.get("ethical-considerations")
    ]
    return _said(
        {
            "users": _one(written.get("provider")),
            "useCases": _one(written.get("intended-use")),
            "technicalLimitations": _one(written.get("caveats")),
            "performanceTradeoffs": _one(written.get("design-choices")),
            "ethicalConsiderations": concerns,
            "fairnessAssessments": groups,
        }
    )


def _dataset(each: DataFact) -> dict[str, Any]:
    name, _, number = each.reference.removeprefix("data:").rpartition("@")
    return _said(
        {
            "type": "data",
            "bom-ref": f"data:{each.digest}",
            "name": name or each.path,
            "version": number,
            "hashes": [{"alg": "SHA-256", "content": each.digest.removeprefix("sha256:")}],
            "data": [{"type": "dataset", "name": name or each.path}],
        }
    )


def _measured_on(facts: CardFacts) -> dict[str, Any] | None:
    if facts.evaluation is None:
        return None
    found = facts.evaluation.dataset
    return _dataset(DataFact(path=facts.evaluation_dataset or found, digest=found, reference=facts.evaluation_dataset))


def _libraries(facts: CardFacts) -> Iterator[dict[str, Any]]:
    for each in facts.packages:
        # https://github.com/package-url/purl-spec: names are in lower case, with hyphens.
        purl = f"pkg:pypi/{quote(each.name.lower().replace('_', '-'))}@{quote(each.version)}"
        yield {"type": "library", "bom-ref": purl, "name": each.name, "version": each.version, "purl": purl}


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _one(text: str | None) -> list[str]:
    return [text] if text else []


def _said(found: dict[str, Any]) -> dict[str, Any]:
    """Return what is not empty; the schema wants no empty texts."""
    return {name: value for name, value in found.items() if value}
