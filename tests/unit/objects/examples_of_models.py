"""What is said of models, with every field set: a structure, an evaluation, a scan."""

from __future__ import annotations

from lineal.objects.costs import Cost
from lineal.objects.digest import digest_of
from lineal.objects.outside_evaluations import OutsideEvaluation, OutsideResult
from lineal.objects.replays import AnswerChanges, Golden, Replay, ReplayExample
from lineal.objects.scans import Scan, ScanFinding
from lineal.objects.statements import Evaluation, SliceResult
from lineal.objects.structures import Field, Structure, TensorInfo

A, B = digest_of(b"a"), digest_of(b"b")

STRUCTURE = Structure(
    format="onnx",
    framework="onnx",
    framework_version="1.23.2",
    architecture="Gemm\nRelu",
    fingerprint=digest_of(b"a"),
    tensor_fingerprint=digest_of(b"b"),
    tensors=(TensorInfo(name="fc.weight", dtype="float32", shape=(32, 4)), TensorInfo(name="steps", dtype="int64")),
    tensor_count=2,
    parameter_count=129,
    size_bytes=1_024,
    inputs={
        "x": Field(dtype="float32", shape=(-1, 4)),
        "town": Field(dtype="category", categories=("Oslo", "Rome")),
    },
    outputs={"y": Field(dtype="float32", shape=(), optional=True), "z": Field()},
    classes=("no", "yes"),
    params={"C": 0.5, "max_iter": 100, "warm_start": False, "n_jobs": None, "solver": "lbfgs"},
    opsets={"ai.onnx": 18},
    operators={"Gemm": 1, "Relu": 1},
    facts={"producer_name": "pytorch"},
    notes=("weights are kept outside of it, in ext.bin",),
)

EVALUATION = Evaluation(
    dataset=A,
    task="binary",
    label="rich",
    positive="yes",
    overall=SliceResult(row_count=10, metrics={"accuracy": 0.9}),
    slices=(
        SliceResult(
            row_count=4,
            metrics={"accuracy": 1.0, "recall": "NaN"},
            feature="sex",
            value="Female",
            intervals={"accuracy": (0.25, 1.0)},
            counts={"no/no": 4},
        ),
    ),
    predictions=B,
    duration_ms=1234,
)

RANKING = Evaluation(
    dataset=A,
    task="ranking",
    label="relevance",
    query="search",
    overall=SliceResult(row_count=10, metrics={"ndcg@10": 0.75}, intervals={"ndcg@10": (0.5, 0.9)}, query_count=3),
    slices=(SliceResult(row_count=4, metrics={}, feature="age & shop", value="under 30 & north", query_count=1),),
    predictions=B,
    edges={"age": (30.0, 50.5)},
    minimum_rows=10,
    functions=("measures:revenue",),
    function="measures:answer",
    replicates=200,
    executor="cluster",
    cost=Cost(
        latency_p50_ms=0.5,
        latency_p95_ms=1.25,
        latency_p99_ms=2.0,
        request_count=300,
        rows_per_second=1e5,
        start_ms=900.0,
        load_ms=800.0,
        memory_bytes=200_000_000,
        size_bytes=1_024,
        environment_bytes=400_000_000,
    ),
)

SCAN = Scan(
    outcome="hostile",
    rules=1,
    findings=(
        ScanFinding(
            rule="hostile-name",
            outcome="hostile",
            file="model.pt",
            what="os.system",
            why="it runs something",
            said="('id',)",
            member="model/data.pkl",
            place=7,
        ),
    ),
    formats={"torch": 1},
    pickles=("model.pt",),
    left_out=2,
)

OUTSIDE = OutsideEvaluation(
    format="lm-evaluation-harness",
    tool="lm-evaluation-harness",
    tree=A,
    results=(
        OutsideResult(
            task="hellaswag",
            row_count=40,
            metrics={"acc": 0.25, "perplexity": "Infinity"},
            intervals={"perplexity": (1.5, 9.0)},
            standard_errors={"acc": 0.5},
            shares={"acc": (10, 40)},
        ),
        OutsideResult(feature="sex", value="Female", metrics={"recall": 0.5}),
    ),
    tool_version="0.4.13",
    model="ada/small",
    dataset=B,
    dataset_said="hellaswag/validation",
    facts={"hellaswag: version": "1.0"},
    notes=("samples.jsonl is kept; its 40 samples were not read",),
)

GOLDEN = Golden(
    requests=A,
    request_count=33,
    answers=B,
    origins={"given": 2, "sampled": 31},
    inherited=31,
    unstable=1,
    unanswered=2,
    dataset="data:test@1",
    environment="this environment: identical packages",
    gaps=("no table that is here has all columns",),
)

ANSWER_CHANGES = AnswerChanges(
    against=A,
    row_count=100,
    changed=4,
    changed_interval=(0.011, 0.1),
    dataset=B,
    labelled=90,
    broke=1,
    broke_interval=(0.0, 0.061),
    fixed=3,
    fixed_interval=(0.007, 0.095),
)

REPLAY = Replay(
    against=A,
    outcome="refused",
    request_count=33,
    equal=26,
    exact=25,
    differing=3,
    reformed=1,
    refused=1,
    accepted=1,
    unstable=1,
    tolerance=1e-6,
    largest_difference="Infinity",
    example=ReplayExample(place=3, request='{"rows":[{"age":1}]}', before='{"predictions":["no"]}', after="status 400"),
    requests=A,
    before=B,
    after=A,
    changes=ANSWER_CHANGES,
    environment="this environment: identical packages",
    reason="there was no time",
)
