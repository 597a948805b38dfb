"""Nothing that a version in production, or one that is held, is made of can be changed or deleted, over any surface.

The attacks are made of the tables of verbs, endpoints and routes, so that what is new is tried too.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.routing import Mount, Route

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.objects.canonical import canonical_bytes
from lineal.objects.errors import LinealError
from lineal.objects.versions import Version
from lineal.operations import every
from lineal.operations.references import find_version
from lineal.operations.versioning import registered_versions
from lineal.protocols.mlflow import ENDPOINTS, artifacts, multipart
from lineal.server.app import create_app
from lineal.server.guard import Guard
from tests.surfaces.attacks import Target, bodies, requests
from tests.surfaces.conftest import served
from tests.surfaces.mlflow import Client
from tests.unit.operations.making import run as recorded
from tests.unit.operations.tracked import logged, made, registered, tracked

JUNK = b"other bytes"


class World:
    """A repository with a version in production that a tracked run made, and one that a recorded run made and that is held.

    Args:
        directory: where it is.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "lineal.toml").write_text("gate.production = []\n", encoding="utf-8")
        with init(directory) as repository:
            self.targets = (_in_production(repository), _held(repository))
            repository.promote("held:1.0.0", to="archived")
            self._before = {each.digest: contents(repository, each) for each in self.targets}
        self._copy = directory.with_name(f"{directory.name}-before")
        shutil.copytree(directory, self._copy)
        self._open()

    def _open(self) -> None:
        self.repository = init(self.directory)
        # Hooks and programs of a policy are no part of this.
        self.repository.store = msgspec.structs.replace(self.repository.store, programs="none")
        self._stands = self._standing()

    def _standing(self) -> str:
        tables = ("version", "hold", "model", "run", "alias", "tag", "account", "remote", "planned_move", "experiment")
        return str([self.repository.store.database.run(f"SELECT * FROM {each} ORDER BY 1, 2") for each in tables])

    def changed(self) -> list[str]:
        """Return which of what the versions are made of is not what it was, and have everything else as it was."""
        wrong = [
            f"{each.reference}: {name}"
            for each in self.targets
            for name, value in self._before[each.digest].items()
            if contents(self.repository, each).get(name) != value
        ]
        if self._standing() != self._stands:
            self.renew()
        return wrong

    def renew(self) -> None:
        """Have everything as it was before the first attack."""
        self.close()
        shutil.rmtree(self.directory)
        shutil.copytree(self._copy, self.directory)
        self._open()

    def close(self) -> None:
        """Let go of it."""
        self.repository.close()


def contents(repository: LocalRepository, target: Target) -> dict[str, object]:
    """Return everything that a version is made of, and what was said of it, by what it is called."""
    store, found = repository.store, dict[str, object]()
    try:
        version = store.get_object(target.digest, Version)  # type: ignore[arg-type]
        found["value"] = canonical_bytes(version)
        for part in (version.run, version.code, version.runtime):
            found[f"object {part}"] = store.database.run("SELECT body FROM object WHERE digest = :digest", digest=part)
        for entry in store.entries(version.weights):
            found[f"file {entry.path}"] = b"".join(store.blobs.open(entry.digest)) if entry.mode != "directory" else b""
        rows = store.database.run("SELECT digest, body FROM object WHERE kind = 'statement' ORDER BY digest")
        found |= {f"statement {row['digest']}": row["body"] for row in rows if target.digest in row["body"]}
        found["numbers"] = [
            (row["number"], row["major"], row["minor"], row["patch"], row["created_by"])
            for row in store.database.run(
                "SELECT * FROM version WHERE digest = :digest AND number = :number", digest=target.digest, number=1
            )
        ][:1]
    except LinealError as error:
        found["error"] = error.message
    return found


def _in_production(repository: LocalRepository) -> Target:
    run = tracked(repository)
    model = logged(repository, run, "m-" + "0" * 32)
    registered(repository, made(repository, "live"), run)
    registered_versions.transition(repository, "live", 1, to="production")
    registered_versions.alias(repository, "live", 1, alias="champion")
    return _target(repository, "live", run, "model/model.pkl", model)


def _held(repository: LocalRepository) -> Target:
    answer = recorded(repository, writes={"m.pkl": b"kept"})
    repository.model.register(answer.reference, name="held")
    repository.hold.place("held:1.0.0", reason="case 17")
    return _target(repository, "held", answer.id, "m.pkl", "m-none")


