"""Bring what MLflow knows: experiments, runs with every point, models, files, and the registry, as it was there.

It can be stopped at any time and done again: what is here and did not change is passed over. What could not be had is
left out, and named; at the end, what is here is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lineal.client.mlflow.bringing import KINDS, Bringing, batched, state_of, unmarked
from lineal.client.mlflow.filing import Filing, are_here
from lineal.client.mlflow.registry import bring_registry
from lineal.formats.mlflow.records import Curve, ExperimentRecord, RunRecord
from lineal.objects.errors import Corrupt, NotFound
from lineal.objects.ulid import is_hexadecimal
from lineal.operations.migration.tracking_imports import PROXY, ComingModel, ComingRun
from lineal.storage.mlflow.source import POINTS_MAX, Source
from lineal.storage.progress import Progress, Silent

if TYPE_CHECKING:
    from lineal.client.connect import Repository

_RUNS_AT_ONCE = 200
_COUNTED_AT_ONCE = 100


class Counted(msgspec.Struct, frozen=True):
    """How much of a kind there is where it came from, and where it went."""

    kind: str
    source: int
    target: int


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What came from one place to another. ``new`` items came now; ``left_out`` says in plain words what could not be had."""

    address: str
    counts: tuple[Counted, ...]
    new: int
    left_out: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[Counted, ...]:
        """The kinds of which there is less where it went."""
        return tuple(each for each in self.counts if each.target < each.source)

    def check(self) -> int:
        """Return the exit status that says whether everything is here.

        Raises:
            Corrupt: there is less where it went, and nothing was left out.
        """
        if self.left_out:
            return NotFound.exit_status
        if self.missing:
            kind = self.missing[0]
            raise Corrupt(
                f"of {kind.source:,} {kind.kind} only {kind.target:,} came", hint="lineal verify tells what is wrong"
            )
        return 0


def import_history(
    repository: Repository, source: Source, *, files: bool = True, progress: Progress | None = None
) -> Imported:
    """Bring everything that is known at a place of MLflow's.

    Args:
        repository: where to.
        source: where from.
        files: also the files of runs and models.
        progress: is told how far it is.

    Raises:
        Unavailable: one of the two cannot be reached; what came until then is here.
    """
    bringing, progress = Bringing(repository), progress or Silent()
    experiments = list(source.experiments())
    numbers = repository.imports.experiments(experiments=tuple(experiments), keep_locations=not files)
    bringing.there["experiments"] = len(experiments)
    filing = Filing(bringing, source, progress) if files else None
    for each in experiments:
        progress.begin(f"import mlflow {each.name}")
        _bring_runs(bringing, source, each, numbers[each.id], filing)
        _bring_models(bringing, source, each, numbers[each.id], filing)
    progress.begin("import mlflow registry")
    bring_registry(bringing, source, progress if files else None)
    for problem in source.problems:
        bringing.leave_out("damaged", problem)
    return Imported(
        address=source.address,
        counts=tuple(_counted(bringing, len(set(numbers.values())), with_files=files)),
        new=bringing.new,
        left_out=tuple(bringing.left_out),
    )


def _bring_runs(
    bringing: Bringing, source: Source, experiment: ExperimentRecord, number: int, filing: Filing | None
) -> None:
    imports = bringing.repository.imports
    for batch in batched(map(unmarked, source.runs(experiment)), _RUNS_AT_ONCE):
        known = [each for each in batch if is_hexadecimal(each.id)]
        for run in batch:
            if not is_hexadecimal(run.id):
                bringing.leave_out(f"run {run.id}", "its id has not 32 hexadecimal digits")
        states = {each.id: state_of(each) for each in known}
        changed = [each for each in known if bringing.state(f"run:{each.id}") != states[each.id]]
        points = _bring_points(bringing, source, changed)
        new = [
            ComingRun(
                run=each,
                experiment=number,
                state=f"{states[each.id]} {_points(each, points)}",
                artifact_location="" if filing else _location(each.artifact_uri, f"/{each.id}/artifacts"),
            )
            for each in changed
        ]
        came = bringing.send(
            lambda some: imports.runs(runs=some), new, lambda told: f"run {told.run.id} of {experiment.name}"
        )
        for each in came:
            bringing.add(f"run:{each.run.id}", each.state)
        unchanged = {each.id for each in known} - {each.id for each in changed}
        lost = {each.id for each in changed} - {each.run.id for each in came}
        for run in known:
            _count_run(bringing, run, points)
            bringing.runs.append(run.id)
            if filing and run.id not in lost and not (run.id in unchanged and are_here(bringing, run)):
                filing.bring(run, f"run {run.id} of {experiment.name}")
        if filing:
            filing.flush()


