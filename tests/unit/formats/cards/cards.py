"""A card of which everything is known."""

from __future__ import annotations

from typing import Any

import msgspec

from lineal.formats.cards.facts import (
    ApprovalFact,
    Card,
    CardFacts,
    CheckFact,
    DataFact,
    DeploymentFact,
    EdgeFact,
    FileFact,
    GateFact,
    Labels,
    LineageFact,
    NodeFact,
    ReleaseFact,
    SectionState,
)
from lineal.formats.cards.sections import HUMAN
from lineal.objects.digest import digest_of
from lineal.objects.runs import ModelFacts, Package
from lineal.objects.statements import Bump, Evaluation, SliceResult, Verdict

TIME = 1_700_000_000_000
DIGEST = digest_of(b"version")

FACTS = CardFacts(
    title="income",
    reference="income:1.2.0",
    digest=DIGEST,
    stage="production",
    owner="ada",
    created_at=TIME,
    labels=Labels(license="apache-2.0", languages=("en",), tags=("census",)),
    facts=ModelFacts(
        framework="sklearn",
        framework_version="1.5.0",
        architecture="sklearn.pipeline.Pipeline\n  model: sklearn.linear_model.LogisticRegression",
        inputs={"age": "int64", "a|b": "object"},
        outputs={"income": "object"},
        classes=("<=50K", ">50K"),
    ),
    files=(FileFact(path="model.joblib", digest=digest_of(b"weights"), size_bytes=1_231),),
    params={"rate": 0.1, "solver": "lbfgs"},
    run_metrics={"fit": 0.75},
    data=(
        DataFact(
            path="data/train.csv",
            digest=digest_of(b"train"),
            reference="data:adult-train@2",
            row_count=32_561,
            columns={"age": "integer"},
        ),
    ),
    evaluation=Evaluation(
        dataset=digest_of(b"held out"),
        task="binary",
        label="income",
        positive=">50K",
        overall=SliceResult(
            row_count=16_281, metrics={"accuracy": 0.8725, "auc": "NaN"}, intervals={"accuracy": (0.8673, 0.8775)}
        ),
        slices=(
            SliceResult(
                row_count=5_421,
                feature="sex",
                value="Female",
                metrics={"recall": 0.59},
                intervals={"recall": (0.55, 0.63)},
            ),
            SliceResult(row_count=3, feature="sex", value="Other", metrics={}),
        ),
    ),
    evaluation_dataset="data:adult-test@1",
    evaluated_at=TIME,
    evaluated_by="ada",
    base="census:3.0.0",
    code=("commit 0123456789ab",),
    runtime=("Python 3.11.7", "61 packages"),
    hardware=("x86_64, 2 cores",),
    packages=(Package(name="scikit_learn", version="1.5.0"), Package(name="numpy", version="2.3.5")),
    run="run:01J",
    lineage=LineageFact(
        nodes=(
            NodeFact(key="d", kind="dataset", reference="data:adult-train@2", depth=2),
            NodeFact(key="r", kind="run", reference='run:"01J"', depth=1),
            NodeFact(key="v", kind="version", reference="income:1.2.0"),
        ),
        edges=(EdgeFact(child="r", parent="d", role="read"), EdgeFact(child="v", parent="r", role="made by")),
    ),
    bump=Bump(semantic="1.2.0", level="minor", findings=("minor: other weights",), previous="1.1.0"),
    releases=(
        ReleaseFact(
            reference="income:1.2.0", at=TIME, by="ada", stage="production", level="minor", findings=("minor: w",)
        ),
        ReleaseFact(
            reference="income:1.1.0", at=TIME, by="bob", stage="archived", level="first", findings=("first: x",)
        ),
    ),
    scan=CheckFact(by="ci", at=TIME, said={"outcome": "clean"}),
    gates=(
        GateFact(
            stage="production",
            outcome="pass",
            by="ada",
            at=TIME,
            verdicts=(Verdict(check="metric_floor", outcome="pass", reason="accuracy 0.87 >= 0.8"),),
        ),
    ),
    approvals=(ApprovalFact(stage="production", by="bob", at=TIME, comment="seen"),),
    deployments=(
        DeploymentFact(
            reference="deployment:01J",
            environment="eu",
            target="process",
            state="running",
            endpoint="",
            started_at=TIME,
        ),
    ),
)


def card(written: dict[str, str] | None = None, **changes: Any) -> Card:
    """Return the card with what people wrote, all of it fresh unless ``changes`` say otherwise."""
    texts = written or {}
    states = {name: SectionState(state="fresh" if texts.get(name) else "missing") for name in HUMAN}
    return Card(**{"facts": FACTS, "written": texts, "states": states, "base": DIGEST, **changes})


def facts(**changes: Any) -> CardFacts:
    """Return the facts with ``changes``."""
    return msgspec.structs.replace(FACTS, **changes)