def _target(repository: LocalRepository, model: str, run: str, path: str, logged_model: str) -> Target:
    row = find_version(repository.store, f"{model}:1.0.0")
    version = repository.store.get_object(row["digest"], Version)
    blob = next(iter(repository.store.entries(version.weights))).digest
    return Target(model, f"{model}:1.0.0", 1, row["digest"], run, version.weights, blob, path, logged_model)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two versions that must not change."""
    (tmp_path / "project").mkdir()
    found = World(tmp_path / "project")
    yield found
    found.close()


def test_no_verb_changes_them(world: World) -> None:
    done, wrong = set[str](), list[str]()
    for words, operation in every().items():
        if operation.effect == "reads":
            continue
        for target in world.targets:
            tried = list(requests(operation, target))
            assert tried, f"{words} was not tried"
            for request in tried:
                done |= (
                    {words} if _carried_out(lambda r=request, o=operation: world.repository.perform(o, r)) else set()
                )
                wrong += [f"{words}: {each}" for each in world.changed()]

    assert [] == wrong
    # An attack that is always turned away at the door would prove nothing.
    assert {"gc", "artifacts put", "runs extend", "version update", "model rename", "promote", "hold release"} <= done
    assert set() == {"model remove", "version delete", "model delete", "runs delete"} & done


def _carried_out(attack: Callable[[], Any]) -> bool:
    try:
        attack()
    except LinealError:
        return False
    except (KeyError, ValueError):  # internal verbs leave it to their callers to say what a value is
        return False
    return True


def test_no_endpoint_or_route_changes_them(world: World) -> None:
    wrong, statuses = list[str](), dict[str, set[int]]()
    with served(world.repository) as url:
        client = Client(url)
        for target in world.targets:
            for method, path, body in _asked(world.repository, target):
                answer = client.ask(method, f"{url}{path}", body)
                statuses.setdefault(f"{method} {path}", set()).add(answer.status)
                still = contents(world.repository, target)
                before = world._before[target.digest]
                wrong += [f"{method} {path}: {name}" for name in before if still.get(name) != before[name]]

    assert [] == wrong
    assert not {path: found for path, found in statuses.items() if max(found) >= 500 and found != {501}}
    assert 5 < sum(200 in found for found in statuses.values()), "some of them were done"


def _asked(repository: LocalRepository, target: Target) -> Iterator[tuple[str, str, bytes]]:
    """Yield what is sent to every endpoint of MLflow's protocol that changes something, and every route with a method."""
    for each in ENDPOINTS:
        if each.method != "GET":
            for body in bodies(each.request, target, "mlflow"):
                yield (
                    each.method,
                    f"/api{each.path}".replace("{model_id}", target.logged),
                    json.dumps(_as_json(body)).encode(),
                )
    for path, methods in (*_routes(repository), *_streams()):
        for method in methods - {"GET", "HEAD", "OPTIONS"}:
            for filled in _filled(path, target):
                yield method, filled, JUNK


def _routes(repository: LocalRepository) -> Iterator[tuple[str, set[str]]]:
    for route in create_app(repository, Guard(repository.store.actor)).routes:
        if isinstance(route, Route) and route.methods:
            yield route.path, set(route.methods)
        else:
            assert isinstance(route, Mount), f"{route} is no kind of route that is attacked"


def _streams() -> Iterator[tuple[str, set[str]]]:
    class Anything:
        def __getattr__(self, name: str) -> Any:
            return lambda request: None

    for route in (*artifacts.streams(Anything()), *multipart.streams(Anything())):  # type: ignore[arg-type]
        assert isinstance(route, Route)
        yield f"/api{route.path}", set(route.methods or ())


def _filled(path: str, target: Target) -> Iterator[str]:
    names = {"digest": (target.blob, target.tree, target.digest), "upload": ("x",), "number:int": ("1",)}
    names |= {
        "path:path": (f"0/{target.run}/artifacts/{target.path}", f"models/{target.model}/1"),
        "model_id": (target.logged,),
    }
    found = [path]
    for name, given in names.items():
        found = [each.replace(f"{{{name}}}", value) for each in found for value in (given if name in each else ("",))]
    yield from found


def _as_json(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def test_no_sql_changes_them(world: World) -> None:
    statements = (
        "delete from versions",
        "update versions set stage = 'none'",
        "drop table version",
        "with gone as (delete from version returning *) select * from gone",
        "pragma writable_schema = 1",
        "attach database 'x' as y",
        "insert into object values ('a', 'b', 1, 'c', 1)",
        "select 1; delete from version",
    )
    for each in statements:
        with pytest.raises(LinealError):
            world.repository.sql(each)

    assert [] == world.changed()


def test_a_file_that_was_edited_by_hand_is_named(world: World) -> None:
    store = world.directory / ".lineal" / "blobs"
    for target in world.targets:
        world.renew()
        (file,) = [
            each
            for each in store.rglob("*")
            if each.is_file() and target.blob.removeprefix("sha256:")[-40:] in each.name
        ]
        assert 0 == file.stat().st_mode & 0o222, "the store's files are read-only"
        file.chmod(0o644)
        file.write_bytes(JUNK)
        found = world.repository.verify()

        assert [True] == [target.blob in each.what for each in found.problems][:1]
        assert [target.reference] == [
            each for problem in found.problems for each in problem.used_by if each == target.reference
        ][:1]
        with pytest.raises(LinealError):
            world.repository.store.blobs.get(target.blob)  # type: ignore[arg-type]
    world.renew()
    world.repository.store.database.run(
        "UPDATE object SET body = replace(body, 'm.pkl', 'n.pkl') WHERE digest = :digest",
        digest=world.targets[1].digest,
    )
    assert any(world.targets[1].digest in each.what for each in world.repository.verify().problems)
