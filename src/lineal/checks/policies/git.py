"""The table ``[git]`` of a policy."""

from __future__ import annotations

import re

import msgspec


class GitPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told to Git: versions and stages as tags in GTO's format, moves as commits of a branch.

    Args:
        tags: whether commands that register and move versions make tags.
        pre_releases: whether pre-releases are tagged too. GTO knows one version a commit: a release of the same run then has none.
        branch: the branch where moves are recorded; without one none is.
        folder: the folder in it that has a file for each model.
        repository: the Git repository, from the policy's directory.
        push: the remote of Git that the branch and new tags are sent to; empty for none.
        people: who committers are here, by their address; others are called as what stands before its ``@``.
    """

    tags: bool = False
    pre_releases: bool = False
    branch: str = ""
    folder: str = "registry"
    repository: str = "."
    push: str = ""
    people: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse names that lead elsewhere, or that Git would take for options."""
        for name, value in (("branch", self.branch), ("push", self.push)):
            if value and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", value):
                raise ValueError(f"{name} must be of letters, digits and ._-/, not {value!r}")
        parts = self.folder.split("/")
        if not all(re.fullmatch(r"[A-Za-z0-9_.-]+", each) and each not in {".", "..", ".git"} for each in parts):
            raise ValueError(f"folder must be a path within the repository, not {self.folder!r}")
