"""The verbs as methods: the same names here, behind a URL, on the command line and in a route."""

from __future__ import annotations

from os import PathLike
from typing import Any

import msgspec

from lineal import operations as o
from lineal.operations.operation import Handle, Operation, Upload


class _Group:
    """Verbs of two words: ``repository.data.add`` is ``lineal data add``."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def perform(self, operation: Operation, request: msgspec.Struct) -> Any:
        """Carry out ``operation`` on the repository."""
        return self._handle.perform(operation, request)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the store."""
        return self._handle.upload(path)


class Data(_Group):
    """Datasets."""

    add = o.datasets.add
    list = o.datasets.list_datasets
    log = o.datasets.log
    show = o.datasets.show
    profile = o.datasets.profile
    diff = o.data_diff.diff
    tree = o.datasets.tree_of


class Model(_Group):
    """Models and their cards."""

    register = o.registration.register
    list = o.models.list_models
    show = o.models.show
    card = o.cards.card
    describe = o.cards.describe


class Runs(_Group):
    """Runs. Calling it lists the newest; the recorder starts and finishes them."""

    __call__ = o.runs.runs
    start = o.runs.start
    finish = o.runs.finish


class Verbs:
    """Every verb of a repository."""

    evaluate = o.evaluations.evaluate
    gate = o.promotions.gate
    promote = o.promotions.promote
    approve = o.promotions.approve
    alias = o.promotions.alias
    deploy = o.deployments.deploy
    deployments = o.deployments.deployments
    rollback = o.deployments.rollback
    undeploy = o.deployments.undeploy
    show = o.questions.show
    search = o.questions.search
    log = o.questions.log
    diff = o.comparisons.diff
    lineage = o.lineage.lineage
    verify = o.upkeep.verify

    def perform(self, operation: Operation, request: msgspec.Struct, *, key: str = "") -> Any:
        """Carry out ``operation`` and return its answer."""
        raise TypeError(f"{type(self).__name__} carries out nothing")  # pragma: no cover - both repositories define it

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the store."""
        raise TypeError(f"{type(self).__name__} holds nothing")  # pragma: no cover - both repositories define it

    @property
    def data(self) -> Data:
        """Verbs of datasets."""
        return Data(self)

    @property
    def model(self) -> Model:
        """Verbs of models."""
        return Model(self)

    @property
    def runs(self) -> Runs:
        """Verbs of runs."""
        return Runs(self)
