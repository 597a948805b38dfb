"""The verbs as methods: the same names here, behind a URL, on the command line and in a route."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from lineal import operations as o
from lineal.client.files import Workspace, files_status, get_files
from lineal.operations.answers import Changes, Placed
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
    """Datasets, and the files of anything else that has some."""

    _handle: Workspace

    add = o.datasets.add
    list = o.datasets.list_datasets
    log = o.datasets.log
    show = o.datasets.show
    tree = o.contents.tree_of
    files = o.contents.files
    named = o.contents.named

    def get(self, name: str, directory: PathLike[str] | str = ".", *, under: str = "", force: bool = False) -> Placed:
        """Make a directory hold the files of a dataset version, a model version or a run; only what differs is touched.

        Args:
            name: the reference.
            directory: where to. Files of the version that was put there before go; everything else stays.
            under: only this path of it, and what is below.
            force: also write over files that nobody keeps a copy of.

        Raises:
            Conflict: files are in the way; nothing was changed.
            NotFound: there is no such thing, or its bytes are not here.
        """
        return get_files(self._handle, name, Path(directory), under=under, force=force)

    def status(self, path: PathLike[str] | str | None = None) -> tuple[Changes, ...]:
        """Tell what differs between the workspace and what was last added from it, or put there.

        Args:
            path: a file or directory; by default everything that was ever added or put somewhere.

        Raises:
            NotFound: nothing was added from there.
        """
        return files_status(self._handle, None if path is None else Path(path))


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


class Imports(_Group):
    """What other systems kept; importers use it."""

    known = o.imports.known
    dataset = o.imports.dataset
    run = o.imports.run
    version = o.imports.version
    alias = o.imports.alias


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
    def imports(self) -> Imports:
        """Verbs of importers."""
        return Imports(self)

    @property
    def model(self) -> Model:
        """Verbs of models."""
        return Model(self)

    @property
    def runs(self) -> Runs:
        """Verbs of runs."""
        return Runs(self)
