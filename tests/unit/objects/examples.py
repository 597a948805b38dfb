"""Instances of every kind of object, with every field set; and the golden bytes and digests they must have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from lineal.objects.canonical import Object
from lineal.objects.children import Child
from lineal.objects.code import Code, Notebook, Submodule
from lineal.objects.context import Context
from lineal.objects.datasets import Column, DatasetVersion
from lineal.objects.digest import Digest, digest_of
from lineal.objects.files import NOTHING, Branch, Entry, Range, Recipe, Tree
from lineal.objects.journal import JournalEntry
from lineal.objects.places import Label, ObjectUse, QueryUse
from lineal.objects.profiles import Categories, ColumnProfile, Distribution, Profile, RowDigests, Table, Tables
from lineal.objects.runs import FileUse, ModelFacts, Run, Seeds, Training
from lineal.objects.runtime import Accelerator, Container, Hardware, LockCheck, Package, Runtime
from lineal.objects.sources import DeltaSource, IcebergSource, ObjectSource, PrefixSource, QuerySource
from lineal.objects.statements import (
    Approval,
    Bump,
    CardEdit,
    Cause,
    GateReport,
    Observation,
    Sighting,
    Signature,
    Statement,
    Verdict,
)
from lineal.objects.versions import Card, DataUse, Version
from tests.unit.objects.examples_of_models import ANSWER_CHANGES, EVALUATION, OUTSIDE, RANKING, REPLAY, SCAN, STRUCTURE
from tests.unit.objects.examples_of_models import GOLDEN as GOLDEN_REQUESTS

GOLDEN = Path(__file__).parents[2] / "golden" / "objects.json"

A, B, C, D = (digest_of(letter.encode()) for letter in "abcd")
"""The digests of four blobs of one letter each."""

_FACTS = ModelFacts(
    framework="sklearn",
    framework_version="1.7.2",
    architecture="LogisticRegression",
    inputs={"age": "integer", "hours": "float"},
    outputs={"rich": "string"},
    classes=("no", "yes"),
)
_DISTRIBUTION = Distribution(
    count=5, minimum=-1.5, maximum=8.0, mean=2.5, squares="Infinity", values=(-1.5, 2.0), weights=(1, 4), error=2
)

EXAMPLES: dict[str, Object] = {
    "tree": Tree(
        entries=(
            Entry(path="a/link", digest=A, size_bytes=1, mode="symlink"),
            Entry(path="a/run.sh", digest=B, size_bytes=1, mode="executable"),
            Entry(path="é.csv", digest=C, size_bytes=1),
        )
    ),
    "tree of branches": Tree(
        branches=(
            Branch(digest=A, first="a/link", file_count=1_001, size_bytes=2**40),
            Branch(digest=B, first="é.csv", file_count=16, size_bytes=0),
        )
    ),
    "tree with an empty directory": Tree(entries=(Entry(path="logs", digest=NOTHING, size_bytes=0, mode="directory"),)),
    "recipe": Recipe(
        digest=A,
        size_bytes=12,
        parts=(Range(blob=B, start=0, size_bytes=4), Range(blob=C, start=2**33, size_bytes=8)),
    ),
    "dataset": DatasetVersion(
        tree=A,
        size_bytes=3,
        file_count=2,
        columns=(Column(name="age", dtype="integer", optional=True), Column(name="rich", dtype="string")),
        row_count=2,
        parents=(B,),
        source=C,
        kept=False,
    ),
    "object-source": ObjectSource(
        uri="s3://bucket/customers.csv",
        size_bytes=3,
        version="3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
        etag='"acbd18db4cc2f85cedef654fccc4a4d8"',
        modified_at=1_700_000_000_000,
        digest=A,
        endpoint="http://127.0.0.1:9000",
    ),
    "prefix-source": PrefixSource(
        uri="gs://bucket/images/", objects=A, object_count=2, size_bytes=3, endpoint="https://storage.example.org"
    ),
    "delta-source": DeltaSource(
        uri="s3://bucket/sales",
        table="8c2b7a52-6a3e-4f0c-9a39-3f3f7c6b1f5e",
        version=7,
        file_count=2,
        size_bytes=3,
        row_count=2,
        columns=(Column(name="amount", dtype="float", optional=True),),
        types=("decimal(10,2)",),
        endpoint="http://127.0.0.1:9000",
    ),
    "iceberg-source": IcebergSource(
        catalog="lake",
        table="sales.orders",
        uuid="1a6f9f39-f0f3-4a0f-8f5c-0a2bd0f5f7a1",
        snapshot=2_684_023_957_634_281_523,
        metadata="s3://bucket/orders/metadata/00002.metadata.json",
        file_count=2,
        size_bytes=3,
        row_count=2,
        columns=(Column(name="at", dtype="string"),),
        types=("timestamptz",),
    ),
    "query-source": QuerySource(
        connection="warehouse",
        dialect="postgresql",
        sql="SELECT id FROM customers WHERE region = :region",
        digest=A,
        row_set="0000000000000000000000000000000000000000000000000000000000000001",
        row_count=2,
        size_bytes=3,
        params={"region": "south"},
        columns=(Column(name="id", dtype="integer"),),
        types=("int8",),
    ),
    "profile": Profile(
        row_count=9,
        columns=(
            ColumnProfile(
                name="mixed",
                dtype="mixed",
                missing=1,
                infinite=1,
                kinds={"float": 6, "string": 2},
                numbers=_DISTRIBUTION,
                times=_DISTRIBUTION,
                lengths=_DISTRIBUTION,
                texts=Categories(counts={"é": 1, "no": 2}, error=3),
                untold=1,
                distinct="A" * 1023 + "1",
            ),
        ),
    ),
    "row-digests": RowDigests(digests=A, row_count=1, columns=("age", "sex")),
    "tables": Tables(
        tables=(
            Table(
                name="year=*/*.parquet",
                format="parquet",
                file_count=2,
                size_bytes=12,
                profile=A,
                partitions=("year",),
            ),
        ),
        gaps=("b.csv is no table: row 1 has 2 cells under 3 columns",),
    ),
    "code": Code(
        entry_point="train.py",
        commit="4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        branch="main",
        remote="https://example.org/churn.git",
        diff=A,
        untracked=B,
        masked_secrets=1,
        imported=C,
        state=("detached", "shallow"),
        submodules=(Submodule(path="vendor/x", commit="a" * 40, remote="../x.git", is_moved=True, diff=D),),
        notebooks=(Notebook(path="train.ipynb", stripped=A, cells=B, run_count=3, rerun_count=1, edited_count=1),),
    ),
    "runtime": Runtime(
        python="3.11.7",
        implementation="CPython",
        platform="Linux-6.1-x86_64",
        libc="glibc 2.36",
        packages=(
            Package(name="lineal", version="0.1", origin="file:///src", is_editable=True, commit="b" * 40),
            Package(name="numpy", version="2.3.5", files=C),
        ),
        locks={"requirements.txt": A},
        hardware=Hardware(
            machine="x86_64",
            processor="Xeon",
            core_count=2,
            memory_bytes=2**34,
            accelerators=("H100 80GB",),
            processor_features=("avx2",),
            devices=(
                Accelerator(name="H100", memory_bytes=2**36, uuid="GPU-1"),
                Accelerator(name="Intel 0x0bd5", is_usable=False),
            ),
            driver="550.54",
            cpu_limit_millicores=1500,
            memory_limit_bytes=2**33,
            looked_for_accelerators=("/proc", "NVML"),
        ),
        variables={"PYTHONHASHSEED": "0"},
        libraries={"libgomp.so.1": "12.2"},
        build="3.11.7 (main) [GCC 12.2.0]",
        system="Debian GNU/Linux 12",
        locale="C.UTF-8",
        time_zone="Europe/Berlin",
        conda_packages=(Package(name="libblas", version="3.9.0", origin="20_openblas"),),
        packages_before={"numpy": "2.3.4", "tqdm": ""},
        lock_checks={"uv.lock": LockCheck(same_count=1, other={"numpy": "2.3.4"}, absent_count=2, unlocked_count=3)},
        container=Container(kind="podman", id="0123456789ab", image="example.org/train:1", image_id="cafe"),
    ),
    "run": Run(
        id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
        name="train",
        command=("python", "train.py", '--note="1\t2"'),
        directory=".",
        state="finished",
        started_at=1_700_000_000_000,
        ended_at=1_700_000_001_000,
        exit_status=0,
        code=A,
        runtime=B,
        user="ada",
        host="lab",
        inputs=(FileUse(path="in.csv", digest=C, size_bytes=1, changed_while_reading=True, kept=False),),
        outputs=(FileUse(path="model.pkl", digest=D, size_bytes=1, mode="executable"),),
        intermediates=(FileUse(path="tmp.npy", digest=A, size_bytes=1),),
        params={"deep": True, "depth": 3, "loss": "log", "none": None, "rate": 0.00001, "steps": 1e16},
        metrics={"accuracy": 1.0, "loss": -0.0, "perplexity": "Infinity", "tiny": 1.5e-7},
        seeds=Seeds(set={"numpy": 3}, flags={"torch.deterministic": "true"}),
        models={"model.pkl": _FACTS},
        stdout=C,
        stderr=D,
        capture_level="fanotify",
        gaps=("stderr went to a terminal and was not kept",),
        tags={"team": "churn"},
        param_sources={"deep": "argparse", "depth": "config.yaml"},
        parent="01ARZ3NDEKTSV4RRFFQ69G5FAW",
        context=(
            Context(
                system="airflow",
                workflow="churn",
                run="manual",
                task="train",
                attempt="2",
                url="https://airflow.example",
            ),
        ),
    ),
    "run elsewhere": Run(
        id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
        name="train",
        command=("python", "train.py"),
        directory=".",
        state="finished",
        started_at=1_700_000_000_000,
        ended_at=1_700_000_001_000,
        exit_status=0,
        code=A,
        runtime=B,
        inputs=(
            FileUse(
                path="in.npy",
                digest=C,
                size_bytes=1,
                label=Label(by="numpy.load", kind="array", columns={"": "float32"}, shape=(3, 4)),
            ),
        ),
        objects=(
            ObjectUse(
                uri="s3://bucket/in.csv",
                access="read",
                version="3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
                etag='"acbd18db4cc2f85cedef654fccc4a4d8"',
                size_bytes=3,
                digest=A,
                endpoint="http://127.0.0.1:9000",
                by=("s3fs", "botocore"),
                label=Label(
                    by="pandas.read_csv", kind="table", columns={"a": "int64", "é": "str"}, row_count=2, split="train"
                ),
            ),
            ObjectUse(uri="https://example.org/out", access="written"),
        ),
        queries=(
            QueryUse(connection="sqlite:///shop.db", sql="select a from t\nwhere b = ?", row_count=0, by=("sqlite3",)),
            QueryUse(connection="duckdb://", sql="select 1"),
        ),
    ),
    "run of others": Run(
        id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
        name="train",
        command=("python", "train.py"),
        directory=".",
        state="finished",
        started_at=1_700_000_000_000,
        ended_at=1_700_000_001_000,
        exit_status=0,
        code=A,
        runtime=B,
        parent="01ARZ3NDEKTSV4RRFFQ69G5FAA",
        resumes="01ARZ3NDEKTSV4RRFFQ69G5FAB",
        forks="01ARZ3NDEKTSV4RRFFQ69G5FAC",
        from_step=3,
        children=(
            Child(command=("git", "log"), exit_status=0, taken=("stdout",), count=3),
            Child(command=("sleep", "9")),
        ),
        training=Training(key="ab", size=4, ranks=(0, 1)),
    ),
    "version": Version(
        weights=A,
        main_file="model.joblib",
        run=B,
        code=C,
        runtime=D,
        data=(DataUse(path="train.csv", digest=A, dataset=B),),
        params={"C": 1.0},
        metrics={"accuracy": 0.75},
        facts=_FACTS,
        card=C,
        parent=D,
        source="s3://models/churn",
    ),
    "card": Card(
        sections={"caveats": "Only\nfor tests."}, about={"caveats": A}, known={"caveats": ("training data: x",)}, file=B
    ),
    "evaluation": EVALUATION,
    "evaluation of a ranking": RANKING,
    "gate": GateReport(
        stage="production",
        outcome="fail",
        verdicts=(
            Verdict(check="metric_floor", outcome="fail", reason="accuracy 0.5 < 0.6", evidence={"accuracy": 0.5}),
        ),
        policy=A,
        champion=B,
    ),
    "approval": Approval(stage="production", comment="looked at it"),
    "bump": Bump(
        semantic="2.0.0",
        level="major",
        findings=("major: the input 'age' is gone",),
        previous="1.4.0",
        overridden_because="asked for",
        causes=(Cause(rule="input-removed-strict", where="age"),),
        pre_release="2.0.0-rc.1",
        since_pre_release=("minor: other weights",),
    ),
    "card-edit": CardEdit(card=A, sections=("caveats",), is_confirmed=True),
    "observation": Observation(deployment="01ARZ3NDEKTSV4RRFFQ69G5FAV", observed=A, healthy=True, request_count=7),
    "sighting": Sighting(read_at=1_700_000_000_000, snapshot="1042:1042:"),
    "structure": STRUCTURE,
    "scan": SCAN,
    "outside-evaluation": OUTSIDE,
    "golden": GOLDEN_REQUESTS,
    "replay": REPLAY,
    "answer-changes": ANSWER_CHANGES,
    "statement": Statement(subject=A, predicate=EVALUATION, by="ada", at=1_700_000_000_000),
    "journal": JournalEntry(
        sequence=2,
        at=1_700_000_000_000,
        by="ada",
        operation="promote",
        request='{"to":"production","version":"churn:1.0.0"}',
        outcome="done",
        previous=A,
        subject="churn:1.0.0",
        result=B,
        detail="because",
        objects=(A, B),
    ),
    "signature": Signature(bundle=A, key="ada"),
}
"""By the tag of their kind; a second one of a kind says behind the tag what it is."""


class Golden(NamedTuple):
    """What a kind's example must be, for ever."""

    canonical: str
    digest: Digest


def golden() -> dict[str, Golden]:
    """Return what was written down last, by tag."""
    return dict(every_golden())


def every_golden() -> list[tuple[str, Golden]]:
    """Return everything that was ever written down: a kind that got a new field has another line, and keeps the old."""
    lines = json.loads(GOLDEN.read_text(encoding="utf-8"))["objects"]
    return [(each["kind"], Golden(each["canonical"], each["digest"])) for each in lines]
