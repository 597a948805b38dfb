"""Record what the program itself measures by functions of ``sklearn.metrics``, named as these functions are."""

from __future__ import annotations

import sys
from types import FunctionType

from .sklearn import current, is_fitted_to
from ..guarding import alike, first, is_programs_own, quietly
from ..scalars import scalar
from ..writing import emit

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any

_ENDINGS = ("_score", "_loss", "_error", "_deviance", "_coefficient", "_index")


def watch_scores(metrics: Any) -> None:
    """Wrap every function of ``sklearn.metrics`` that measures, there and in the module that defines it."""
    for name in metrics.__all__:
        original = getattr(metrics, name, None)
        if type(original) is FunctionType and (name.endswith(_ENDINGS) or name in {"auc", "matthews_corrcoef"}):
            recorded = _recorded(name, original)
            # Pickles name the defining module, and must find there what they were given.
            setattr(sys.modules[original.__module__], name, recorded)
            setattr(metrics, name, recorded)


def _recorded(name: str, original: Any) -> Any:
    def recorded(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        if not current and is_programs_own(sys._getframe(1)):  # noqa: SLF001 the one way to know the caller
            quietly(_note, name, result, first(arguments, named, "y_true", "labels_true"))
        return result

    return alike(recorded, original)


def _note(name: str, result: Any, target: Any) -> None:
    value = scalar(result)
    # Those that answer with an array measure each class or output by itself.
    if isinstance(value, (int, float)):
        emit("metric", metrics={f"train.{name}" if is_fitted_to(target) else name: value}, step=None)
