"""What a program reads and writes elsewhere is in its record, by real libraries from real servers, and it never notices."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

import pytest

from lineal.client.connect import init
from lineal.client.local import LocalRepository
from lineal.client.recorder import record
from lineal.objects.places import ObjectUse, QueryUse
from lineal.objects.runs import Run
from tests.conftest import _postgres
from tests.parts.capture import interpreter
from tests.parts.s3 import KEY_ID, S3, SECRET
from tests.sources.s3 import entered
from tests.sources.web import Site, serving
from tests.surfaces.commands import lineal

PROGRAM = Path(__file__).parent / "programs" / "elsewhere.py"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROWS = b"a,b\n1,2\n"
NAMES = ("urllib", "requests", "httpx", "pandas", "fsspec", "aiohttp", "ranges", "new")


class Done(NamedTuple):
    """A run of the program, what it printed with and without being recorded, and where it was."""

    repository: LocalRepository
    project: Path
    run: Run
    printed: str
    expected: str
    web: str
    bucket: str
    endpoint: str
    unknown: str

    def objects(self, access: str = "read") -> dict[str, ObjectUse]:
        return {each.uri: each for each in self.run.objects if each.access == access}

    def queries(self) -> dict[tuple[str, str], QueryUse]:
        return {(each.connection.partition(":")[0], each.sql): each for each in self.run.queries}


@contextmanager
def hub(site: Site) -> Iterator[None]:
    """Let ``site`` have a file as the hub has it."""
    for name in NAMES:
        site.files[f"/{name}.csv"] = ROWS
    site.redirects["/moved.csv"] = f"{site.url}/new.csv"
    site.files["/datasets/team/churn/resolve/main/train.csv"] = ROWS
    site.headers["/datasets/team/churn/resolve/main/train.csv"] = {
        "X-Repo-Commit": COMMIT,
        "ETag": f'"{hashlib.sha256(ROWS).hexdigest()}"',
    }
    yield


@contextmanager
def stranger() -> Iterator[str]:
    """Yield the address of a server that speaks a protocol that nobody knows."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"x")
                    connection.recv(1)

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def done(moto: S3, postgres_server: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Run the program twice at once, recorded and not: its imports take seconds."""
    python, folder = interpreter(), tmp_path_factory.mktemp("places")
    bucket = moto.make(versions=True)
    for name in ("get.csv", "frame.csv", "child.csv", "polars.csv"):
        moto.client.put_object(Bucket=bucket, Key=name, Body=ROWS)
    with (
        _postgres(postgres_server) as postgres,
        _postgres(postgres_server) as bare_postgres,
        serving() as site,
        hub(site),
        stranger() as unknown,
    ):
        places = {"web": site.url, "endpoint": moto.endpoint, "bucket": bucket, "unknown": unknown}
        variables = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(folder), "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": moto.endpoint,
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }  # fmt: skip
        for name in ("bare", "project"):
            (folder / name).mkdir()
            shutil.copy(PROGRAM, folder / name)
        command = (str(python), PROGRAM.name)
        # Each makes the same table: at once in one database, one of them would be refused.
        bare_variables, variables = (
            {**variables, "PLACES": json.dumps({**places, "postgres": database})}
            for database in (bare_postgres, postgres)
        )
        bare = subprocess.Popen(command, cwd=folder / "bare", env=bare_variables, stdout=PIPE, stderr=PIPE, text=True)
        with init(folder / "project") as repository, pytest.MonkeyPatch.context() as patch:
            entered(moto, patch)
            repository.data.reference(f"s3://{bucket}/frame.csv", name="known")
            answer = record(repository, command, variables=variables, directory=folder / "project")
            expected = "".join(bare.communicate())
            assert answer.run is not None
            printed = b"".join(map(repository.blobs.get, filter(None, (answer.run.stdout, answer.run.stderr)))).decode()
            yield Done(
                repository, folder / "project", answer.run, printed, expected, site.url, bucket, moto.endpoint, unknown
            )


def test_a_program_does_what_it_does_without_us(done: Done) -> None:
    assert done.expected == done.printed
    assert 0 == done.run.exit_status


@pytest.mark.parametrize("library", ["urllib", "requests", "httpx", "pandas", "fsspec", "aiohttp", "ranges"])
def test_an_address_of_the_web_is_read_once_with_its_etag(done: Done, library: str) -> None:
    query = "?year=2026" if library == "requests" else ""
    use = done.objects()[f"{done.web}/{library}.csv{query}"]

    assert (f'"{hashlib.md5(ROWS).hexdigest()}"', len(ROWS)) == (use.etag, use.size_bytes)
    by = {"requests": "urllib3", "ranges": "urllib3"}.get(library, library)
    assert by in use.by


def test_a_redirect_is_named_as_the_program_asked_for_it_and_what_is_not_there_is_not_read(done: Done) -> None:
    assert done.objects()[f"{done.web}/moved.csv"].etag
    assert {f"{done.web}/new.csv", f"{done.web}/never.csv"}.isdisjoint(done.objects())


def test_objects_of_s3_are_read_and_written_in_a_version(done: Done) -> None:
    read, written = done.objects(), done.objects("written")
    bucket = f"s3://{done.bucket}"

    assert {"get.csv", "frame.csv", "child.csv", "polars.csv"} == {
        each.removeprefix(f"{bucket}/") for each in read if each.startswith("s3:")
    }
    assert {"put.csv", "parts.bin", "copied.csv", "written.txt"} == {
        each.removeprefix(f"{bucket}/") for each in written if each.startswith("s3:")
    }
    versioned = [each for each in (*read.values(), *written.values()) if each.uri.startswith("s3:")]
    assert [f"{bucket}/polars.csv"] == [each.uri for each in versioned if not each.version]
    assert ("s3fs", "botocore", "pandas") == read[f"{bucket}/frame.csv"].by
    assert done.endpoint == read[f"{bucket}/get.csv"].endpoint
    label = read[f"{bucket}/polars.csv"].label
    assert label is not None
    assert ("polars.read_csv", {"a": "Int64", "b": "Int64"}, 1) == (label.by, label.columns, label.row_count)


def test_a_file_of_the_hub_is_known_by_its_commit(done: Done) -> None:
    use = done.objects()["hf://datasets/team/churn/train.csv"]

    assert (COMMIT, f"sha256:{hashlib.sha256(ROWS).hexdigest()}") == (use.version, use.digest)


def test_databases_are_known_by_what_they_were_asked(done: Done) -> None:
    queries = done.queries()

    chosen = queries["postgresql", "select name from people where age > %s"]
    assert (("psycopg",), 1) == (chosen.by, chosen.row_count)
    framed = queries["postgresql", "select age from people order by age"]
    assert ({"psycopg", "sqlalchemy", "pandas"}, 2) == (set(framed.by), framed.row_count)
    assert queries["sqlite", "insert into t values (?)"].row_count == 5
    assert queries["sqlite", "select a from t where a = ?"].by == ("sqlite3",)
    assert queries["duckdb", "select a from t"].connection.endswith("/local.duckdb")


def test_nothing_secret_is_kept(done: Done) -> None:
    kept = repr(done.run)

    assert not [each for each in ("0123456789abcdef&", "Signature", "hunter2", SECRET) if each in kept]


def test_a_host_that_nothing_explains_is_a_gap_and_others_are_none(done: Done) -> None:
    gaps = [each for each in done.run.gaps if each.startswith("network")]

    assert [f"network: what python from {done.unknown} is not known"] == [
        each.replace("python3", "python").replace("python.11", "python").replace("got ", "") for each in gaps
    ]


def test_a_run_is_tied_to_datasets_that_refer_to_what_it_read_be_they_added_before_or_after(done: Done) -> None:
    repository, run = done.repository, f"run:{done.run.id}"
    before = {each.reference: each.kind for each in repository.lineage(run).nodes}
    name = f"s3://{done.bucket}/"
    (get,) = (each for each in before if each.startswith(f"{name}get.csv"))

    assert {"data:known@1": "dataset", get: "object"}.items() <= before.items()
    assert not [each for each in before if each.startswith(f"{name}frame.csv@")]

    repository.data.reference(f"{name}get.csv", name="later")

    after = {each.reference for each in repository.lineage(run).nodes}
    assert "data:later@1" in after
    assert get not in after


def test_what_was_used_elsewhere_is_shown_and_can_be_asked_for(done: Done) -> None:
    found = done.repository.sql("select access, version from run_objects where uri like '%/put.csv'")
    asked = done.repository.sql("select row_count from run_queries where query like 'select name%'")

    version = done.objects("written")[f"s3://{done.bucket}/put.csv"].version
    assert ((("written", version),), ((1,),)) == (found.rows, asked.rows)
    shown, _ = lineal(done.project, "show", f"run:{done.run.id}")
    assert all(each in shown for each in ("read elsewhere", "written elsewhere", "databases", f"{done.web}/urllib.csv"))
