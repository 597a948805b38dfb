"""Estimators saved by skops: only classes that a scan expects in such a model are made."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from lineal.objects.errors import Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders.joblib_file import JoblibModel
from lineal.serving.loaders.tables import library, opened


def load(path: Path, facts: ModelFacts, trusted: Collection[str] = ()) -> JoblibModel:
    """Return the estimator in the file at ``path``.

    Args:
        path: the file.
        facts: what was recorded of it.
        trusted: the names in it that the scan of the version expects.

    Raises:
        Corrupt: it cannot be loaded.
        Unavailable: skops is not here.
        Unsupported: it has a class that is not trusted, or does not predict.
    """
    skops = library("skops.io", path, "skops")
    asked = opened(path, lambda: skops.get_untrusted_types(file=path))
    if strange := sorted(set(asked) - set(trusted)):
        raise Unsupported(
            f"{path.name} has {', '.join(strange[:8])}, which a scan does not expect in it; nothing was loaded",
            hint="lineal model scan says why; a class of your own must be served by a server of your own",
        )
    model = opened(path, lambda: skops.load(path, trusted=list(asked)))
    if not callable(getattr(model, "predict", None)):
        raise Unsupported(
            f"{path.name} holds a {type(model).__name__}, which does not predict", hint="save the estimator"
        )
    return JoblibModel(model, facts)
