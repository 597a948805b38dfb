"""What loaders have in common: rows become what a library takes, and what it answers becomes predictions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Corrupt, Invalid, LinealError, Unavailable, Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows

T = TypeVar("T")

_SUM_TOLERANCE = 1e-3


class Model(ABC):
    """A loaded model that answers rows; a subclass says how.

    Args:
        inputs: the dtype of each column that it takes, in its order.
    """

    def __init__(self, inputs: Mapping[str, str]) -> None:
        self.inputs = inputs

    def predict(self, rows: Rows) -> list[Prediction]:
        """Return what the model says of each row, in order.

        Raises:
            Invalid: the model cannot take these rows.
            Unavailable: the model failed.
        """
        if not rows:
            return []
        try:
            return self.answers(rows)
        except LinealError:
            raise
        except (ValueError, TypeError, LookupError) as error:
            raise Invalid(f"the model cannot take these rows: {error}", hint="compare them with its inputs") from error
        except Exception as error:
            raise Unavailable(
                f"the model failed: {type(error).__name__}: {error}", hint="try it in the environment it was made in"
            ) from error

    @abstractmethod
    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the model says of ``rows``, of which there is at least one. What it raises is told by `predict`."""


def library(name: str, path: Path, package: str = "") -> Any:
    """Return a library that a model needs.

    Raises:
        Unavailable: it is not in the environment of the version; the message says which.
    """
    try:
        return import_module(name)
    except ImportError as error:
        package = package or name
        raise Unavailable(
            f"{path.name} needs {package}, which is not in the environment of this version ({error})",
            hint=f"train it where {package} is installed, so that it is recorded, or name it in requirements.txt beside it",
        ) from None


def opened(path: Path, load: Callable[[], T]) -> T:
    """Return what ``load`` makes of the file at ``path``. Raises Corrupt when it cannot."""
    try:
        return load()
    except LinealError:
        raise
    except Exception as error:
        raise Corrupt(
            f"{path.name} cannot be loaded: {type(error).__name__}: {error}",
            hint="check that the packages of its environment are those that it was saved with",
        ) from error


def columns(names: Sequence[str] | None, count: int, facts: ModelFacts, dtype: str = "float32") -> dict[str, str]:
    """Return the columns that a model takes, in its order, each with its recorded dtype.

    Args:
        names: what the model itself calls them; None where it only counts them.
        count: how many there are.
        facts: what was recorded of the model.
        dtype: that of a column of which nothing was recorded.

    Raises:
        Unsupported: what was recorded cannot be the columns of this model.
    """
    recorded = facts.inputs
    if names is not None:
        return {name: recorded.get(name) or dtype for name in names}
    if len(recorded) == count:
        return {name: kind or dtype for name, kind in recorded.items()}
    if len(recorded) > 1:
        raise Unsupported(
            f"the model takes {count} columns without names, and {len(recorded)} were recorded",
            hint="save it with the names of its columns",
        )
    return {f"x{place}": dtype for place in range(count)}


def matrix(rows: Rows, inputs: Mapping[str, str], dtype: str = "float32") -> Any:
    """Return rows as an array of numbers, columns in the order of ``inputs``; a missing value is NaN.

    Raises:
        Invalid: a value is no number; the message names the row and the column.
    """
    numpy = import_module("numpy")
    try:
        return numpy.array([[row[name] for name in inputs] for row in rows], dtype=dtype)
    except (TypeError, ValueError):
        raise _wrong_cell(rows, inputs) from None


def _wrong_cell(rows: Rows, inputs: Mapping[str, str]) -> Invalid:
    for number, row in enumerate(rows, 1):
        for name in inputs:
            try:
                float(row[name])  # type: ignore[arg-type]
            except (TypeError, ValueError):
                return Invalid(f"row {number}: {row[name]!r} in column {name!r} is no number", hint="mend it")
    return Invalid("the rows are no numbers", hint="compare them with the model's inputs")


