"""Hooks on a server: those of its own policy, only where it was started with --policy-commands, and never what a client sends."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.client.remote import RemoteRepository
from lineal.objects.errors import Invalid, Refused
from lineal.storage.store import Programs
from tests.surfaces.conftest import served
from tests.surfaces.receiver import until
from tests.unit.operations.making import run

POLICY = """\
gate.production = []
[[hook]]
name = "freeze"
before = true
stages = ["production"]
shell = true
run = "if test -e freeze; then echo it is december; exit 1; fi"
[[hook]]
name = "tell"
on = ["model_version.stage_changed"]
shell = true
run = "test -e ready && echo $LINEAL_VERSION $LINEAL_ATTEMPT $LINEAL_EVENT_ID >> told"
"""


@pytest.mark.parametrize("programs", ["own", "none"])
def test_a_server_runs_the_hooks_of_its_own_policy_if_it_may(tmp_path: Path, programs: Programs) -> None:
    (tmp_path / "lineal.toml").write_text(POLICY, encoding="utf-8")
    with init(tmp_path) as local:
        local.model.register(run(local, writes={"m.pkl": b"1"}).reference, name="churn")
        local.store = msgspec.structs.replace(local.store, programs=programs)
        with served(local) as url, RemoteRepository(url) as remote:
            if programs == "none":
                with pytest.raises(Refused, match="this server runs no programs; start it with --policy-commands"):
                    remote.promote("churn", to="production")
                remote.promote("churn", to="archived")
                with pytest.raises(Invalid, match="runs no programs"):
                    remote.hook.run()
                assert [("tell", False, 1)] == [
                    (e.name, e.runs_here, e.waiting) for e in remote.hooks() if not e.before
                ]
                time.sleep(1)
                assert not (tmp_path / "told").exists()
                return
            (tmp_path / "freeze").touch()
            with pytest.raises(Refused, match=r"hook freeze .*exit status 1\nit is december"):
                remote.promote("churn", to="production")
            (tmp_path / "freeze").unlink()
            remote.promote("churn", to="production")
            until(lambda: [e for e in remote.hook.deliveries("tell") if e.problem] or None)
            (tmp_path / "ready").touch()
            until(lambda: True if (tmp_path / "told").exists() else None)
            until(lambda: [e for e in remote.hook.deliveries("tell") if e.state == "delivered"] or None)
    version, attempt, _ = (tmp_path / "told").read_text().split()
    assert ("churn:1.0.0", True) == (version, int(attempt) > 1)
