"""Versions that really predict."""

from __future__ import annotations

import pickle
import types
from collections.abc import Callable

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.objects.runs import ModelFacts
from tests.unit.operations import making
from tests.unit.operations.versioning.measuring import FUNCTIONS, HERE, csv


@pytest.fixture
def model(
    repository: LocalRepository, policy: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Give versions whose answer is a column of the table, in a project with functions and a held-out table."""
    monkeypatch.setattr(making, "RUNTIME", HERE)
    policy("")
    assert repository.store.root
    repository.store = msgspec.structs.replace(repository.store, programs="all")
    (repository.store.root.parent / "measures.py").write_text(FUNCTIONS, encoding="utf-8")
    making.dataset(repository, "held-out", csv())

    def made(column: str, dtype: str = "object", architecture: str = "") -> str:
        weights = pickle.dumps(types.SimpleNamespace(predict=list))
        facts = ModelFacts(framework="sklearn", inputs={column: dtype}, architecture=architecture)
        run = making.run(repository, writes={"model.pkl": weights}, models={"model.pkl": facts}, column=column)
        reference: str = repository.model.register(run.reference, name=column).reference
        return reference

    return made