def frame(rows: Rows, inputs: Mapping[str, str], path: Path, categories: Mapping[str, Sequence[Any]]) -> Any:
    """Return rows as a table of pandas; columns in ``categories`` have those, in their order.

    Raises:
        Invalid: a value is none of the categories of its column; the message names the row and the column.
    """
    pandas = library("pandas", path)
    found = {}
    for name, dtype in inputs.items():
        values = [row[name] for row in rows]
        if name in categories:
            _check_categories(name, values, categories[name])
            found[name] = pandas.Categorical(values, categories=list(categories[name]))
        else:
            found[name] = pandas.Series(values, dtype=dtype if _is_plain(dtype) else None)
    return pandas.DataFrame(found)


def _check_categories(name: str, values: Sequence[object], known: Sequence[Any]) -> None:
    for number, value in enumerate(values, 1):
        if value not in known and value == value:  # noqa: PLR0124 - NaN, which is missing, is not itself
            listed = ", ".join(map(repr, list(known)[:8]))
            raise Invalid(
                f"row {number}: {value!r} in column {name!r} is no category that training knew",
                hint=f"it knew {listed}" + ("" if len(known) <= 8 else ", …"),
            )


def _is_plain(dtype: str) -> bool:
    return dtype.startswith(("int", "uint", "float", "bool"))


def class_names(facts: ModelFacts, count: int) -> list[str]:
    """Return the names of so many classes: as they were recorded, else their numbers."""
    return list(facts.classes) if len(facts.classes) == count else [str(place) for place in range(count)]


def label_of(name: str) -> str | int:
    """Return a class as predictions say it: one whose name is a whole number is that number."""
    return int(name) if name.removeprefix("-").isdecimal() and str(int(name)) == name else name


def by_class(chances: Iterable[Sequence[float]], classes: Sequence[str]) -> list[Prediction]:
    """Return the likeliest class of each row, with the chance of every one."""
    found = []
    for each in chances:
        row = [float(value) for value in each]
        best = classes[max(range(len(row)), key=row.__getitem__)]
        found.append(Prediction(label_of(best), dict(zip(classes, row, strict=True))))
    return found


def of_two(chances: Iterable[Any], classes: Sequence[str]) -> list[Prediction]:
    """Return predictions where only the chance of the second of two classes is known; at one half it is the first."""
    return by_class(([1 - each, each] for each in chances), classes)


def numbers(values: Iterable[Any]) -> list[Prediction]:
    """Return an answer in numbers for each row."""
    return [Prediction(float(each)) for each in values]


def from_array(values: Any, facts: ModelFacts, *, is_chance: bool = False) -> list[Prediction]:
    """Return the predictions in an array whose meaning only its shape and its values tell.

    One value a row is a number; several are the chances of classes when they sum to one, or scores of classes that were
    recorded.

    Args:
        values: one row of answers for each row.
        facts: what was recorded of the model.
        is_chance: whether one value a row is the chance of the second of two classes.

    Raises:
        Unsupported: there are several answers for a row.
    """
    numpy = import_module("numpy")
    found = numpy.asarray(values)
    found = found.reshape(len(found), -1)
    width = found.shape[1]
    if width == 1:
        if is_chance or len(facts.classes) == 2:
            return of_two(found[:, 0], class_names(facts, 2))
        return numbers(found[:, 0])
    if bool(numpy.all(found >= 0)) and bool(numpy.all(abs(found.sum(axis=1) - 1) < _SUM_TOLERANCE)):
        return by_class(found, class_names(facts, width))
    if len(facts.classes) == width:
        return [Prediction(label_of(facts.classes[int(place)])) for place in found.argmax(axis=1)]
    raise Unsupported(
        f"the model gives {width} numbers for a row, which are no chances that sum to one",
        hint="end it with a softmax where they are classes, or serve one model for each answer",
    )
