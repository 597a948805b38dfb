"""Answers put together by hand, such as operations give."""

from __future__ import annotations

from lineal.cli.render.answers import render
from lineal.cli.render.page import Page
from lineal.objects.datasets import Column, DatasetVersion
from lineal.objects.digest import Digest
from lineal.objects.runs import Code, FileUse, Hardware, ModelFacts, Package, Run, Runtime, Seeds
from lineal.objects.statements import Approval, Bump, Evaluation, SliceResult, Statement, Verdict
from lineal.objects.versions import DataUse, Version
from lineal.operations.answers.answer import Answer
from lineal.operations.answers.data import DatasetAnswer
from lineal.operations.answers.lineage import Edge, Lineage, Node
from lineal.operations.answers.models import (
    DeploymentAnswer,
    EvaluationAnswer,
    ModelAnswer,
    RunAnswer,
    VersionAnswer,
    VersionLine,
)
from lineal.operations.answers.questions import LogLine

AT = 1_700_000_000_000
"""2023-11-14 22:13:20 UTC."""

NOW = AT + 3 * 60_000
PAGE = Page(width=100, now=NOW)


def text_of(answer: Answer | tuple[Answer, ...], page: Page = PAGE) -> str:
    """Return an answer as it is printed."""
    return "".join(f"{line}\n" for line in render(answer, page))


def digest(sign: str) -> Digest:
    """Return a digest that can be told from others."""
    return Digest("sha256:" + sign * 64)


RUN = Run(
    id="01HF7YAT00AAAAAAAAAAAAAAAA",
    name="train",
    command=("python", "train.py", "--note", "two words"),
    directory=".",
    state="finished",
    started_at=AT,
    ended_at=AT + 65_000,
    exit_status=0,
    code=digest("c"),
    runtime=digest("d"),
    inputs=(FileUse(path="data/train.csv", digest=digest("1"), size_bytes=3_200_000),),
    outputs=(
        FileUse(path="model.joblib", digest=digest("2"), size_bytes=950),
        FileUse(path="scratch.bin", digest=digest("3"), size_bytes=12, kept=False, changed_while_reading=True),
    ),
    params={"depth": 6, "kind": "logistic", "shuffle": True},
    metrics={"auc": 0.912345678, "rows": 800, "loss": "NaN"},
    seeds=Seeds(set={"numpy": 3}, flags={"PYTHONHASHSEED": "0"}),
    models={"model.joblib": ModelFacts(framework="sklearn", framework_version="1.5.0", architecture="Pipeline")},
    capture_level="fanotify",
    gaps=("two files were written and gone before they could be read",),
)

FINISHED = RunAnswer(
    reference=f"run:{RUN.id}",
    id=RUN.id,
    name="train",
    state="finished",
    command=RUN.command,
    started_by="ada",
    host="lab-3",
    started_at=AT,
    ended_at=AT + 65_000,
    exit_status_of_program=0,
    digest=digest("a"),
    params=RUN.params,
    metrics=RUN.metrics,
    run=RUN,
    code=Code(commit="0123456789abcdef0123", branch="main", diff=digest("e"), masked_secrets=1),
    runtime=Runtime(
        python="3.11.9",
        implementation="CPython",
        platform="Linux-6.1",
        packages=(Package(name="numpy", version="2.0"),),
        hardware=Hardware(processor="EPYC", core_count=16, memory_bytes=34_359_738_368),
    ),
)

KILLED = RunAnswer(
    reference="run:01HF7YAT00BBBBBBBBBBBBBBBB",
    id="01HF7YAT00BBBBBBBBBBBBBBBB",
    name="sweep",
    state="killed",
    command=("sh", "sweep.sh"),
    started_by="grace",
    host="lab-3",
    started_at=AT,
    ended_at=AT + 1_500,
    exit_status_of_program=-9,
)

DATASET = DatasetAnswer(
    reference="data:adult@2",
    name="adult",
    number=2,
    digest=digest("4"),
    dataset=DatasetVersion(
        tree=digest("5"),
        size_bytes=1_234_567,
        file_count=1,
        columns=(Column(name="age", dtype="integer"), Column(name="pay", dtype="float", optional=True)),
        row_count=32_561,
    ),
    added_by="ada",
    created_at=AT,
    message="as published",
    read_by=(FINISHED.reference,),
    origin_of=("income:1.0.0",),
)

EVALUATION = Evaluation(
    dataset=digest("4"),
    task="binary",
    label="rich",
    positive="yes",
    overall=SliceResult(
        row_count=600, metrics={"accuracy": 0.85, "recall": 0.7}, intervals={"accuracy": (0.8193, 0.8766)}
    ),
    slices=(
        SliceResult(row_count=310, metrics={"accuracy": 0.9, "recall": 0.5}, feature="sex", value="Female"),
        SliceResult(row_count=290, metrics={"accuracy": 0.8}, feature="sex", value="Male"),
    ),
    duration_ms=2_340,
)

