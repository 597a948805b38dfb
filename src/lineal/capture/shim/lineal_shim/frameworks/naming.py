"""Names of metrics, by one rule whatever framework tells them.

A metric has the name that its framework prints. Where a framework keeps the data set and the metric apart, they are
joined by a dot: ``validation_0.logloss``. Other characters than letters, digits and ``_ . / @ -`` become ``_``.
"""

from __future__ import annotations

from ..writing import plain

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT = frozenset("_./@-")
_NUMBER_MAX = 8
_SCALARS = (bool, int, float, str)
_trainings = [0]
_users: dict[str, dict[int, int]] = {}
"""Which trainings used a name, each with its number."""


def metric_name(*parts: str) -> str:
    """Return the name of a metric, such as that of a data set and that of what is measured on it."""
    name = ".".join([each for each in parts if each])
    if name.isidentifier():
        return name
    return "".join([each if each.isalnum() or each in _KEPT else "_" for each in name])


def new_training() -> int:
    """Return what tells one training of a process from the others."""
    _trainings[0] += 1
    return _trainings[0]


def number_of(name: str, training: int) -> int:
    """Return how many trainings have used ``name``, up to this one; those beyond the last number share it."""
    known = _users.setdefault(name, {})
    return known.setdefault(training, min(len(known) + 1, _NUMBER_MAX))


def numbered(found: dict[str, float], training: int) -> dict[str, float]:
    """Return metrics by names that no other training uses: the second training with a name has ``.2`` behind it."""
    numbers_of = {name: number_of(name, training) for name in found}
    return {name if numbers_of[name] == 1 else f"{name}.{numbers_of[name]}": value for name, value in found.items()}


def numbers(values: dict[str, object]) -> dict[str, float]:
    """Return those of ``values`` that are numbers, single numbers of arrays and tensors too, by their metrics' names."""
    found: dict[str, float] = {}
    for name, value in values.items():
        number = value if type(value) in {int, float} else _number(value)
        if number is not None:
            found[metric_name(str(name))] = number  # type: ignore[assignment]  # its type was asked
    return found


def _number(value: object) -> float | None:
    if isinstance(value, (str, bytes)) or value is None or getattr(value, "shape", ()) not in {(), (1,)}:
        return None
    found = plain(value)
    return None if isinstance(found, str) else found


def params_of(prefix: str, values: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return parameters by ``prefix.name``: scalars, and lists of them as text; nothing that has no value as text."""
    found: dict[str, object] = {}
    for name, value in values:
        if value is None or isinstance(value, _SCALARS):
            found[f"{prefix}.{name}"] = value
        elif isinstance(value, (list, tuple)) and value and all(isinstance(each, _SCALARS) for each in value):
            found[f"{prefix}.{name}"] = ", ".join([str(each) for each in value])
        elif hasattr(value, "item") and not getattr(value, "shape", ()):
            found[f"{prefix}.{name}"] = value.item()
    return found
