"""Run as a program: call functions of the user's, and write what they answer as JSON.

``python calling.py judge MODULE:FUNCTION EVIDENCE ANSWER`` asks one for a verdict, ``… measure JOB ANSWER`` lets some measure
rows with answers, ``… predict JOB ANSWER`` lets one answer rows itself. It imports nothing of Lineal, whose modules need not
be on the path.
"""

import inspect
import json
import math
import random
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from numbers import Real
from pathlib import Path
from typing import Any

BLOCKS = 20
"""So many parts of the rows are left out in turn, where leaving out each row would take too long."""

COLUMNS = {
    "rows": "rows",
    "actual": "actual",
    "predicted": "predicted",
    "probabilities": "probabilities",
    "scores": "scores",
    "queries": "queries",
    # As the functions of scikit-learn call them.
    "y_true": "actual",
    "y_pred": "predicted",
    "y_score": "scores",
    "y_prob": "scores",
    "y_proba": "scores",
}
"""What a function can ask for, by the names of its parameters."""


class Wrong(Exception):
    """A function's answer is none, or it failed; the message is for the user."""


def main(kind: str, *arguments: str) -> None:
    """Write the answer to the last file of the arguments."""
    # This file's own directory is no place for the user's modules.
    if sys.path and Path(sys.path[0]) == Path(__file__).parent:
        sys.path.pop(0)
    *given, answer = arguments
    kinds: dict[str, Callable[..., dict[str, Any]]] = {"judge": judge, "measure": measure, "predict": predict}
    found = kinds[kind](*given)
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


def judge(name: str, evidence: str) -> dict[str, Any]:
    """Return a function's verdict on what is known of a version: an outcome, a reason and numbers."""
    try:
        found = _function(name)(json.loads(Path(evidence).read_text(encoding="utf-8")))
    except AssertionError as error:
        return {"outcome": "fail", "reason": str(error) or "an assertion failed"}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no judgement
        return {"outcome": "inconclusive", "reason": f"{type(error).__name__}: {error}"}
    if isinstance(found, dict):
        return found
    if isinstance(found, bool):
        return {"outcome": "pass" if found else "fail", "reason": f"it returned {found}"}
    return {"outcome": "inconclusive", "reason": f"it returned {found!r}, neither True nor False nor a dict"}


def measure(job_file: str) -> dict[str, Any]:
    """Return what functions measure, for each group of rows: values, those of drawn and of left-out rows, or a problem."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    table = {**json.loads(Path(job["columns"]).read_text(encoding="utf-8")), "rows": list(_rows(job["rows"]))}
    return {name: _measured(name, table, job) for name in job["functions"]}


def _measured(name: str, table: Mapping[str, Sequence[Any]], job: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        function = _asking(name, table)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return [{"problem": _told(error)} for _ in job["groups"]]
    short = name.rpartition(":")[2]
    everything = range(len(table["rows"]))
    return [
        _group(
            lambda places: _numbers(short, function(places)), _units(everything if each is None else each, table), job
        )
        for each in job["groups"]
    ]


def _group(
    function: Callable[[Sequence[Sequence[int]]], dict[str, float]],
    units: Sequence[Sequence[int]],
    job: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what is measured of units, which are rows, or the rows of a query."""
    try:
        values = _finite(function(units))
    except Exception as error:  # noqa: BLE001 - as above
        return {"problem": _told(error)}
    chance, replicates = random.Random(job["seed"]), job["replicates"]  # noqa: S311 - no secret
    drawn = (chance.choices(units, k=len(units)) for _ in range(replicates))
    return {
        "values": values,
        "draws": _by_name(values, map(function, drawn), replicates),
        "left_out": _by_name(values, map(function, _left_out(units)), BLOCKS) if replicates else {},
    }


