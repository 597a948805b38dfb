"""Make the moves that a commit asks for: the files are read where Git is, the moves are made where the repository is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lineal.client.local import LocalRepository
from lineal.executors.git import GitRepository, Person
from lineal.formats.registry_files import decode, encode, places
from lineal.objects.errors import Conflict, Invalid, LinealError, Refused
from lineal.operations.answers.registry import Wish
from lineal.operations.versioning import git_records, git_wishes, moves, promotions, registered_versions
from lineal.operations.versioning.policies import policy_of

if TYPE_CHECKING:
    from lineal.client.connect import Repository

FOLDER = "registry"
"""Where the files are when nothing else is said."""


class Applied(NamedTuple):
    """What a commit asked for, and what came of it: as whom, and each wish."""

    commit: str
    by: str
    wishes: tuple[Wish, ...]

    @property
    def exit_status(self) -> int:
        """0 when nothing is in the way of any."""
        states = {each.state for each in self.wishes}
        return Conflict.exit_status if "conflict" in states else Refused.exit_status if "refused" in states else 0


def apply(
    repository: Repository, git: GitRepository, *, commit: str, folder: str = "", by: str = "", dry_run: bool = False
) -> Applied:
    """Make the moves that a commit asks for, each through its gate, as its committer.

    Where the repository is at hand, they are made as the account of the committer, with the role that it has. Over a server
    they are made as whoever asks it, and the journal names the committer in the reason.

    Args:
        repository: where.
        git: the Git repository with the commit.
        commit: any name of it.
        folder: where the files of models are; by default what the policy says.
        by: as whom, in place of the committer: somebody who is known for certain, as whoever pushed is to a server of Git's.
        dry_run: only tell, with what the gates say.

    Raises:
        NotFound: there is no such commit.
        Invalid: a file is none.
    """
    found = git.commit(commit)
    acting, name, place = _acting(repository, found.committer, by, folder)
    files = git.files(found.id, place)
    before = git.files(git.tip(f"{found.id}^"), place)
    old = {path: _moved(text, path) for path, text in before.items() if path in files}
    wishes = [
        wish
        for path, text in sorted(files.items())
        for wish in git_wishes.plan(acting, _moved(text, path), before=old.get(path, ""))
    ]
    reason = f"commit {found.id[:12]} by {found.committer.name} <{found.committer.email}>: {found.subject}"
    done = [_tried(acting, each) if dry_run else _made(acting, each, reason) for each in wishes]
    return Applied(found.id, name, tuple(done))


def _acting(repository: Repository, committer: Person, by: str, folder: str) -> tuple[Repository, str, str]:
    """Return the repository as the committer uses it, who that is, and where the files are."""
    if not isinstance(repository, LocalRepository):
        if by:
            raise Invalid(
                "a server knows who asks by the token", hint="leave out --as, or work where the repository is"
            )
        return repository, committer.name, folder or FOLDER
    git = policy_of(repository.store)[0].git
    name = by or git_records.account_of(git, committer)
    return repository.acting(moves.actor_named(repository.store, name)), name, folder or git.folder


def _moved(text: str, path: str) -> str:
    """Return a file without the digests of versions that it puts nowhere: there may be very many. Raises Invalid."""
    file = decode(text, path)
    named = {version for versions in places(file).values() for version in versions}
    kept = {version: digest for version, digest in file.versions.items() if version in named}
    return encode(msgspec.structs.replace(file, versions=kept))


def _tried(repository: Repository, wish: Wish) -> Wish:
    """Return a wish with what its gate says."""
    if wish.state != "wanted" or wish.kind != "stage":
        return wish
    answer = promotions.gate(repository, wish.reference, to=wish.name)
    why = "; ".join(f"{each.check}: {each.reason}" for each in answer.verdicts if each.outcome != "pass")
    said = f"gate: {answer.outcome}" + (f": {why}" if why else "")
    return _with(wish, "refused" if answer.exit_status else "wanted", said)


def _made(repository: Repository, wish: Wish, reason: str) -> Wish:
    if wish.state != "wanted":
        return wish
    try:
        if wish.kind == "stage":
            said = promotions.promote(repository, wish.reference, to=wish.name, expect=wish.expect, reason=reason)
            return _with(wish, "made", f"gate: {said.outcome}")
        if wish.version:
            promotions.alias(repository, wish.reference, wish.name, expect=wish.expect)
        else:
            registered_versions.unalias(repository, wish.model, alias=wish.name)
    except Conflict as error:
        return _with(wish, "conflict", error.message)
    except LinealError as error:
        return _with(wish, "refused", error.message)
    return _with(wish, "made", "")


def _with(wish: Wish, state: str, detail: str) -> Wish:
    return msgspec.structs.replace(wish, state=state, detail=detail)
