"""Let a version answer the held-out rows: its own files in its own environment, or a function of the user's beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from lineal.checks.policies.tables import EvaluationPolicy
from lineal.executors.choosing import executor_of
from lineal.executors.commands import CALLING
from lineal.executors.executor import Environment
from lineal.objects.canonical import Number
from lineal.objects.costs import Cost
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared
from lineal.objects.structures import Structure
from lineal.operations.references import Row
from lineal.operations.statements import said
from lineal.operations.versioning.held_out import LINES, HeldOut
from lineal.operations.versioning.models import version_of
from lineal.operations.versioning.releases import environment_of, home_of, write_version
from lineal.storage.store import Store

TIMEOUT_S = 3600
"""A batch prediction that takes longer is stopped; a larger evaluation belongs on another executor."""

_ANSWERS, _COSTS, _JOB, _ANSWER = "predictions.jsonl", "cost.json", "job.json", "answer.json"
_RANKERS = re.compile(r"\w*Ranker\b")
_RANKING_GOALS = re.compile(
    r"rank[:_]|lambdarank|lambdamart|rank_xendcg|YetiRank|QueryRMSE|QuerySoftMax|PairLogit", re.IGNORECASE
)
_GOALS = ("objective", "loss_function")


class Predicted(NamedTuple):
    """What a version answered: a file with a line for each row, or only ``numbers`` that a function made of ``row_count``."""

    path: Path
    environment: str
    cost: Cost = Cost()
    numbers: Mapping[str, Number] = {}
    row_count: int = 0


class _Answer(msgspec.Struct, frozen=True):
    """What became of a function that answers rows."""

    problem: str = ""
    numbers: dict[str, float] = {}
    row_count: int = 0
    memory_bytes: int = 0


def predict(store: Store, row: Row, held_out: HeldOut, asked: EvaluationPolicy, directory: Path) -> Predicted:
    """Return what the version of ``row`` answers to the held-out rows.

    Args:
        store: where.
        row: the version.
        held_out: the rows.
        asked: what is measured, and where.
        directory: an empty one, in which files may lie.

    Raises:
        Invalid: the rows are no table, or the function failed.
        Unavailable: the environment cannot be had, or the version cannot predict.
    """
    environment = environment_of(store, row)
    write_version(store, row, directory)
    run = _Run(environment, asked, directory)
    return run.function(held_out, home_of(store).parent) if asked.function else run.model(held_out)


class _Run(NamedTuple):
    environment: Environment
    asked: EvaluationPolicy
    directory: Path

    def model(self, held_out: HeldOut) -> Predicted:
        """Let the version's own model predict."""
        name = held_out.write(self.directory)
        more = ("--cost-file", _COSTS) if self.asked.costs else ()
        arguments = ("-m", "lineal.serving", "predict", str(self.directory), name, _ANSWERS, *more)
        self._start(self.environment, arguments, TIMEOUT_S)
        found = self.directory / _COSTS
        cost = msgspec.json.decode(found.read_bytes(), type=prepared(Cost)) if found.exists() else Cost()
        return Predicted(self.directory / _ANSWERS, self.environment.description, cost)

    def function(self, held_out: HeldOut, project: Path) -> Predicted:
        """Let a function of the project answer, in the version's environment."""
        held_out.write_lines(self.directory / LINES)
        job = {"function": self.asked.function, "directory": "model", "rows": LINES, "output": _ANSWERS}
        (self.directory / _JOB).write_bytes(msgspec.json.encode(job))
        variables = self.environment.variables
        paths = f"{project}:{variables['PYTHONPATH']}" if variables.get("PYTHONPATH") else str(project)
        environment = self.environment._replace(variables={**variables, "PYTHONPATH": paths})
        self._start(environment, (str(CALLING), "predict", _JOB, _ANSWER), self.asked.timeout_s)
        found = msgspec.json.decode((self.directory / _ANSWER).read_bytes(), type=prepared(_Answer))
        if found.problem:
            raise Invalid(f"{self.asked.function}: {found.problem}", hint="mend the function and evaluate again")
        return Predicted(
            self.directory / _ANSWERS,
            self.environment.description,
            Cost(memory_bytes=found.memory_bytes),
            found.numbers,
            found.row_count,
        )

    def _start(self, environment: Environment, arguments: tuple[str, ...], timeout_s: float) -> None:
        start = executor_of(self.asked.executor)
        start(environment, arguments, directory=self.directory, timeout_s=timeout_s, log_path=self.directory / "log")


def is_ranker(store: Store, row: Row) -> bool:
    """Tell whether a version ranks, by its class or by what it was told to learn."""
    version = version_of(store, row)
    if _RANKERS.search(version.facts.architecture):
        return True
    params = [version.params, *(each.params for _, each in said(store, row["digest"], Structure)[:1])]
    goals = (str(value) for each in params for name, value in each.items() if name.rpartition(".")[2] in _GOALS)
    return any(_RANKING_GOALS.match(each) for each in goals)
