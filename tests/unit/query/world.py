"""Small repositories for searches: rows that hypothesis makes, put into a database, and the plain facts of each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from lineal.objects.runs import Code, Package, Runtime
from lineal.objects.semantic import pre_order
from lineal.storage.database.database import Database
from lineal.storage.made_with import note_made_with

NOW = 1_793_577_600_000
"""2026-11-02, midnight."""

HOUR_MS = 3_600_000
METRICS = ("auc", "accuracy", "log_loss", "recall[sex=Female]", "metric'; DROP TABLE version; --")
PARAMS = ("C", "kind", "learning rate", ":v0")
NUMERIC = "depth"
"""A parameter that is a number wherever it is."""

LETTERED = "letter"
"""A tag of texts about whose order all databases agree."""

TEXTS = ("ana", "Ana Banana", "x' OR '1'='1", "100%", "_", 'say "hi"', "é", "0.5", "true")
MODELS = ("churn", "income")
PRE_RELEASES = ("", "rc.2", "rc.10")
STAGES = ("staging", "production", "archived")
ALIASES = ("champion", "next", "Next2")
USED = (("iris", "d1aa"), ("iris", "d2"), ("wine", "d1"))
DATASETS = tuple(f"sha256:{digit * 64}" for digit in "abc")
NUMBERS = (-1.5, 0.0, 0.1, 0.5, 0.85, 1.0, 1e300)

TAGS = ("team", "lineal's", "a.b", "mlflow.source.git.branch")
COMMITS = ("3fe4a1" + "0" * 34, "3fe4b2" + "1" * 34, "abc" + "9" * 37)
BRANCHES = ("main", "Main-2", "fix/x%")
SCRIPTS = ("train.py", "notebook.ipynb")
PACKAGES = {
    "scikit-learn": ("1.4.0", "1.4", "1.10.0", "1.5rc1"),
    "torch": ("2.4.0+cu121", "2.4.0"),
    "python": ("3.12.1",),
}
EXPERIMENTS = ("Default", "trials", "it's")

_TABLES = (
    *(
        "alias",
        "version",
        "model",
        "object",
        "metric_last",
        "param",
        "tag",
        "origin",
        "edge",
        "run",
        "made_with",
        "package",
    ),
    *("stage_period", "run_input", "named_dataset", "experiment"),
)


@dataclass
class Thing:
    """A version or a run: its columns, and what is known of it elsewhere.

    ``stages`` are where a version stood, each from when on; ``used`` the names and digests of datasets that its run named.
    """

    columns: dict[str, Any]
    subject: str
    metrics: dict[str, float | str]
    params: dict[str, float | str]
    datasets: frozenset[str]
    tags: dict[str, str] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    stages: tuple[tuple[str, int], ...] = ()
    used: tuple[tuple[str, str], ...] = ()
    experiment: str = ""
    is_deleted: bool = False
    aliases: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this row from the others."""
        return (self.columns["id"],) if "id" in self.columns else (self.columns["model"], self.columns["number"])


@dataclass
class World:
    """All versions and runs of a repository."""

    versions: list[Thing] = field(default_factory=list)
    runs: list[Thing] = field(default_factory=list)


def _facts() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "metrics": st.dictionaries(
            st.sampled_from(METRICS), st.sampled_from((*NUMBERS, "NaN", "Infinity", "-Infinity")), max_size=3
        ),
        "params": st.builds(
            lambda params, more: {**params, **more},
            st.dictionaries(st.sampled_from(PARAMS), st.sampled_from((*NUMBERS, *TEXTS)), max_size=3),
            st.dictionaries(st.just(NUMERIC), st.sampled_from(NUMBERS), max_size=1),
        ),
        "datasets": st.frozensets(st.sampled_from(DATASETS), max_size=2),
        "tags": st.builds(
            lambda tags, more: {**tags, **more},
            st.dictionaries(st.sampled_from(TAGS), st.sampled_from((*TEXTS, *BRANCHES)), max_size=2),
            st.dictionaries(st.just(LETTERED), st.sampled_from("abc"), max_size=1),
        ),
        "code": st.fixed_dictionaries(
            {
                "commit_id": st.sampled_from(("", *COMMITS)),
                "branch": st.sampled_from(("", *BRANCHES)),
                "entry_point": st.sampled_from(("", *SCRIPTS)),
            }
        )
        | st.just({}),
        "packages": st.fixed_dictionaries({}, optional={name: st.sampled_from(PACKAGES[name]) for name in PACKAGES}),
    }


