"""Tags elsewhere follow what is here: in Git, where the policy of the project says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.checks.policies.policy import Policy, parse_policy
from lineal.client.sources import SETTINGS_FILE, project_of
from lineal.objects.errors import Invalid

if TYPE_CHECKING:
    from lineal.client.connect import Repository


def followed(repository: Repository, models: tuple[str, ...]) -> Iterator[str]:
    """Make the tags that are missing of models, and yield what is to be said of it.

    Args:
        repository: whose versions.
        models: which were changed just now.

    Raises:
        Invalid: the policy is none, or the project is in no Git repository.
        Unavailable: Git cannot be asked.
    """
    directory = project_of(repository)
    policy = _policy(directory)
    if policy.git.tags and models:
        yield from _in_git(repository, directory, models, policy)


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
