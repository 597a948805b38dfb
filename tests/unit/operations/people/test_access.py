"""Roles on single experiments and models: what each may do, and what nobody is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args, get_origin

import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Conflict, Denied, Exists, Invalid, LinealError, NotFound
from lineal.objects.runs import Point
from lineal.operations import every
from lineal.operations.asking import run_tables
from lineal.operations.people import access, accounts
from lineal.operations.recording import artifacts, curves, experiments, tracking
from lineal.operations.recording.tracking import NewRun
from lineal.operations.versioning import comparisons, registered_models
from lineal.protocols.mlflow.search import _search_experiments, _SearchExperiments
from lineal.storage.store import Actor, Role
from tests.unit.operations.making import dataset, run

_WHOLE_FAMILIES = {"webhook", "webhooks", "hook", "hooks", "import", "export"}
"""How verbs begin that are about the repository as a whole."""

_WHOLE = {
    "gc",
    "git record",
    "move due",
    "repair",
    "doctor",
    "verify",
    "journal checkpoint",
    "journal tile",
    "data pull",
    "data named",
    "sql",
    "remote add",
    "remote remove",
}
"""Verbs that may be about everything: whoever may not see all may not use them."""


def known(repository: LocalRepository) -> tuple[str, str]:
    """Make a secret experiment and an open one, each with a run; return the ids of the runs."""
    ids = []
    for name in ("secret", "open"):
        number = experiments.create(repository, name).number
        ids.append(repository.store.clock.new_id())
        tracking.create(repository, NewRun(id=ids[-1], name=name, started_at=1, experiment=number))
    return ids[0], ids[1]


def as_eve(repository: LocalRepository, role: Role, **grants: Role) -> LocalRepository:
    """Return the repository as somebody sees it, with roles by the names of experiments."""
    numbers = {each.name: each.number for each in repository.experiments()}
    things = {f"experiment:#{numbers[name]}": given for name, given in grants.items()}
    return repository.acting(Actor("eve", role, things))


def test_every_verb_says_what_it_is_about_or_is_closed_to_those_who_may_not_see_all() -> None:
    assert _WHOLE == {
        each.words for each in every().values() if each.about is None and each.words.split()[0] not in _WHOLE_FAMILIES
    }


def test_every_list_of_a_verb_that_is_about_nothing_certain_is_narrowed_to_what_one_may_see() -> None:
    wide = [each for each in every().values() if each.about == {} and get_origin(each.response) is tuple]

    # Neither people nor remotes belong to an experiment or a model.
    assert ["user list", "remote list"] == [
        each.words for each in wide if get_args(each.response)[0] not in access._LISTED
    ]


def test_every_parameter_that_a_verb_is_about_is_one_of_its_own() -> None:
    wrong = [
        each.words
        for each in every().values()
        if set(each.about or ()) - {parameter.name for parameter in each.parameters}
    ]

    assert [] == wrong


QUESTIONS: dict[str, Callable[[LocalRepository, str], Any]] = {
    "tracked": tracking.tracked,
    "history": lambda it, run: tracking.history(it, run, key="loss"),
    "curves": lambda it, run: curves.curves(it, runs=(run,), keys=("loss",)),
    "totals": lambda it, run: curves.totals(it, runs=(run,)),
    "points": lambda it, run: curves.points(it, run, key="loss"),
    "compared": lambda it, run: comparisons.compared(it, runs=(run,)),
    "chart": lambda it, run: tracking.chart(it, runs=(run,), keys=("loss",)),
    "files": artifacts.list_artifacts,
    "show": lambda it, run: it.show(f"run:{run}"),
    "lineage": lambda it, run: it.lineage(f"run:{run}"),
    "log": lambda it, run: it.log(f"run:{run}"),
    "diff": lambda it, run: it.diff(f"run:{run}", f"run:{run}"),
    "experiment": lambda it, _: experiments.shown(it, name="secret"),
    "table": lambda it, _: run_tables.table(it, experiment=1),
    "everything": lambda it, _: it.verify(),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_hidden_is_denied_by_every_question(question: str, repository: LocalRepository) -> None:
    secret, _ = known(repository)

    with pytest.raises(Denied, match=r"eve (has no role|is a)"):
        QUESTIONS[question](as_eve(repository, "writer", secret="none"), secret)


def test_lists_show_what_may_be_seen_and_nothing_else(repository: LocalRepository) -> None:
    secret, shown = known(repository)
    for eve in (
        as_eve(repository, "reader", secret="none"),
        as_eve(repository, "none", open="reader"),
    ):
        assert "secret" not in {each.name for each in eve.experiments()}
        assert [f"run:{shown}"] == [each.reference for each in eve.runs()]
        assert [shown] == [each.id for each in eve.search("state = running", kind="runs").runs]
        assert not [each for each in eve.log() if secret in each.subject + each.request]
        found = _search_experiments(eve, _SearchExperiments())
        assert "open" in {each.name for each in found.experiments} >= {"open"}
        assert "secret" not in {each.name for each in found.experiments}


def test_one_with_no_role_but_one_sees_nothing_else(repository: LocalRepository) -> None:
    known(repository)
    dataset(repository, "people", b"x,y\n1,2\n")
    eve = as_eve(repository, "none", open="writer")

    assert ((), ()) == (eve.data.list(), eve.model.list())
    for ask in (lambda: eve.data.show("data:people"), lambda: experiments.create(eve, "mine"), eve.user.list):
        with pytest.raises(Denied):
            ask()


def test_a_role_on_one_experiment_holds_there_and_nowhere_else(repository: LocalRepository) -> None:
    secret, shown = known(repository)
    eve = as_eve(repository, "reader", open="writer")
    tracking.record(eve, shown, points=(Point(key="loss", step=1, value=0.5, at=1),))
    tracking.tracked(eve, secret)

    with pytest.raises(Denied, match="eve is a reader on experiment:#1; 'runs record' needs a writer"):
        tracking.record(eve, secret, tags={"a": "b"})
    with pytest.raises(Denied):
        tracking.create(eve, NewRun(id=repository.store.clock.new_id(), name="x", started_at=1, experiment=1))


def test_models_have_roles_of_their_own(repository: LocalRepository) -> None:
    made = run(repository, writes={"m.pkl": b"1"})
    for name in ("secret", "open"):
        repository.model.register(made.reference, name=name)
    eve = repository.acting(Actor("eve", "writer", {"model:secret": "none", "model:open": "reader"}))

    assert ["open"] == [each.name for each in eve.model.list()]
    assert ["open:1.0.0"] == [each.reference for each in eve.search("stage = staging").versions]
    eve.show("open:1.0.0")
    for ask in (
        lambda: eve.show("secret:1.0.0"),
        lambda: eve.model.card("secret"),
        lambda: eve.promote("open", to="archived"),
        lambda: eve.alias("open:1.0.0", "champion"),
        lambda: registered_models.rename(eve, "open", "mine"),
    ):
        with pytest.raises(Denied):
            ask()


def test_nobody_registers_what_they_may_not_see(repository: LocalRepository) -> None:
    made = run(repository, writes={"m.pkl": b"1"})
    eve = repository.acting(Actor("eve", "writer", {"experiment:#0": "none"}))

    with pytest.raises(Denied, match="needs a reader"):
        eve.model.register(made.reference, name="mine")


def test_a_forced_move_needs_the_role_on_that_model(repository: LocalRepository) -> None:
    repository.model.register(run(repository, writes={"m.pkl": b"1"}).reference, name="m")
    eve = repository.acting(Actor("eve", "writer", {"model:m": "approver"}))

    eve.promote("m", to="production", force=True, reason="the gate is wrong")
    with pytest.raises(Denied, match="only approvers"):
        repository.acting(Actor("eve", "approver", {"model:m": "writer"})).promote(
            "m", to="archived", force=True, reason="no"
        )


def test_roles_follow_a_model_to_its_new_name(repository: LocalRepository) -> None:
    registered_models.create(repository, "old")
    repository.user.grant("eve", "none", on="model:old")
    registered_models.rename(repository, "old", "new")

    assert [("eve", "model:new", "none")] == [(each.name, each.object, each.role) for each in repository.user.grants()]


def test_an_experiment_called_as_the_number_of_another_is_not_it(repository: LocalRepository) -> None:
    experiments.create(repository, "0")

    assert "experiment:#1" == repository.user.grant("eve", "writer", on="experiment:0").object
    assert "experiment:#0" == repository.user.grant("eve", "writer", on="experiment:#0").object


def test_an_administrator_of_one_model_gives_roles_on_it_and_on_no_other(repository: LocalRepository) -> None:
    for name in ("mine", "theirs"):
        registered_models.create(repository, name)
    eve = repository.acting(Actor("eve", "reader", {"model:mine": "admin"}))
    eve.user.grant("bob", "writer", on="model:mine")

    for ask in (
        lambda: eve.user.grant("eve", "writer", on="model:theirs"),
        lambda: eve.user.role("eve", "admin"),
        lambda: eve.user.create("bob"),
    ):
        with pytest.raises(LinealError):
            ask()


def test_everybody_has_their_own_account_and_nobody_elses(repository: LocalRepository) -> None:
    repository.user.create("eve")
    repository.user.create("ada")
    eve = repository.acting(Actor("eve", "reader"))
    made = eve.token.create("eve")
    eve.user.show("eve")
    theirs = repository.token.create("ada")

    assert [made.id] == [each.id for each in eve.token.list("eve")]
    for ask in (
        lambda: eve.token.create("ada"),
        lambda: eve.token.list("ada"),
        eve.token.list,
        lambda: eve.token.revoke(theirs.id),
        lambda: eve.user.show("ada"),
        lambda: eve.user.password("ada"),
        lambda: eve.user.remove("eve"),
    ):
        with pytest.raises(Denied):
            ask()
    eve.token.revoke(made.id)


def test_secrets_are_kept_nowhere(repository: LocalRepository) -> None:
    repository.user.create("eve", password="open sesame")
    password = repository.user.password("eve").password
    request = every()["token create"].request(user="eve")
    made = repository.perform(every()["token create"], request, key="k")
    run_sql = repository.store.database.run
    tables = [row["name"] for row in run_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = str([run_sql(f'SELECT * FROM "{table}"') for table in tables])

    assert not [each for each in ("open sesame", password, made.token) if each in kept]
    assert made.token != repository.perform(every()["token create"], request, key="k").token


def test_a_password_is_changed_by_who_knows_it(repository: LocalRepository) -> None:
    repository.user.create("eve", password="open sesame")
    eve = repository.acting(Actor("eve", "reader"))

    with pytest.raises(Denied, match="current password"):
        eve.user.password("eve", password="another one")
    eve.user.password("eve", password="another one", current="open sesame")
    with pytest.raises(Invalid, match="characters"):
        eve.user.password("eve", password="short", current="another one")


def test_there_is_always_an_admin(repository: LocalRepository) -> None:
    repository.user.create("ada", role="admin")

    for ask in (lambda: repository.user.remove("ada"), lambda: repository.user.role("ada", "writer")):
        with pytest.raises(Conflict, match="last admin"):
            ask()
    repository.user.create("grace", role="admin")
    repository.user.remove("ada")


def test_what_cannot_be_meant_is_told(repository: LocalRepository) -> None:
    repository.user.create("ada")
    for error, ask in (
        (Exists, lambda: repository.user.create("ada")),
        (Invalid, lambda: repository.user.create("everyone")),
        (Invalid, lambda: repository.user.create("a:b")),
        (NotFound, lambda: repository.user.role("adda", "writer")),
        (NotFound, lambda: repository.token.create("bob")),
        (NotFound, lambda: repository.token.revoke("x")),
        (NotFound, lambda: repository.user.grant("ada", "writer", on="model:none")),
        (Invalid, lambda: repository.user.grant("ada", "writer", on="none")),
        (NotFound, lambda: repository.user.revoke("ada", on="experiment:Default")),
        (Invalid, lambda: repository.token.create("ada", days=-1)),
    ):
        with pytest.raises(error):
            ask()


def test_a_provider_vouches_only_for_its_own(repository: LocalRepository) -> None:
    repository.user.create("ada", role="admin")
    accounts.log_in(repository, "bob", role="writer", issuer="https://id.example", subject="1")

    assert "reader" == accounts.log_in(repository, "bob", role="reader", issuer="https://id.example", subject="1").role
    for name, subject in (("ada", "2"), ("bob", "2")):
        with pytest.raises(Denied, match="somebody else"):
            accounts.log_in(repository, name, role="admin", issuer="https://id.example", subject=subject)
