"""The secrets of webhooks are sealed in the database, and follow one another without a message that nobody can check."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import msgspec
import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.formats.webhook_messages import EVENTS, headers, signature
from lineal.objects.errors import Corrupt, Denied, Invalid, LinealError, NotFound
from lineal.objects.secret import Secret
from lineal.operations.messages import outbox, webhook_secrets, webhooks
from lineal.storage import sealed
from lineal.storage.clock import FixedClock
from lineal.storage.store import Reach
from tests.unit.operations.tracked import made

OLD = "open sesame"


def opened(path: Path) -> LocalRepository:
    repository = init(path)
    reach = Reach(plain=True, private=True)
    repository.store = msgspec.structs.replace(repository.store, clock=FixedClock(), reach=reach)
    return repository


def hook(repository: LocalRepository, **more: object) -> str:
    made_ = webhooks.create(repository, "bus", "http://127.0.0.1:9/", events=EVENTS, secret=Secret(OLD), **more)  # type: ignore[arg-type]
    return str(made_.id)


def row(repository: LocalRepository) -> dict[str, object]:
    return dict(repository.store.database.run("SELECT * FROM webhook")[0])


def test_no_file_of_the_repository_but_the_key_opens_a_secret(tmp_path: Path) -> None:
    with opened(tmp_path) as repository:
        hook(repository)
        key = tmp_path / ".lineal" / sealed.FILE

        assert str(row(repository)["secret"]).startswith("sealed:v1:")
        assert (OLD,) == webhook_secrets.valid(repository.store, row(repository))
        assert 0o600 == stat.S_IMODE(key.stat().st_mode)
        repository.store.database.run("PRAGMA wal_checkpoint")
    everything = b"".join(each.read_bytes() for each in (tmp_path / ".lineal").rglob("*") if each.is_file())
    assert OLD.encode() not in everything


def test_rows_from_before_are_sealed_on_first_use_and_go_on(tmp_path: Path) -> None:
    with opened(tmp_path) as repository:
        id_ = hook(repository)
        repository.store.database.run("UPDATE webhook SET secret = :plain", plain=OLD)
        assert (OLD,) == webhook_secrets.valid(repository.store, row(repository))
        webhook_secrets.seal_all(repository.store)

        assert sealed.is_sealed(str(row(repository)["secret"]))
        assert (OLD,) == webhook_secrets.valid(repository.store, row(repository))
        assert webhooks.shown(repository, id_).is_signed


def test_what_is_sealed_opens_with_its_key_in_its_row_only(tmp_path: Path) -> None:
    with opened(tmp_path) as repository:
        hook(repository)
        kept, store = str(row(repository)["secret"]), repository.store
        with pytest.raises(Corrupt, match="moved to another row"):
            sealed.unseal(store, kept, "another row")
        with pytest.raises(Corrupt, match="was changed"):
            sealed.unseal(
                store, kept[:-6] + ("AAAA" if kept[-6:-2] != "AAAA" else "BBBB") + kept[-2:], str(row(repository)["id"])
            )
        other = msgspec.structs.replace(store, secrets_key=lambda: "ab" * 32)
        with pytest.raises(NotFound, match="was sealed with the key"):
            sealed.unseal(other, kept, str(row(repository)["id"]))
        with pytest.raises(Invalid, match="holds no key") as wrong:
            sealed.seal(msgspec.structs.replace(store, secrets_key=lambda: "secret words"), "x", "1")
        assert "secret words" not in str(wrong.value)
        key = tmp_path / ".lineal" / sealed.FILE
        key.chmod(0o644)
        with pytest.raises(Denied, match="can be read by others"):
            sealed.unseal(store, kept, str(row(repository)["id"]))
        key.unlink()
        for act in (lambda: sealed.unseal(store, kept, str(row(repository)["id"])), lambda: hook(repository)):
            with pytest.raises(NotFound) as missing:
                act()
            assert "LINEAL_SECRETS_KEY" in missing.value.hint
        assert not key.exists(), "no second key is made where the first one is missing"


def test_the_environment_holds_the_key_where_servers_share_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sealed.VARIABLE, "cd" * 32)
    with opened(tmp_path) as repository:
        hook(repository)
        assert (OLD,) == webhook_secrets.valid(repository.store, row(repository))
        assert "cdcd" not in repr(repository.store)
    assert not (tmp_path / ".lineal" / sealed.FILE).exists()


def test_while_one_secret_follows_another_both_sign(tmp_path: Path) -> None:
    with opened(tmp_path) as repository:
        id_ = hook(repository, format="standard")
        answer = webhooks.rotate(repository, id_, keep_hours=2)
        made(repository, "churn")
        (taken,) = outbox.claim(repository.store, count=1, lease_ms=1)
        valid = webhook_secrets.valid(repository.store, taken)
        said = headers("standard", taken.body, delivery=taken.id, timestamp="1", secrets=valid)["webhook-signature"]

        assert answer.secret.startswith("whsec_")
        assert (answer.secret, OLD) == valid
        assert said.split() == [signature(each, taken.id, "1", taken.body) for each in valid]
        mlflow = headers("mlflow", taken.body, delivery=taken.id, timestamp="1", secrets=valid)
        assert signature(answer.secret, taken.id, "1", taken.body) == mlflow["X-MLflow-Signature"]
        end = FixedClock(repository.store.clock.now() + 3 * 3_600_000)
        repository.store = msgspec.structs.replace(repository.store, clock=end)
        assert (answer.secret,) == webhook_secrets.valid(repository.store, row(repository))
        webhook_secrets.seal_all(repository.store)
        assert "" == row(repository)["previous_secret"]
        kept = str(repository.store.database.run("SELECT * FROM journal")) + str(
            repository.store.database.run("SELECT * FROM answer")
        )
        assert answer.secret not in kept


def test_a_secret_that_leaked_signs_no_more_at_once(tmp_path: Path) -> None:
    with opened(tmp_path) as repository:
        id_ = hook(repository)
        answer = webhooks.rotate(repository, id_, secret=Secret("brand new"), keep_hours=0)

        assert ("", 0) == (answer.secret, answer.previous_until)
        assert ("brand new",) == webhook_secrets.valid(repository.store, row(repository))
        for wrong in ({"keep_hours": -1}, {"keep_hours": 10**6}, {"secret": Secret("")}):
            with pytest.raises(LinealError):
                webhooks.rotate(repository, id_, **wrong)  # type: ignore[arg-type]


def test_without_the_package_that_encrypts_no_secret_is_kept_and_old_ones_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as repository:
        id_ = hook(repository)
        repository.store.database.run("UPDATE webhook SET secret = :plain", plain=OLD)
        monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
        with pytest.raises(Invalid) as missing:
            webhooks.rotate(repository, id_)
        webhook_secrets.seal_all(repository.store)

        assert "pip install 'lineal[server]'" in missing.value.hint
        assert (OLD,) == webhook_secrets.valid(repository.store, row(repository))