def _used() -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    return st.lists(st.sampled_from(USED), max_size=2, unique=True).map(tuple)


_times = st.integers(-60, 30).map(lambda hours: NOW + hours * HOUR_MS)


_lines = st.lists(st.tuples(*[st.integers(0, 2)] * 3, st.sampled_from(PRE_RELEASES)), unique=True, max_size=6)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw up to twelve versions and six runs."""
    world = World()
    for model in MODELS:
        lines = draw(_lines)
        for number, (major, minor, patch, pre) in enumerate(lines, 1):
            digest = f"sha256:{model}{number}"
            columns = {
                "model": model,
                "number": number,
                "digest": digest,
                "major": major,
                "minor": minor,
                "patch": patch,
                "pre": pre,
                "pre_order": pre_order(pre),
                "stage": draw(st.sampled_from(STAGES)),
                "card": "",
                "created_by": draw(st.sampled_from(TEXTS)),
                "created_at": draw(_times),
                "revision": 1,
                "description": draw(st.sampled_from(TEXTS)),
                "run": draw(st.none() | st.sampled_from([f"01J{each:023}" for each in range(6)])),
            }
            facts = {name: draw(each) for name, each in _facts().items()}
            aliases = draw(st.frozensets(st.sampled_from(ALIASES), max_size=2))
            taken = {alias for each in world.versions if each.columns["model"] == model for alias in each.aliases}
            stages = draw(st.lists(st.tuples(st.sampled_from(STAGES), _times), max_size=3))
            stages.sort(key=lambda each: each[1])
            world.versions.append(Thing(columns, digest, **facts, aliases=aliases - taken, stages=tuple(stages)))
    for number in range(draw(st.integers(0, 6))):
        facts = {name: draw(each) for name, each in _facts().items()}
        has_ended = draw(st.booleans())
        columns = {
            "id": f"01J{number:023}",
            "name": draw(st.sampled_from(TEXTS)),
            "state": draw(st.sampled_from(("finished", "failed"))) if has_ended else "running",
            "command": draw(st.sampled_from(TEXTS)),
            "started_by": draw(st.sampled_from(TEXTS)),
            "host": "here",
            "started_at": draw(_times),
            "ended_at": draw(_times) if has_ended else None,
            "exit_status": draw(st.integers(-9, 2)) if has_ended else None,
            "digest": f"sha256:run{number}" if has_ended else None,
            "revision": 1,
        }
        if not has_ended:
            facts["datasets"] = frozenset()
        more = {"used": draw(_used()), "experiment": draw(st.sampled_from(EXPERIMENTS))}
        world.runs.append(Thing(columns, columns["id"], **facts, **more, is_deleted=draw(_rarely)))
    return world


_rarely = st.sampled_from((False, False, False, True))


def full_world() -> World:
    """Return a world in which every value of everything occurs, beside many values of everything else."""
    numbers = (*NUMBERS, "NaN", "Infinity", "-Infinity", None)
    words = (*NUMBERS, *TEXTS, None)
    hours = (-60, -48, -47, -31, -30, -29, -25, -24, -23, -1, 0, 1, 24, 30)
    world = World()
    for i in range(42):
        at = NOW + hours[i % len(hours)] * HOUR_MS + i % 3 - 1
        facts: dict[str, Any] = {
            "metrics": _chosen(METRICS, numbers, i),
            "params": _chosen(PARAMS, words, i) | _chosen((NUMERIC,), (*NUMBERS, None), i),
            "datasets": frozenset(DATASETS[: i % 4]),
            "tags": _chosen(TAGS, (*TEXTS, *BRANCHES, None), i) | _chosen((LETTERED,), ("a", "b", None), i // 3),
            "code": {
                "commit_id": ("", *COMMITS)[i % 4],
                "branch": ("", *BRANCHES)[i // 2 % 4],
                "entry_point": ("", *SCRIPTS)[i % 3],
            }
            if i % 5
            else {},
            "packages": {
                name: found[i % len(found)] for k, (name, found) in enumerate(PACKAGES.items()) if (i + k) % 3
            },
        }
        line = dict(zip(("major", "minor", "patch"), divmod(i // 2, 9)[:1] + divmod(i // 2 % 9, 3), strict=True))
        version = {
            "model": MODELS[i % 2],
            "number": i // 2 + 1,
            "digest": f"sha256:{i}",
            **line,
            "pre": PRE_RELEASES[i % 3],
            "pre_order": pre_order(PRE_RELEASES[i % 3]),
            "card": "",
            "stage": STAGES[i % 3],
            "created_by": TEXTS[i % len(TEXTS)],
            "created_at": at,
            "revision": 1,
            "description": TEXTS[i % 4],
            "run": f"01J{i:023}" if i % 5 else None,
        }
        aliases = frozenset(ALIASES[(i // 2) % 3 :] if i < 2 else ALIASES[:0])
        stages = tuple((STAGES[(i + k) % 3], at + k * 20 * HOUR_MS) for k in range(i % 4))
        world.versions.append(Thing(version, version["digest"], **facts, aliases=aliases, stages=stages))
        world.runs.append(_full_run(i, at, facts))
    return world


def _full_run(i: int, at: int, facts: dict[str, Any]) -> Thing:
    has_ended = i % 4 != 0
    run = {
        "id": f"01J{i:023}",
        "name": TEXTS[i % len(TEXTS)],
        "command": TEXTS[i * 2 % len(TEXTS)],
        "host": "here",
        "state": ("running", "finished", "failed")[(i % 2 + 1) * has_ended],
        "started_by": TEXTS[i % 5],
        "started_at": at,
        "ended_at": at + HOUR_MS if has_ended else None,
        "revision": 1,
        "exit_status": i % 12 - 9 if has_ended else None,
        "digest": f"sha256:run{i}" if has_ended else None,
    }
    facts["datasets"] = facts["datasets"] if has_ended else frozenset()
    used = USED[: i % 3]
    more = {"used": used, "experiment": EXPERIMENTS[i % 3], "is_deleted": i % 9 == 8}
    return Thing(run, run["id"], **facts, **more)


def _chosen(names: tuple[str, ...], values: tuple[Any, ...], i: int) -> dict[str, Any]:
    chosen = {name: values[(i * (k + 1) + k) % len(values)] for k, name in enumerate(names)}
    return {name: value for name, value in chosen.items() if value is not None}


def fill(database: Database, world: World) -> None:
    """Make ``database`` hold exactly ``world``."""
    with database.transaction():
        for table in _TABLES:
            database.run(f"DELETE FROM {table}")
        _insert(database, "model", [{"name": m, "last_number": 9, "created_by": "", "created_at": 0} for m in MODELS])
        _insert(database, "object", [_object(each.subject) for each in world.versions])
        _insert(database, "version", [each.columns for each in world.versions])
        _insert(database, "run", [_run(each) for each in world.runs])
        _insert(database, "experiment", [_experiment(*each) for each in enumerate(EXPERIMENTS)])
        _insert(database, "named_dataset", [_named(*each) for each in USED])
        for each in (*world.versions, *world.runs):
            _insert(database, "tag", [_tag(each, *item) for item in each.tags.items()])
            if each.code:
                note_made_with(database, each.subject, *_made_with(each))
            elif each.packages:
                note_made_with(database, each.subject, Code(), _made_with(each)[1])
            _insert(database, "metric_last", [_metric(each.subject, *item) for item in each.metrics.items()])
            _insert(database, "param", [_param(each.subject, *item) for item in each.params.items()])
        for each in world.runs:
            _insert(database, "run_input", [_input(each, *one) for one in each.used])
        for each in world.versions:
            _insert(database, "stage_period", _periods(each))
            _insert(database, "origin", [{"version": each.subject, "dataset": one} for one in each.datasets])
            _insert(database, "alias", [_alias(each, alias) for alias in each.aliases])
        for each in (one for one in world.runs if one.columns["digest"]):
            others = [_edge(each.columns["digest"], one, "written by") for one in DATASETS]
            _insert(database, "edge", others + [_edge(each.columns["digest"], one, "read") for one in each.datasets])


def _insert(database: Database, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        marks = ", ".join(f":{name}" for name in rows[0])
        database.many(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)


def _object(digest: str) -> dict[str, Any]:
    return {"digest": digest, "kind": "version", "size_bytes": 0, "body": "", "created_at": 0}


def _metric(subject: str, key: str, value: float | str) -> dict[str, Any]:
    is_word = isinstance(value, str)
    return {
        "subject": subject,
        "key": key,
        "value": None if value == "NaN" else float(value),
        "word": value if is_word else None,
        "step": 0,
        "at": 0,
    }


def _param(subject: str, key: str, value: float | str) -> dict[str, Any]:
    return {"subject": subject, "key": key, "value": str(value), "number": None if isinstance(value, str) else value}


def _alias(version: Thing, alias: str) -> dict[str, Any]:
    names = {name: version.columns[name] for name in ("model", "number")}
    return {**names, "alias": alias, "moved_by": "", "moved_at": 0, "revision": 1}


def _edge(run: str, dataset: str, role: str) -> dict[str, Any]:
    return {"child": run, "parent": dataset, "role": role, "trust": "verified", "detail": ""}


def _run(run: Thing) -> dict[str, Any]:
    number = EXPERIMENTS.index(run.experiment)
    return {**run.columns, "experiment": number, "deleted_at": 1 if run.is_deleted else None}


def _experiment(number: int, name: str) -> dict[str, Any]:
    texts = {"name": name, "state": "active", "artifact_location": "", "created_by": ""}
    return {"number": number, **texts, "created_at": 0, "updated_at": 0, "revision": 1}


def _tag(thing: Thing, key: str, value: str) -> dict[str, Any]:
    columns = thing.columns
    subject = thing.subject if "id" in columns else f"version:{columns['model']}/{columns['number']}"
    return {"subject": subject, "key": key, "value": value}


def _made_with(thing: Thing) -> tuple[Code, Runtime]:
    code = {name.removesuffix("_id"): value for name, value in thing.code.items()}
    packages = tuple(
        Package(name=name, version=version) for name, version in thing.packages.items() if name != "python"
    )
    return Code(**code), Runtime(packages=packages, python=thing.packages.get("python", ""))


def _named(name: str, digest: str) -> dict[str, Any]:
    known = {"id": f"{name}-{digest}", "experiment": 0, "name": name, "digest": digest}
    return known | {"source_type": "local", "source": ""}


def _input(run: Thing, name: str, digest: str) -> dict[str, Any]:
    return {"run": run.subject, "kind": "dataset", "input": f"{name}-{digest}", "context": "", "tags": ""}


def _periods(version: Thing) -> list[dict[str, Any]]:
    known = {name: version.columns[name] for name in ("model", "number")}
    ends = [*(at for _, at in version.stages[1:]), None]
    return [
        {**known, "revision": place, "stage": stage, "since": since, "until": until}
        for place, ((stage, since), until) in enumerate(zip(version.stages, ends, strict=False))
    ]