EVALUATED = EvaluationAnswer(
    reference="income:1.0.0", dataset="data:adult@2", evaluation=EVALUATION, environment="Python 3.11.9, 48 packages"
)

VERDICTS = (
    Verdict(check="lineage_complete", outcome="pass", reason="every input is known"),
    Verdict(check="metric_floor", outcome="warn", reason="accuracy is 0.851, at least 0.85 is asked"),
    Verdict(
        check="slice_regression",
        outcome="fail",
        reason="recall of sex=Female fell from 0.58 to 0.21 (95 % interval of the difference: -0.42 to -0.32),"
        " more than the margin of 0.05",
    ),
    Verdict(check="paired", outcome="inconclusive", reason="about 400 more rows are needed"),
)

FACTS = ModelFacts(framework="sklearn", architecture="Pipeline", inputs={"age": "int64"})

VERSION = VersionAnswer(
    reference="income:1.1.0",
    model="income",
    number=2,
    semantic="1.1.0",
    stage="staging",
    aliases=("champion",),
    digest=digest("6"),
    version=Version(
        weights=digest("7"),
        main_file="model.joblib",
        run=digest("a"),
        code=digest("c"),
        runtime=digest("d"),
        data=(
            DataUse(path="data/train.csv", digest=digest("1"), dataset=digest("4")),
            DataUse(path="words.txt", digest=digest("8")),
        ),
        params={"depth": 6},
        metrics={"fit": 0.9},
        facts=FACTS,
    ),
    facts=FACTS,
    run=FINISHED.reference,
    created_by="ada",
    created_at=AT,
    revision=1,
    metrics={"fit": 0.9, "accuracy": 0.85, "accuracy[sex=Male]": 0.8},
    statements=(
        Statement(
            subject=digest("6"),
            predicate=Bump(semantic="1.1.0", level="minor", findings=("minor: a column was added",), previous="1.0.0"),
            by="ada",
            at=AT,
        ),
        Statement(subject=digest("6"), predicate=EVALUATION, by="ada", at=AT + 1_000),
        Statement(
            subject=digest("6"), predicate=Approval(stage="production", comment="seen"), by="grace", at=AT + 2_000
        ),
    ),
    deployments=("deployment:01HF7YAT00CCCCCCCCCCCCCCCC",),
)

LINE = VersionLine(
    reference="income:1.1.0",
    model="income",
    number=2,
    semantic="1.1.0",
    stage="staging",
    digest=digest("6"),
    created_by="ada",
    created_at=AT,
    aliases=("champion",),
    metrics={"accuracy": 0.85},
)

MODEL = ModelAnswer(
    reference="income",
    name="income",
    created_by="ada",
    created_at=AT,
    version_count=2,
    stages={"production": "income:1.0.0", "staging": "income:1.1.0"},
    versions=(LINE,),
)

DEPLOYED = DeploymentAnswer(
    reference="deployment:01HF7YAT00CCCCCCCCCCCCCCCC",
    id="01HF7YAT00CCCCCCCCCCCCCCCC",
    version="income:1.1.0",
    model="income",
    environment="production",
    target="process",
    state="running",
    endpoint="http://127.0.0.1:8300",
    desired=digest("6"),
    observed=digest("6"),
    healthy=True,
    request_count=1_204,
    started_by="ada",
    started_at=AT,
)

LINEAGE = Lineage(
    reference="income:1.1.0",
    nodes=(
        Node(digest=digest("9"), kind="file", reference="raw.csv", depth=3),
        Node(digest=digest("4"), kind="dataset", reference="data:adult@2", depth=2),
        Node(digest=digest("a"), kind="run", reference="run:01A", depth=1),
        Node(digest=digest("6"), kind="version", reference="income:1.1.0", depth=0),
        Node(digest=digest("b"), kind="evaluation", reference="sha256:bbbbbbbbbbbb", depth=-1),
        Node(digest="deployment:01C", kind="deployment", reference="deployment:01C", depth=-1),
    ),
    edges=(
        Edge(child=digest("6"), parent=digest("a"), role="made by", trust="verified"),
        Edge(child=digest("a"), parent=digest("4"), role="read", trust="verified", detail="data/train.csv"),
        Edge(child=digest("a"), parent=digest("9"), role="read", trust="declared", detail="raw.csv"),
        Edge(child=digest("4"), parent=digest("9"), role="written by", trust="inferred"),
        Edge(child=digest("b"), parent=digest("6"), role="evaluates", trust="verified"),
        Edge(child="deployment:01C", parent=digest("6"), role="deploys", trust="verified"),
    ),
)

ACT = LogLine(
    sequence=12,
    at=AT,
    by="ada",
    operation="promote",
    subject="income:1.1.0",
    outcome="failed",
    request="{}",
    detail="the gate refused",
    digest=digest("0"),
)
