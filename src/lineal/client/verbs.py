"""The verbs as methods: the same names here, behind a URL, on the command line and in a route."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from lineal.client.files import Workspace, files_status, get_files
from lineal.client.later import Later
from lineal.objects.canonical import Scalar
from lineal.objects.errors import Invalid
from lineal.operations.answers import Changes, DatasetAnswer, Placed, ScanAnswer, SourceCheck
from lineal.operations.operation import Handle, Operation, Upload
from lineal.storage.sources.addresses import scheme_of

_AT_ONCE = bool(0)  # see lineal.operations
if _AT_ONCE:
    from lineal import operations as o
else:
    o = Later("lineal.operations")  # type: ignore[assignment]


def _is_address(path: str) -> bool:
    from lineal.storage.sources.registry import is_address  # noqa: PLC0415 - it knows every kind of source

    return is_address(path)


class _Group:
    """Verbs of two words: ``repository.data.add`` is ``lineal data add``."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def perform(self, operation: Operation, request: msgspec.Struct) -> Any:
        """Carry out ``operation`` on the repository."""
        return self._handle.perform(operation, request)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the store."""
        if isinstance(path, str) and "://" in path and _is_address(path):
            raise Invalid(
                f"{scheme_of(path)}:// begins an address, not a path", hint="data.reference(ADDRESS) refers to it"
            )
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
    push = o.transfers.push
    pull = o.transfers.pull

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

    def reference(
        self,
        uri: str,
        *,
        name: str = "",
        at: str = "",
        digest: bool = False,
        copy: bool = False,
        message: str = "",
    ) -> DatasetAnswer:
        """Add what stands at an address as the next version of a dataset, without copying it.

        Args:
            uri: ``s3://…``, ``gs://…``, ``az://…``, ``https://…``, ``delta://…`` or ``iceberg://…``.
            name: the dataset's name; by default after the address.
            at: which state of it, by the source's own id; by default the newest.
            digest: also read everything once, and keep its digest.
            copy: also keep the content.
            message: why this version came to be.

        Raises:
            NotFound: nothing is there.
            Invalid: the address cannot be meant that way, or a package is missing.
            Denied: it may not be read.
            Unavailable: it cannot be reached.
        """
        from lineal.client.sources import refer  # noqa: PLC0415 - most commands need no sources

        ways = self._handle.ways
        return refer(self._handle, ways, uri, name=name, at=at, digest=digest, copy=copy, message=message).answer

    def query(
        self,
        connection: str,
        sql: str,
        *,
        name: str,
        params: Mapping[str, Scalar] | None = None,
        copy: bool = False,
        message: str = "",
    ) -> DatasetAnswer:
        """Add the result of a query as the next version of a dataset, without copying it.

        Args:
            connection: a ``[connections.NAME]`` of ``lineal.toml``.
            sql: one SELECT; ``:name`` stands for a value.
            name: the dataset's name.
            params: the values.
            copy: also keep the content.
            message: why this version came to be.

        Raises:
            NotFound: there is no such connection, database or table.
            Invalid: the query does not run, or a package is missing.
            Denied: it may not be read.
            Unavailable: the database cannot be reached.
        """
        from lineal.client.sources import ask  # noqa: PLC0415 - as above

        ways, values = self._handle.ways, params or {}
        return ask(self._handle, ways, connection, sql, name=name, params=values, copy=copy, message=message).answer

    def check(self, name: str) -> SourceCheck:
        """Tell whether the source of a dataset version is still what it was.

        Args:
            name: the dataset version.

        Raises:
            Invalid: it has no source.
            Unavailable: the source cannot be reached.
        """
        from lineal.client.sources import check_source  # noqa: PLC0415 - as above

        return check_source(self._handle, self._handle.ways, name)

    profile = o.datasets.profile
    diff = o.data_diff.diff


class Model(_Group):
    """Models and their cards."""

    register = o.registration.register
    list = o.models.list_models
    show = o.models.show
    card = o.cards.card
    describe = o.cards.describe

    def scan(self, what: PathLike[str] | str, *, file: str = "") -> ScanAnswer:
        """Tell what the files of a model would do if somebody loaded them. Nothing in them is carried out.

        Args:
            what: a version, which keeps what was found, or a run; or a ``Path`` to files that nobody registered yet.
            file: only this file or directory of it.

        Raises:
            NotFound: there is no such thing.
        """
        from lineal.client.scanning import scan_named, scan_path  # noqa: PLC0415 - most commands scan nothing

        return scan_path(Path(what), file) if isinstance(what, PathLike) else scan_named(self, what, file)


class Remote(_Group):
    """Remotes."""

    add = o.remotes.add
    list = o.remotes.list_remotes
    remove = o.remotes.remove


class Users(_Group):
    """Accounts, and what they may do."""

    create = o.accounts.create
    list = o.accounts.list_accounts
    show = o.accounts.show
    role = o.accounts.set_role
    password = o.accounts.set_password
    remove = o.accounts.remove
    grant = o.accounts.grant
    revoke = o.accounts.revoke
    grants = o.accounts.grants


class Tokens(_Group):
    """Tokens of accounts."""

    create = o.access_tokens.create
    list = o.access_tokens.list_tokens
    revoke = o.access_tokens.revoke


class Runs(_Group):
    """Runs. Calling it lists the newest; the recorder starts and finishes them."""

    __call__ = o.runs.runs
    start = o.runs.start
    extend = o.runs.extend
    finish = o.runs.finish


class Artifacts(_Group):
    """Files that runs and logged models keep, by path."""

    put = o.artifacts.put
    list = o.artifacts.list_artifacts
    show = o.artifacts.show


class Exports(_Group):
    """What is here, in the words of other systems; exporters use it."""

    runs = o.exports.runs
    models = o.exports.models
    registered = o.exports.registered
    versions = o.exports.versions
    files = o.exports.files


class Imports(_Group):
    """What other systems kept; importers use it."""

    known = o.imports.known
    states = o.imports.states
    dataset = o.imports.dataset
    run = o.imports.run
    version = o.imports.version
    alias = o.imports.alias
    experiments = o.tracking_imports.experiments
    points = o.tracking_imports.points
    runs = o.tracking_imports.runs
    models = o.tracking_imports.models
    files = o.tracking_imports.files
    counts = o.tracking_imports.counts
    numbered = o.registry_imports.numbered
    registered = o.registry_imports.registered


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
    sql = o.sql.sql
    experiments = o.experiments.experiments
    log = o.questions.log
    diff = o.comparisons.diff
    lineage = o.lineage.lineage
    verify = o.upkeep.verify
    gc = o.collections.gc
    repair = o.collections.repair
    doctor = o.doctor.doctor

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
    def exports(self) -> Exports:
        """Verbs of exporters."""
        return Exports(self)

    @property
    def imports(self) -> Imports:
        """Verbs of importers."""
        return Imports(self)

    @property
    def model(self) -> Model:
        """Verbs of models."""
        return Model(self)

    @property
    def remote(self) -> Remote:
        """Verbs of remotes."""
        return Remote(self)

    @property
    def user(self) -> Users:
        """Verbs of accounts."""
        return Users(self)

    @property
    def token(self) -> Tokens:
        """Verbs of tokens."""
        return Tokens(self)

    @property
    def runs(self) -> Runs:
        """Verbs of runs."""
        return Runs(self)

    @property
    def artifacts(self) -> Artifacts:
        """Verbs of files that runs keep."""
        return Artifacts(self)
