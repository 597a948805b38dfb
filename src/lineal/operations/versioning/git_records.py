"""The registry's record in Git: a file for each model on a branch, written when something moves, never over what others wrote."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from lineal.checks.policies.git import GitPolicy
from lineal.executors.git import GitRepository, Person
from lineal.formats.registry_files import ModelFile, Place, decode, encode, path_of, places
from lineal.objects.errors import Conflict, Invalid, LinealError
from lineal.operations.references import semantic
from lineal.operations.versioning.policies import policy_of
from lineal.storage.store import Store

_TRIES = 5


class Recorded(NamedTuple):
    """What became of a model's file: ``written``, ``same``, or ``wished`` when the file asks for a move."""

    model: str
    state: str
    commit: str = ""


class Pending(NamedTuple):
    """A model whose registry and file are to say the same."""

    model: str
    path: str
    now: ModelFile
    before: str
    written: str

    @property
    def text(self) -> str:
        """What its file should say."""
        return encode(self.now)


def state_of(store: Store, model: str) -> ModelFile:
    """Return what stands where, of a model; nothing stands anywhere of one that is not there."""
    rows = store.database.run("SELECT * FROM version WHERE model = :model ORDER BY number", model=model)
    seen = [row for row in rows if row["deleted_at"] is None]
    stages = dict[str, tuple[str, ...]]()
    for row in seen:
        if row["stage"] in {"staging", "production"}:
            stages[row["stage"]] = (*stages.get(row["stage"], ()), semantic(row))
    names = {row["number"]: semantic(row) for row in rows}
    aliases = store.database.run("SELECT alias, number FROM alias WHERE model = :model", model=model)
    return ModelFile(
        model=model,
        stages=stages,  # type: ignore[arg-type]  # one of the two that a file may have
        aliases={row["alias"]: names[row["number"]] for row in aliases if row["number"] in names},
        versions={semantic(row): row["digest"] for row in seen},
    )


def agreed(store: Store, model: str) -> ModelFile | None:
    """Return what the registry and the file of a model last agreed on; None where they never did."""
    rows = store.database.run("SELECT body FROM git_record WHERE model = :model", model=model)
    return decode(rows[0]["body"], f"the record of {model}") if rows else None


def agree(store: Store, model: str, text: str) -> None:
    """Note what the registry and the file of a model agree on."""
    store.database.run(
        "INSERT INTO git_record (model, body, written_at) VALUES (:model, :body, :at) ON CONFLICT (model) DO UPDATE"
        " SET body = excluded.body, written_at = excluded.written_at",
        model=model,
        body=text,
        at=store.clock.now(),
    )


def write(store: Store, *, by: str, model: str = "", id_: str = "") -> list[Recorded]:
    """Commit what the registry says of one model, or of all, where the branch does not say it.

    Args:
        store: where.
        by: who did what is recorded: the author of the commit.
        model: which; by default all.
        id_: of the message that told of it.

    Raises:
        Invalid: the policy has no branch for that.
        NotFound: there is no Git repository.
        Conflict: the registry and a file both changed since they agreed; every other file was written.
        Unavailable: Git, or the remote, cannot be reached.
    """
    git = policy_of(store)[0].git
    if store.root is None or not git.branch:
        raise Invalid("moves are not recorded in Git", hint='[git] with branch = "registry" in the policy')
    repository = GitRepository(store.root.parent / git.repository)
    rows = store.database.run("SELECT name FROM model ORDER BY name")
    models = [model] if model else [row["name"] for row in rows]
    with _alone(store):
        for left in reversed(range(_TRIES)):
            try:
                return _write(store, repository, git, models, by, id_)
            except _Moved:
                if not left:
                    raise
    raise AssertionError  # pragma: no cover - the last try returns or raises


