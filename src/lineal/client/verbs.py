"""The verbs as methods: the same names here, behind a URL, on the command line and in a route."""

from __future__ import annotations

import os
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lineal.client.groups import (
    Artifacts,
    Evaluations,
    Exports,
    GitRecord,
    GoldenRequests,
    Group,
    Holds,
    Hooks,
    Imports,
    MoveVerbs,
    Remote,
    Runs,
    Tokens,
    Users,
    Webhooks,
)
from lineal.client.later import Later
from lineal.objects.canonical import Scalar
from lineal.operations.operation import Operation, Upload

if TYPE_CHECKING:
    from lineal.client.files import Workspace
    from lineal.operations.answers.data import DatasetAnswer, SourceCheck
    from lineal.operations.answers.files import Changes, Placed
    from lineal.operations.answers.journal import SignatureAnswer
    from lineal.operations.answers.models import ScanAnswer, VersionAnswer

_AT_ONCE = bool(0)  # see lineal.operations
if _AT_ONCE:
    from lineal import operations as o
else:
    o = Later("lineal.operations")  # type: ignore[assignment]


class Data(Group):
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
        from lineal.client.files import get_files  # noqa: PLC0415 - most commands touch no files
        from lineal.client.workspace.scanning import path_of  # noqa: PLC0415

        return get_files(self._handle, name, path_of(directory), under=under, force=force)

    def status(self, path: PathLike[str] | str | None = None) -> tuple[Changes, ...]:
        """Tell what differs between the workspace and what was last added from it, or put there.

        Args:
            path: a file or directory; by default everything that was ever added or put somewhere.

        Raises:
            NotFound: nothing was added from there.
        """
        from lineal.client.files import files_status  # noqa: PLC0415 - as above
        from lineal.client.workspace.scanning import path_of  # noqa: PLC0415

        return files_status(self._handle, None if path is None else path_of(path))

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


class Model(Group):
    """Models and their cards."""

    def register(self, run: str, *, name: str, **options: Any) -> VersionAnswer:
        """Bind a run into the next version of a model, as ``lineal model register``, and sign it where a key is configured.

        Args:
            run: the run that made the model, as run:ID or run:NAME.
            name: the model's name.
            options: ``file``, and ``level`` with ``reason``, as the command has them.

        Raises:
            NotFound: the run wrote no model, or the key is not there.
            Ambiguous: it wrote more than one, none stands out, and file does not say which.
            Invalid: the run did not finish, or the level has no reason.
        """
        from lineal.client.signing import sign_new  # noqa: PLC0415 - most commands sign nothing
        from lineal.operations.versioning import registration  # noqa: PLC0415

        answer = registration.register(self._handle, run, name=name, **options)
        sign_new(self._handle, answer, os.environ)
        return answer

    def sign(self, version: str, *, key: str = "", certificate: str = "") -> SignatureAnswer:
        """Sign the files of a version; the private key stays here.

        Args:
            version: the version.
            key: its name or file; by default that of ``LINEAL_SIGNING_KEY``, or the one called ``default``.
            certificate: a file with the key's certificate, and those up to a root.

        Raises:
            NotFound: there is no such key, or no such version.
            Invalid: the key signs no versions, or the version's files are not kept here.
        """
        from lineal.client.signing import identity, sign_version  # noqa: PLC0415 - as above

        return sign_version(self._handle, version, identity(os.environ, key=key, certificate=certificate))

    list = o.models.list_models
    show = o.models.show
    card = o.cards.card
    describe = o.cards.describe
    remove = o.holds.remove
    bump = o.proposals.propose
    release = o.registration.release
    revise = o.cards.revise
    confirm = o.cards.confirm

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


class Verbs:
    """Every verb of a repository."""

    evaluate = o.evaluations.evaluate
    gate = o.promotions.gate
    promote = o.promotions.promote
    approve = o.promotions.approve
    alias = o.promotions.alias
    webhooks = o.webhooks.webhooks
    hooks = o.hooks.hooks
    deploy = o.deployments.deploy
    deployments = o.deployments.deployments
    rollback = o.deployments.rollback
    undeploy = o.deployments.undeploy
    show = o.questions.show
    search = o.questions.search
    sql = o.sql.sql
    experiments = o.experiments.experiments
    forget = o.forgetting.forget
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
    def move(self) -> MoveVerbs:
        """Verbs of moves."""
        return MoveVerbs(self)

    @property
    def evaluation(self) -> Evaluations:
        """Verbs of results that other tools measured."""
        return Evaluations(self)

    @property
    def golden(self) -> GoldenRequests:
        """Verbs of golden requests."""
        return GoldenRequests(self)

    @property
    def hold(self) -> Holds:
        """Verbs of holds."""
        return Holds(self)

    @property
    def git(self) -> GitRecord:
        """Verbs of the record in Git."""
        return GitRecord(self)

    @property
    def hook(self) -> Hooks:
        """Verbs of hooks."""
        return Hooks(self)

    @property
    def webhook(self) -> Webhooks:
        """Verbs of webhooks."""
        return Webhooks(self)

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
