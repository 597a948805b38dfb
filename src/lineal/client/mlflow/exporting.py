"""Take what is here to a place of MLflow's: experiments, runs with every point, models, files, and the registry.

It can be stopped at any time and done again: what is there already, as it is here, is passed over. What could not be
taken is left out, and named; at the end, what is there is read and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lineal.client.mlflow.bringing import state_of, unmarked
from lineal.client.mlflow.importing import Counted, Imported
from lineal.client.mlflow.own import Own
from lineal.formats.mlflow.records import Curve, ExperimentRecord, RunRecord
from lineal.objects.errors import LinealError, Unavailable
from lineal.storage.mlflow.places import reason
from lineal.storage.mlflow.source import Source
from lineal.storage.mlflow.target import MARK, Target
from lineal.storage.progress import Progress, Silent

if TYPE_CHECKING:
    from lineal.client.connect import Repository

_RUN_KINDS = {"runs": "runs", "params": "params", "tags": "tags", "inputs": "inputs"}


class _Taking:
    """The state of one export."""

    def __init__(self) -> None:
        self.here: Counter[str] = Counter()
        self.left_out: list[str] = []
        self.new = 0
        self.runs = set[str]()
        """The ids of those that should be there."""
        self.points: Counter[str] = Counter()
        """How many points of each run were taken now."""

    def counting(self, curves: Iterator[Curve]) -> Iterator[Curve]:
        """Yield points, and count them."""
        for each in curves:
            self.points[each.run] += len(each.steps)
            yield each

    def done(self, what: str, act: Callable[..., object], *told: object) -> bool:
        """Do something with what is told; take note of why it could not be done, and tell whether it was."""
        try:
            act(*told)
        except Unavailable:
            raise
        except (LinealError, OSError) as error:
            self.left_out.append(f"{what}: {reason(error) if isinstance(error, LinealError) else error}")
            return False
        return True


def export_history(repository: Repository, target: Target, *, progress: Progress | None = None) -> Imported:
    """Take everything that is here to a place of MLflow's.

    Args:
        repository: where from.
        target: where to.
        progress: is told how far it is.

    Raises:
        Unavailable: one of the two cannot be reached; what was taken until then is there.
    """
    taking, source, progress = _Taking(), Own(repository), progress or Silent()
    for each in source.experiments():
        progress.begin(f"export mlflow {each.name}")
        if taking.done(f"experiment {each.name}", target.experiment, each):
            taking.here["experiments"] += 1
            _take_experiment(taking, source, target, each)
    progress.begin("export mlflow registry")
    _take_registry(taking, source, target)
    return Imported(
        address=target.address,
        counts=tuple(_counted(taking, target.source(), source)),
        new=taking.new,
        left_out=tuple(taking.left_out),
    )


def _take_experiment(taking: _Taking, source: Source, target: Target, experiment: ExperimentRecord) -> None:
    runs, models = list(source.runs(experiment)), list(source.logged_models(experiment))
    runs.sort(key=lambda run: run.started_at)  # a parent before its children
    waiting = []
    for run in runs:
        called, state = f"run {run.id} of {experiment.name}", state_of(run)
        needed = _begun(taking, called, target.begin_run, run, state)
        if needed is not None:
            waiting += [(run, state, called)] if needed else []
            taking.here.update(_of_run(run))
            taking.runs.add(run.id)
    waiting_models = []
    for model in models:
        called, state = f"logged model {model.id}", state_of(model)
        needed = _begun(taking, called, target.begin_model, model, state)
        if needed is not None:
            waiting_models += [(model, state, called)] if needed else []
            taking.here["models"] += 1
    for run, state, called in waiting:
        taking.new += taking.done(
            called, target.run, run, taking.counting(source.curves([run])), source.files(run), state
        )
    for model, state, called in waiting_models:
        taking.new += taking.done(called, target.model, model, source.files(model), state)
    taking.done(f"experiment {experiment.name}", target.end_experiment, experiment)


def _begun(taking: _Taking, called: str, begin: Callable[..., bool], *told: object) -> bool | None:
    """Return whether something has to be filled there; None when it cannot be there."""
    found: list[bool] = []
    return found[0] if taking.done(called, lambda: found.append(begin(*told))) else None


def _of_run(run: RunRecord) -> dict[str, int]:
    # Where a run has a name, MLflow says it in a tag as well.
    is_untagged = bool(run.name) and "mlflow.runName" not in run.tags
    return {
        "runs": 1,
        "params": len(run.params),
        "tags": len(run.tags) + is_untagged,
        "inputs": len(run.datasets) + len(run.models_used),
    }


def _take_registry(taking: _Taking, source: Source, target: Target) -> None:
    for model in source.registered_models():
        if not taking.done(f"model {model.name}", target.registered, model):
            continue
        taking.here["registered"] += 1
        for version in source.versions(model):
            own = source.files(version) if version.place.startswith("version:") else iter(())
            what = f"version {version.number} of {version.model}"
            taking.here["versions"] += taking.done(what, target.version, version, own)
        for alias, number in model.aliases.items():
            taking.done(f"alias {model.name}@{alias}", target.alias, model.name, alias, number)


def _counted(taking: _Taking, there: Source, source: Source) -> Iterator[Counted]:
    """Yield how much of each kind is here and, as it is read there, there."""
    names = {each.name for each in source.experiments()}
    found: Counter[str] = Counter()
    for experiment in there.experiments():
        if experiment.name in names:
            found["experiments"] += 1
            for run in there.runs(experiment):
                if run.tags.get(f"{MARK}run", run.id) not in taking.runs:
                    continue
                found.update({**_of_run(run), "tags": len(unmarked(run).tags)})
                if run.point_count is not None and run.id in taking.points:
                    found["points"] += run.point_count
            found["models"] += sum(1 for _ in there.logged_models(experiment))
    ours = {each.name for each in source.registered_models()}
    for model in there.registered_models():
        if model.name in ours:
            found.update(registered=1, versions=len(list(there.versions(model))))
    if found["points"]:  # a server does not tell without sending them all
        yield Counted("points of metrics, taken now", taking.points.total(), found["points"])
    called = {"experiments": "experiments", **_RUN_KINDS, "models": "logged models"}
    for kind, words in {**called, "registered": "registered models", "versions": "versions"}.items():
        yield Counted(words, taking.here[kind], found[kind])
