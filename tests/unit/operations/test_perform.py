"""Every act passes one place: who may, once only, all or nothing, written down."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.objects.canonical import canonical_bytes, decode
from lineal.objects.digest import digest_of
from lineal.objects.errors import Conflict, Denied, Invalid, NotFound, Refused, Unavailable
from lineal.objects.journal import JournalEntry
from lineal.operations import every
from lineal.operations.data import datasets
from lineal.operations.operation import Effect, Operation, Upload
from lineal.operations.versioning import models
from lineal.storage.clock import FixedClock
from lineal.storage.store import ROLES, Actor, Role, Store
from tests.unit.operations.making import dataset, run


def entries(repository: LocalRepository) -> list[JournalEntry]:
    """Return the journal, oldest first."""
    rows = repository.store.database.run("SELECT body FROM journal ORDER BY sequence")
    return [decode(row["body"], JournalEntry) for row in rows]


def test_an_act_is_one_entry_that_names_the_one_before(repository: LocalRepository) -> None:
    dataset(repository, "a", b"x,y\n1,2\n")
    dataset(repository, "b", b"x,y\n3,4\n")
    first, second = entries(repository)

    assert ("data add", "data:a@1", "ada", "done") == (first.operation, first.subject, first.by, first.outcome)
    assert (None, digest_of(canonical_bytes(first))) == (first.previous, second.previous)


def test_a_question_leaves_no_entry(repository: LocalRepository) -> None:
    repository.data.list()

    assert [] == entries(repository)


@pytest.mark.parametrize("effect", get_args(Effect))
def test_the_effect_of_a_verb_says_what_the_journal_tells_of_it(effect: Effect, repository: LocalRepository) -> None:
    outcomes = {"reads": [], "records": [], "acts": ["began", "done"], "examines": ["began", "done"]}
    verb = Operation("try it", _nothing, effect=effect, role="reader", internal=True)
    repository.perform(verb, verb.request())

    assert outcomes.get(effect, ["done"]) == [each.outcome for each in entries(repository)]
    assert verb.is_journalled == bool(entries(repository))
    assert verb.reaches_outside == (len(entries(repository)) > 1)


def _nothing(_store: Store) -> None:
    """Do nothing."""


def test_an_entry_names_the_objects_that_the_act_made(repository: LocalRepository) -> None:
    made = run(repository, writes={"m.pkl": b"1"})
    version = repository.model.register(made.reference, name="m")
    named = {f"d{place}": each for place, each in enumerate(entries(repository)[-1].objects)}
    kinds = repository.store.database.run(
        f"SELECT kind FROM object WHERE digest IN ({', '.join(f':{each}' for each in named)})", **named
    )

    assert version.digest in named.values()
    assert len(named) == len(kinds)
    assert {"run", "statement", "version"} <= {each["kind"] for each in kinds}


def test_the_journal_does_not_go_back_in_time(repository: LocalRepository) -> None:
    dataset(repository, "a", b"x,y\n1,2\n")
    repository.store = msgspec.structs.replace(repository.store, clock=FixedClock(1))
    dataset(repository, "b", b"x,y\n3,4\n")
    first, second = entries(repository)

    assert first.at == second.at


def test_a_denied_act_is_journalled_and_a_denied_question_is_not(repository: LocalRepository) -> None:
    dataset(repository, "a", b"x,y\n1,2\n")
    eve = repository.acting(Actor("eve", "none"))
    with pytest.raises(Denied):
        eve.remote.add("mine", "s3://bucket/mine")
    with pytest.raises(Denied):
        eve.data.list()
    _, denied = entries(repository)

    assert ("eve", "remote add", "denied", "mine") == (denied.by, denied.operation, denied.outcome, denied.subject)
    assert "eve has no role" in denied.detail


def test_an_act_that_is_denied_while_it_is_done_is_journalled_without_its_changes(repository: LocalRepository) -> None:
    made = run(repository, writes={"m.pkl": b"1"})
    version = repository.model.register(made.reference, name="m").reference
    with pytest.raises(Denied):
        repository.acting(Actor("bob", "writer")).promote(version, to="production", force=True, reason="now")

    assert ("bob", "denied", ()) == (
        entries(repository)[-1].by,
        entries(repository)[-1].outcome,
        entries(repository)[-1].objects,
    )


def test_an_act_that_fails_changes_nothing(repository: LocalRepository) -> None:
    made = run(repository, writes={"a.pkl": b"1", "b.pkl": b"2"})
    before = entries(repository)

    with pytest.raises(NotFound):
        repository.model.register(made.reference, name="m")

    assert (before, ()) == (entries(repository), repository.model.list())


def test_a_refused_act_keeps_its_report_and_its_entry(repository: LocalRepository) -> None:
    made = run(repository, writes={"m.pkl": b"1"})
    version = repository.model.register(made.reference, name="m").reference

    with pytest.raises(Refused, match="lineage_complete"):
        repository.promote(version, to="production")

    assert ("promote", "failed") == (entries(repository)[-1].operation, entries(repository)[-1].outcome)
    assert "gate" in {str(each.predicate.__struct_config__.tag) for each in repository.show(version).statements}


def test_an_act_that_reaches_outside_is_written_down_when_it_begins_and_how_it_ended(
    repository: LocalRepository,
) -> None:
    repository.model.register(run(repository, writes={"m.pkl": b"1"}).reference, name="m")

    with pytest.raises(Unavailable):  # a repository in memory has no place to run from
        repository.deploy("m", environment="trial")

    assert [("deploy", "began"), ("deploy", "failed")] == [
        (each.operation, each.outcome) for each in entries(repository)[-2:]
    ]


def test_a_retry_with_the_same_key_gets_the_first_answer_and_does_nothing(repository: LocalRepository) -> None:
    operation = every()["data add"]
    upload = dataset(repository, "a", b"x,y\n1,2\n")
    request = operation.request(path=Upload(upload.dataset.tree, "other"), name="other", message="")
    first = repository.perform(operation, request, key="k")
    count = len(entries(repository))

    assert (first, count) == (repository.perform(operation, request, key="k"), len(entries(repository)))

    other = operation.request(path=Upload(upload.dataset.tree, "other"), name="third", message="")
    with pytest.raises(Conflict, match="another request"):
        repository.perform(operation, other, key="k")


@pytest.mark.parametrize("operation", every().values(), ids=lambda each: each.words)
def test_every_verb_is_denied_to_those_with_too_small_a_role(operation: Operation, repository: LocalRepository) -> None:
    request = operation.request(**{each.name: None for each in operation.parameters})
    smaller: tuple[Role, ...] = ROLES[: ROLES.index(operation.role)]

    for role in smaller:
        with pytest.raises(Denied, match=f"needs a {operation.role}"):
            repository.acting(Actor("eve", role)).perform(operation, request)


def test_what_only_reads_needs_a_reader_and_what_changes_something_more(repository: LocalRepository) -> None:
    roles = {
        (each.effect == "reads", each.role)
        for each in every().values()
        if each.words.split()[0] not in {"user", "token", "import"}
    }

    assert {(True, "reader"), (False, "writer"), (False, "approver"), (False, "admin")} == roles


def test_a_forced_move_needs_an_approver(repository: LocalRepository) -> None:
    repository.model.register(run(repository, writes={"m.pkl": b"1"}).reference, name="m")

    with pytest.raises(Denied, match="only approvers"):
        repository.acting(Actor("eve", "writer")).promote("m", to="production", force=True, reason="why not")


def test_the_observer_is_told_of_each_act_and_how_it_ended(repository: LocalRepository) -> None:
    told: list[tuple[str, str]] = []
    observed = LocalRepository(repository.store, observer=lambda words, ended, _: told.append((words, ended)))
    observed.data.list()
    with pytest.raises(NotFound):
        observed.show("nobody")

    assert [("data list", "done"), ("show", "NotFound")] == told


def test_wrong_types_are_told_before_anything_happens(repository: LocalRepository) -> None:
    with pytest.raises(Invalid, match="runs"):
        repository.runs(limit="many")  # type: ignore[arg-type]


def test_a_value_that_is_none_of_a_list_is_told_with_the_list(repository: LocalRepository) -> None:
    with pytest.raises(Invalid) as told:
        repository.model.card("churn", format="print")

    assert "format is one of markdown, html" in told.value.hint
    with pytest.raises(Invalid) as told:
        repository.model.card(7)
    assert "version: the version." == told.value.hint


def test_the_help_of_every_parameter_is_in_its_docstring() -> None:
    silent = [
        f"{each.words}: {parameter.name}"
        for each in every().values()
        for parameter in each.parameters
        if not parameter.help
    ]

    assert [] == silent
    assert datasets.add.operation.summary == "Add a file or directory as the next version of a dataset."  # type: ignore[attr-defined]
    assert models.show.operation.method == "GET"  # type: ignore[attr-defined]