def _bring_points(bringing: Bringing, source: Source, runs: list[RunRecord]) -> dict[str, int]:
    """Bring every point of runs, and return how many each has; points that are the same in all are one."""
    found: dict[str, int] = {}
    waiting: list[Curve] = []
    for curve in source.curves(runs):
        waiting.append(curve)
        found[curve.run] = found.get(curve.run, 0) + len(set(zip(curve.steps, curve.values, curve.times, strict=True)))
        if sum(len(each.steps) for each in waiting) >= POINTS_MAX:
            bringing.repository.imports.points(curves=tuple(waiting))
            waiting = []
    if waiting:
        bringing.repository.imports.points(curves=tuple(waiting))
    return found


def _location(uri: str, end: str) -> str:
    """Return where files stay, of which programs know the rest; nothing for what is behind another server."""
    return uri.removesuffix(end) if uri.endswith(end) and not uri.startswith(PROXY) else ""


def _points(run: RunRecord, read: dict[str, int]) -> int:
    return read.get(run.id, 0) if run.point_count is None else run.point_count


def _count_run(bringing: Bringing, run: RunRecord, read: dict[str, int]) -> None:
    points = run.point_count
    if points is None:
        points = read[run.id] if run.id in read else bringing.count(f"run:{run.id}")
    bringing.there.update(
        runs=1,
        params=len(run.params),
        tags=len(run.tags),
        points=points,
        inputs=len({(each.name, each.digest) for each in run.datasets}) + len(set(run.models_used)),
    )


def _bring_models(
    bringing: Bringing, source: Source, experiment: ExperimentRecord, number: int, filing: Filing | None
) -> None:
    imports = bringing.repository.imports
    for batch in batched(map(unmarked, source.logged_models(experiment)), _RUNS_AT_ONCE):
        states = {each.id: state_of(each) for each in batch}
        changed = [each for each in batch if bringing.state(f"logged:{each.id}") != states[each.id]]
        new = [
            ComingModel(
                model=each,
                experiment=number,
                state=states[each.id],
                artifact_location="" if filing else _location(each.artifact_uri, f"/models/{each.id}/artifacts"),
            )
            for each in changed
        ]
        came = bringing.send(
            lambda some: imports.models(models=some), new, lambda told: f"logged model {told.model.id}"
        )
        lost = {each.id for each in changed} - {each.model.id for each in came}
        for each in came:
            bringing.add(f"logged:{each.model.id}", each.state)
        bringing.there["models"] += len(batch)
        for model in batch:
            bringing.models.append(model.id)
            if filing and model.id not in lost and not (model not in changed and are_here(bringing, model)):
                filing.bring(model, f"logged model {model.id}")
        if filing:
            filing.flush()


def _counted(bringing: Bringing, experiment_count: int, *, with_files: bool) -> Iterator[Counted]:
    """Yield the counts of each kind: those of the source as they were read, those here from the rows."""
    here = {"experiments": experiment_count}
    imports = bringing.repository.imports
    parts = [{"runs": tuple(each)} for each in batched(bringing.runs, _COUNTED_AT_ONCE)]
    parts += [{"models": tuple(each)} for each in batched(bringing.models, _COUNTED_AT_ONCE)]
    parts += [{"registered": tuple(each)} for each in batched(bringing.registered, _COUNTED_AT_ONCE)]
    for part in parts:
        for kind, count in msgspec.structs.asdict(imports.counts(**part)).items():
            here[kind] = here.get(kind, 0) + count
    for kind, called in KINDS.items():
        if with_files or kind != "files":
            yield Counted(called, bringing.there[kind], here.get(kind, 0))
