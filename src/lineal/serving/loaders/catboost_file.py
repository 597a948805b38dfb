"""Models of CatBoost, saved in its binary form or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Invalid, Unsupported
from lineal.objects.runs import ModelFacts
from lineal.serving.loaders import Rows
from lineal.serving.loaders.tables import Model, by_class, columns, label_of, library, numbers, opened

_WORDS = ("object", "category", "str", "string")


def load(path: Path, facts: ModelFacts) -> CatboostModel:
    """Return the model in the file at ``path``. Raises Corrupt, Unavailable or Unsupported."""
    catboost = library("catboost", path)
    kind = "json" if path.read_bytes()[:1] == b"{" else "cbm"

    def read() -> Any:
        classifier = catboost.CatBoostClassifier().load_model(str(path), format=kind)
        if len(classifier.classes_):
            return classifier
        return catboost.CatBoostRegressor().load_model(str(path), format=kind)

    return CatboostModel(catboost, opened(path, read), facts)


class CatboostModel(Model):
    """A model of CatBoost's.

    Args:
        catboost: the library.
        model: a classifier where it has classes, else what gives numbers.
        facts: what was recorded of it.

    Raises:
        Unsupported: it reads texts or embeddings.
    """

    def __init__(self, catboost: Any, model: Any, facts: ModelFacts) -> None:
        names = [str(each) for each in model.feature_names_]
        is_named = names != [str(place) for place in range(len(names))]
        found = columns(names if is_named else None, len(names), facts)
        if model.get_text_feature_indices() or model.get_embedding_feature_indices():
            raise Unsupported("the model reads texts or embeddings", hint="serve it behind a server of your own")
        self._words = [list(found)[place] for place in model.get_cat_feature_indices()]
        super().__init__({name: _word(dtype) if name in self._words else dtype for name, dtype in found.items()})
        self._catboost, self._model, self._names = catboost, model, names
        self._classes = [str(each) for each in model.classes_] if hasattr(model, "classes_") else []

    def answers(self, rows: Rows) -> list[Prediction]:
        """Return what the model says."""
        for number, row in enumerate(rows, 1):
            for name in self._words:
                if isinstance(row[name], float):
                    raise Invalid(
                        f"row {number}: {row[name]!r} in column {name!r} is no category",
                        hint="give a word or a whole number; training had to name what is missing, too",
                    )
        places = [list(self.inputs).index(name) for name in self._words]
        data = [[row[name] for name in self.inputs] for row in rows]
        pool = self._catboost.Pool(data=data, cat_features=places, feature_names=self._names)
        if not self._classes:
            return numbers(self._model.predict(pool))
        chances = self._model.predict_proba(pool)
        if chances.ndim == 1 or chances.shape[1] != len(self._classes):
            raise Unsupported("the model gives several answers for a row", hint="serve one model for each answer")
        told = self._model.predict(pool, prediction_type="Class").reshape(-1)
        return [
            Prediction(label_of(str(label)), each.probabilities)
            for label, each in zip(told, by_class(chances, self._classes), strict=True)
        ]


def _word(dtype: str) -> str:
    return dtype if dtype in _WORDS or dtype.startswith("int") else "object"