class _Moved(Conflict):
    """Somebody else moved the branch meanwhile."""


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Write one after the other on one machine; elsewhere Git itself tells who came second."""
    assert store.root  # noqa: S101 - whoever records has a directory
    with (store.root / "git.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(
    store: Store, repository: GitRepository, git: GitPolicy, models: list[str], by: str, id_: str
) -> list[Recorded]:
    if git.push:
        repository.follow(git.branch, git.push)
    tip = repository.tip(f"refs/heads/{git.branch}")
    there = repository.files(tip, git.folder)
    found, wrong, todo = list[Recorded](), list[str](), list[Pending]()
    for model in models:
        pending = _pending(store, model, path_of(git.folder, model), there)
        try:
            state = _compared(store, pending, there.get(pending.path))
        except LinealError as error:
            wrong.append(error.message)
            continue
        if state == "written":
            todo.append(pending)
        else:
            found.append(Recorded(model, state))
    made = _committed(repository, git, tip, todo, by, id_) if todo else tip
    if git.push and made:
        try:
            repository.push(git.branch, git.push, tip if todo else "")
        except Conflict as error:
            raise _Moved(error.message, hint=error.hint) from None
    for each in todo:
        agree(store, each.model, each.text)
    if wrong:
        raise Conflict("\n".join(wrong), hint="lineal git apply --dry-run tells what differs; nothing was overwritten")
    return sorted([*found, *(Recorded(each.model, "written", made) for each in todo)])


def _pending(store: Store, model: str, path: str, there: dict[str, str]) -> Pending:
    rows = store.database.run("SELECT body FROM git_record WHERE model = :model", model=model)
    return Pending(model, path, state_of(store, model), rows[0]["body"] if rows else "", there.get(path, ""))


def _compared(store: Store, each: Pending, written: str | None) -> str:
    """Return what is to become of a file. Raises Conflict, Invalid."""
    if written == each.text:
        if each.before != written:
            agree(store, each.model, written)
        return "same"
    if written is None:
        if not each.before:
            return "written" if each.now.versions else "same"
        raise Conflict(f"{each.path} was removed from the branch, and {each.model} is still here")
    if written == each.before:
        return "written"
    file = decode(written, each.path)
    now, before = places(each.now), places(decode(each.before, each.path)) if each.before else {}
    if places(file) in (now, before):
        return "written"  # it says the same in other words
    if each.before and now == before:
        return "wished"
    raise Conflict(
        f"{each.path} asks for {_told(places(file), before)}, and {each.model} was moved meanwhile: {_told(now, before)}"
    )


def _told(after: dict[Place, tuple[str, ...]], before: dict[Place, tuple[str, ...]]) -> str:
    changed = [place for place in {**before, **after} if before.get(place) != after.get(place)]
    return (
        ", ".join(f"{place}: {' '.join(after.get(place, ('nothing',)))}" for place in sorted(changed)) or "nothing new"
    )


def _committed(repository: GitRepository, git: GitPolicy, tip: str, todo: list[Pending], by: str, id_: str) -> str:
    message = _message(todo) + (f"\n\nLineal-Event: {id_}\n" if id_ else "\n")
    files = {each.path: each.text for each in todo}
    try:
        return repository.write(git.branch, tip, files, person(git, by), message)
    except Conflict as error:
        if repository.tip(f"refs/heads/{git.branch}") != tip:
            raise _Moved(error.message, hint=error.hint) from None
        raise


def _message(todo: list[Pending]) -> str:
    """Return what a commit says: each place that changed, a line each; one alone is its subject."""
    lines = list[str]()
    for each in todo:
        before = places(decode(each.written, each.path)) if each.written else {}
        after = places(each.now)
        for place in sorted({**before, **after}):
            if (old := before.get(place, ())) != (new := after.get(place, ())):
                lines.append(f"{each.model}: {place} {' '.join(old) or 'nothing'} -> {' '.join(new) or 'nothing'}")
        lines = lines or [f"{each.model}: what is registered"]
    return lines[0] if len(lines) == 1 else f"{len(lines)} moves\n\n" + "\n".join(lines)


def person(git: GitPolicy, name: str) -> Person:
    """Return somebody as Git calls them: by the address that the policy has for them, or one made of their name."""
    known = {account: email for email, account in git.people.items()}
    plain = "".join(each for each in name if each.isprintable() and each not in "<>").strip() or "unknown"
    return Person(plain, known.get(name, plain if "@" in plain else f"{plain.replace(' ', '.')}@localhost"))


def account_of(git: GitPolicy, committer: Person) -> str:
    """Return who a committer is here."""
    return git.people.get(committer.email, committer.email.partition("@")[0] or committer.name)
