"""Tags elsewhere follow what is here: in Git, where the policy of the project says so."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.checks.policies.policy import Policy, parse_policy
from lineal.client.sources import SETTINGS_FILE, project_of
from lineal.objects.errors import Invalid, LinealError

if TYPE_CHECKING:
    from lineal.client.connect import Repository


def followed(
    repository: Repository, versions: tuple[str, ...], *, variables: Mapping[str, str] = os.environ
) -> Iterator[str]:
    """Make the tags that are missing of versions, and yield what is to be said of it.

    Args:
        repository: whose versions.
        versions: which were changed just now.
        variables: the environment's, which say where logins for registries are.

    Raises:
        Invalid: the policy is none.
    """
    directory = project_of(repository)
    policy = _policy(directory)
    models = tuple(dict.fromkeys(each.rpartition(":")[0] for each in versions))
    if policy.git.tags and models:
        yield from _safely("no tags were made in Git", _in_git(repository, directory, models, policy))
    for each in versions if policy.oci.repository else ():
        sent = _in_registry(repository, each, policy.oci.repository, variables)
        yield from _safely(f"{each} was not sent to {policy.oci.repository}", sent)


def _safely(otherwise: str, told: Iterator[str]) -> Iterator[str]:
    """Yield what is told; a failure is told too, and keeps nothing else from being done."""
    try:
        yield from told
    except LinealError as error:
        yield f"warning: {otherwise}: {error.message} ({error.hint})"


def _in_registry(repository: Repository, version: str, place: str, variables: Mapping[str, str]) -> Iterator[str]:
    from lineal.client.oci import push  # noqa: PLC0415 - few projects want it
    from lineal.formats.oci import place_of  # noqa: PLC0415

    found = push(repository, version, place_of(place, version.rpartition(":")[0]), variables=variables)
    if found.moved:
        yield f"{', '.join(found.moved)} of {found.place} lead to {version}"
    yield from found.told


def _in_git(repository: Repository, directory: Path, models: tuple[str, ...], policy: Policy) -> Iterator[str]:
    from lineal.client.dvc.tagging import write_tags  # noqa: PLC0415 - few projects want it

    said = policy.git
    found = write_tags(repository, directory, models, pre_releases=said.pre_releases, push=said.push)
    if found.made:
        where = f", and sent to {said.push}" if found.pushed else ""
        yield f"tagged {', '.join(found.made)}{where}"
    yield from found.told


def _policy(directory: Path) -> Policy:
    path = directory / SETTINGS_FILE
    try:
        return parse_policy(path.read_text(encoding="utf-8") if path.is_file() else "")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}", hint="mend the file; it must be UTF-8 text") from None
