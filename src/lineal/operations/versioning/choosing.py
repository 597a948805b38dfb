"""Which of the files that a run wrote is its model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from lineal.objects.errors import Ambiguous, NotFound
from lineal.objects.runs import FileUse, ModelFacts, Run
from lineal.operations.references import near

MODEL_SUFFIXES = frozenset(
    ".joblib .pkl .pickle .skops .pt .pth .safetensors .onnx .h5 .keras .ubj .cbm .gguf .pmml .bst .ckpt".split()
)
"""What a model file is called when the framework said nothing of it."""

_BEST_WORDS = ("best", "final", "last")
_WORDS = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Chosen(NamedTuple):
    """The files of a model: the folder they are in, their paths in the run, which is the main one, and its facts."""

    folder: str
    paths: list[str]
    main: str
    facts: ModelFacts


def choose(run: Run, wanted: str = "") -> Chosen:
    """Return the model of a run: the file or directory ``wanted``, else the only one, else the clearly last or best.

    Raises:
        NotFound: the run wrote no model, not what was wanted, or its bytes were not kept.
        Ambiguous: it wrote several, and none stands out.
    """
    written = {each.path: each for each in (*run.outputs, *run.intermediates)}
    name = wanted.rstrip("/") or _only(run, written)
    paths = sorted(_inside(name, written))
    if not paths:
        raise NotFound(f"run:{run.id} wrote no {wanted}", hint=near(wanted, written, _listed(written)))
    if lost := [path for path in paths if not written[path].kept]:
        raise NotFound(f"the bytes of {lost[0]} of run:{run.id} were not kept", hint="run it again")
    folder = name if name not in written else str(PurePosixPath(name).parent)
    main = next((path for path in paths if path in run.models), None) or min(paths, key=_rank)
    return Chosen(folder, paths, main, run.models.get(main) or run.models.get(name) or ModelFacts())


def _inside(name: str, written: Iterable[str]) -> list[str]:
    return [path for path in written if path == name or path.startswith(name + "/")]


def _only(run: Run, written: Mapping[str, FileUse]) -> str:
    """Return the path of the model that a run wrote, when there is one or one stands out."""
    told = {path: facts for path, facts in run.models.items() if _inside(path, written)}
    found = told or {path: ModelFacts() for path in written if PurePosixPath(path).suffix in MODEL_SUFFIXES}
    if not found:
        raise NotFound(f"run:{run.id} wrote no model that we know", hint="--file PATH; " + _listed(written))
    if clear := outstanding(found):
        return clear
    # Copies of one file are one model.
    if len({(written[path].digest if path in written else path) for path in found}) == 1:
        return min(found)
    raise Ambiguous(f"run:{run.id} wrote {len(found)} models", hint="--file with one of " + ", ".join(sorted(found)))


def outstanding(models: Mapping[str, ModelFacts]) -> str | None:
    """Return the path of the one model that stands out of several, or None.

    The first of these rules that leaves exactly one decides:

    1. models that the program saved, before checkpoints that training saved on the way;
    2. the checkpoint that the framework calls the best;
    3. the one with ``best`` in its name, else ``final``, else ``last``;
    4. the checkpoint of the latest step;
    5. of names that differ only in numbers, the one with the highest.
    """
    rest = list(models)
    rules: tuple[Callable[[list[str]], list[str]], ...] = (
        lambda paths: [path for path in paths if not models[path].role],
        lambda paths: [path for path in paths if models[path].role == "best"],
        *(_named(word) for word in _BEST_WORDS),
        lambda paths: _latest(paths, models),
        _highest,
    )
    for rule in rules:
        kept = rule(rest)
        if len(kept) == 1:
            return kept[0]
        rest = kept or rest
    return rest[0] if len(rest) == 1 else None


def _named(word: str) -> Callable[[list[str]], list[str]]:
    def named(paths: list[str]) -> list[str]:
        return [path for path in paths if word in _WORDS.findall(PurePosixPath(path).stem.lower())]

    return named


def _latest(paths: list[str], models: Mapping[str, ModelFacts]) -> list[str]:
    steps = {path: step for path in paths if (step := models[path].step) is not None}
    return [path for path, step in steps.items() if step == max(steps.values())] if len(steps) == len(paths) else []


def _highest(paths: list[str]) -> list[str]:
    if len({_NUMBER.sub("#", path) for path in paths}) != 1:
        return []
    numbers = {path: [float(each) for each in _NUMBER.findall(path)] for path in paths}
    return [path for path, found in numbers.items() if found == max(numbers.values())]


def _listed(written: Iterable[str]) -> str:
    return "it wrote " + (", ".join(sorted(written)[:8]) or "no file")


def _rank(path: str) -> tuple[bool, str]:
    return PurePosixPath(path).suffix not in MODEL_SUFFIXES, path