def _by_name(names: Iterable[str], measured: Iterator[dict[str, float]], most: int) -> dict[str, list[float]]:
    """Return the values of each name that are numbers; rows of which a function makes nothing have none."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(most):
        try:
            values = next(measured)
        except StopIteration:
            break
        except Exception:  # noqa: BLE001, S112 - what cannot be computed of these rows has no value there
            continue
        for name, column in found.items():
            if math.isfinite(value := values.get(name, math.nan)):
                column.append(value)
    return found


def _left_out(units: Sequence[Sequence[int]]) -> Iterator[Sequence[Sequence[int]]]:
    mixed = random.Random(0).sample(units, len(units))  # noqa: S311 - no secret
    blocks = min(BLOCKS, len(units))
    return ([each for place, each in enumerate(mixed) if place % blocks != block] for block in range(blocks))


def _units(places: Sequence[int], table: Mapping[str, Sequence[Any]]) -> list[list[int]]:
    if not table.get("queries"):
        return [[place] for place in places]
    found: dict[Any, list[int]] = {}
    for place in places:
        found.setdefault(table["queries"][place], []).append(place)
    return list(found.values())


def _asking(name: str, table: Mapping[str, Sequence[Any]]) -> Callable[[Sequence[Sequence[int]]], Any]:
    """Return a function that calls ``name`` with the columns that it asks for, at the places of some units."""
    function = _function(name)
    wanted = {}
    for each in inspect.signature(function).parameters.values():
        if each.name in COLUMNS:
            wanted[each.name] = COLUMNS[each.name]
        elif each.default is each.empty and each.kind not in {each.VAR_POSITIONAL, each.VAR_KEYWORD}:
            raise Wrong(f"it asks for {each.name!r}; it can ask for {', '.join(COLUMNS)}")
    if absent := [column for column in wanted.values() if not table.get(column)]:
        raise Wrong(f"it asks for {absent[0]}, which there are none of for this model")

    def call(units: Sequence[Sequence[int]]) -> Any:
        places = [place for unit in units for place in unit]
        given = {
            each: [table[column][place] for place in places] for each, column in wanted.items() if column != "queries"
        }
        # A query that is drawn twice is two.
        named = [f"{number}" for number, unit in enumerate(units) for _ in unit]
        given |= {each: named for each, column in wanted.items() if column == "queries"}
        return function(**given)

    return call


def _numbers(name: str, found: Any) -> dict[str, float]:
    if isinstance(found, Mapping):
        return {str(key): _number(value, f"{name}: {key}") for key, value in found.items()}
    return {name: _number(found, name, "returned")}


def _number(value: Any, name: str, verb: str = "is") -> float:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool) or not isinstance(value, Real):
        raise Wrong(f"{name} {verb} {value!r}, a {type(value).__name__} and no number"[:300])
    return float(value)


def predict(job_file: str) -> dict[str, Any]:
    """Let a function answer rows with the files of a version; return its numbers where it gives some, or the problem."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    try:
        rows = list(_rows(job["rows"]))
        found = _function(job["function"])(Path(job["directory"]).resolve(), rows)
        numbers = _answers(found, Path(job["output"]))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return {"problem": _told(error)}
    return {"numbers": numbers, "row_count": len(rows), "memory_bytes": _peak_bytes()}


def _answers(found: Any, output: Path) -> dict[str, float]:
    """Write the answers to rows to a file, or return the numbers where there are those instead."""
    if isinstance(found, Mapping):
        numbers = {str(key): _number(value, str(key)) for key, value in found.items()}
        return _finite(numbers)
    if isinstance(found, str) or not isinstance(found, Iterable):
        raise Wrong(f"it returned {found!r}, neither an answer for each row nor a mapping of numbers"[:300])
    with output.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(_answer(each, row)) + "\n" for row, each in enumerate(found, 1))
    return {}


def _finite(values: dict[str, float]) -> dict[str, float]:
    if wrong := next((name for name, value in values.items() if not math.isfinite(value)), None):
        raise Wrong(f"{wrong} is {values[wrong]}, which is no number")
    return values


def _peak_bytes() -> int:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _answer(value: Any, row: int) -> dict[str, Any]:
    if isinstance(value, Mapping):
        chances = {str(kind): float(chance) for kind, chance in value.get("probabilities", {}).items()}
        return {**_answer(value.get("prediction"), row), "probabilities": chances}
    value = value.item() if hasattr(value, "item") else value
    if not isinstance(value, str | int | float):
        raise Wrong(f"its answer to row {row} is {value!r}, a {type(value).__name__}"[:300])
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(f"its answer to row {row} is {value}")
    return {"prediction": value}


def _rows(path: str) -> Iterator[dict[str, Any]]:
    """Yield each row with numbers for what reads as one, and None for blanks."""
    with Path(path).open(encoding="utf-8") as file:
        for line in file:
            yield {name: _value(text) for name, text in json.loads(line).items()}


def _value(text: str) -> Any:
    if not text.strip():
        return None
    for kind in (int, float):
        try:
            return text if "_" in text else kind(text)
        except ValueError:
            continue
    return text


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def _told(error: Exception) -> str:
    """Return an error in a line, with the place where it happened."""
    if isinstance(error, Wrong):
        return str(error)
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename != __file__]
    own = [each for each in frames if "importlib" not in each.filename]
    where = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {error}{where}"


if __name__ == "__main__":
    main(*sys.argv[1:])
