"""Verbs of two words: ``repository.remote.add`` is ``lineal remote add``."""

from __future__ import annotations

from os import PathLike
from typing import Any

import msgspec

from lineal.client.later import Later
from lineal.objects.errors import Invalid
from lineal.operations.operation import Handle, Operation, Upload

_AT_ONCE = bool(0)  # see lineal.operations
if _AT_ONCE:
    from lineal import operations as o
else:
    o = Later("lineal.operations")  # type: ignore[assignment]


def _is_address(path: str) -> bool:
    from lineal.storage.sources.registry import is_address  # noqa: PLC0415 - it knows every kind of source

    return is_address(path)


class Group:
    """Verbs of two words: ``repository.data.add`` is ``lineal data add``."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def perform(self, operation: Operation, request: msgspec.Struct) -> Any:
        """Carry out ``operation`` on the repository."""
        return self._handle.perform(operation, request)

    def upload(self, path: PathLike[str] | str) -> Upload:
        """Put the files at ``path`` into the store."""
        if isinstance(path, str) and "://" in path and _is_address(path):
            from lineal.storage.sources.addresses import scheme_of  # noqa: PLC0415 - most paths are no address

            raise Invalid(
                f"{scheme_of(path)}:// begins an address, not a path", hint="data.reference(ADDRESS) refers to it"
            )
        return self._handle.upload(path)


class Remote(Group):
    """Remotes."""

    add = o.remotes.add
    list = o.remotes.list_remotes
    remove = o.remotes.remove


class Users(Group):
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


class Tokens(Group):
    """Tokens of accounts."""

    create = o.access_tokens.create
    list = o.access_tokens.list_tokens
    revoke = o.access_tokens.revoke


class Runs(Group):
    """Runs. Calling it lists the newest; the recorder starts and finishes them."""

    __call__ = o.runs.runs
    start = o.runs.start
    extend = o.runs.extend
    finish = o.runs.finish


class Artifacts(Group):
    """Files that runs and logged models keep, by path."""

    put = o.artifacts.put
    list = o.artifacts.list_artifacts
    show = o.artifacts.show


class Exports(Group):
    """What is here, in the words of other systems; exporters use it."""

    runs = o.exports.runs
    models = o.exports.models
    registered = o.exports.registered
    versions = o.exports.versions
    files = o.exports.files
    tags = o.tags.tagged
    packed = o.packed.pack


class Imports(Group):
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
    packed = o.packed.unpack


class MoveVerbs(Group):
    """Moves of several versions, now or later."""

    make = o.moves.make
    plan = o.moves.plan
    list = o.moves.list_moves
    cancel = o.moves.cancel
    due = o.moves.due


class Evaluations(Group):
    """Results that other tools measured."""

    add = o.outside_evaluations.add


class GoldenRequests(Group):
    """What versions are asked, so that the next ones can be held against their answers."""

    show = o.golden.show
    add = o.golden.add
    replay = o.golden.replay


class Holds(Group):
    """What keeps versions from being removed."""

    place = o.holds.place
    release = o.holds.release
    list = o.holds.list_holds


class Webhooks(Group):
    """Addresses that are told of acts."""

    create = o.webhooks.create
    show = o.webhooks.shown
    update = o.webhooks.update
    delete = o.webhooks.delete
    test = o.webhooks.send_example
    deliveries = o.webhooks.deliveries
    retry = o.webhooks.retry
    rotate = o.webhooks.rotate


class GitRecord(Group):
    """The record of moves in Git."""

    record = o.git_wishes.record


class Hooks(Group):
    """Programs of the policy that are told of acts."""

    deliveries = o.hooks.deliveries
    retry = o.hooks.retry
    run = o.hooks.run
    test = o.hooks.send_example
