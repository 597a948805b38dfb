"""From what a person writes to a place where MLflow keeps what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.objects.errors import Invalid, NotFound
from lineal.storage.database.database import Database
from lineal.storage.database.sqlite import Sqlite
from lineal.storage.mlflow.api import Api
from lineal.storage.mlflow.folder_writing import FolderTarget
from lineal.storage.mlflow.folders import META, Folders
from lineal.storage.mlflow.server_writing import ServerTarget
from lineal.storage.mlflow.servers import Server
from lineal.storage.mlflow.source import Source
from lineal.storage.mlflow.tables import Tables
from lineal.storage.mlflow.target import Target

_SQLITE = b"SQLite format 3\0"
_FORMS = "a server's http://…, sqlite:///PATH, postgresql://…, a file mlflow.db or a folder mlruns"


def open_source(address: str, *, artifacts: str, variables: Mapping[str, str]) -> Source:
    """Return the place that is meant.

    Args:
        address: a server, a database, a file of one, or an ``mlruns`` folder.
        artifacts: where artifacts are, when they are not where it says.
        variables: the environment's.

    Raises:
        Invalid: it can be none of them.
        NotFound: nothing is there.
        Unavailable: it cannot be reached.
    """
    scheme, is_url, rest = address.partition("://")
    # sqlite:///relative/path, sqlite:////absolute/path, mysql+pymysql://…
    kind = scheme.partition("+")[0] if is_url else ""
    if kind in {"http", "https"}:
        return Server(Api(address, variables))
    if kind in {"postgresql", "postgres"}:
        return _postgres(f"postgresql://{rest}", artifacts)
    if kind == "sqlite":
        return _file(Path(unquote(rest.partition("?")[0]).removeprefix("/")), artifacts)
    if kind == "file":
        return _path(Path(unquote(urlsplit(address).path)), artifacts)
    if kind:
        raise Invalid(
            f"nothing here reads {scheme}://",
            hint=f"name {_FORMS}; `mlflow server --backend-store-uri …` serves the rest",
        )
    return _path(Path(address), artifacts)


def open_target(address: str, *, variables: Mapping[str, str]) -> Target:
    """Return the place that is to be written to.

    Args:
        address: a server, or an ``mlruns`` folder, which need not be there.
        variables: the environment's.

    Raises:
        Invalid: it can be neither.
    """
    scheme, is_url, _ = address.partition("://")
    if is_url and scheme in {"http", "https"}:
        return ServerTarget(Api(address, variables))
    if is_url and scheme != "file":
        hint = "`mlflow server --backend-store-uri …` serves its databases: name the server's address"
        raise Invalid(f"nothing here writes to {scheme}://", hint=hint)
    path = Path(unquote(urlsplit(address).path)) if is_url else Path(address)
    if path.exists() and not path.is_dir():
        raise Invalid(f"{path} is no folder", hint="name a folder mlruns, or a server's http://…")
    return FolderTarget(path)


def _path(path: Path, artifacts: str) -> Source:
    if path.is_file():
        return _file(path, artifacts)
    if not path.is_dir():
        raise NotFound(f"there is no {path}", hint=f"name {_FORMS}")
    root = path / "mlruns" if (path / "mlruns").is_dir() else path
    if any(root.glob(f"*/{META}")):
        return Folders(root, artifacts)
    if (path / "mlflow.db").is_file():
        return _file(path / "mlflow.db", artifacts)
    raise Invalid(f"{path} is no folder of MLflow's", hint=f"name {_FORMS}")


def _file(path: Path, artifacts: str) -> Source:
    if not path.is_file():
        raise NotFound(f"there is no {path}", hint=f"name {_FORMS}")
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            raise Invalid(f"{path} is no SQLite database", hint=f"name {_FORMS}")
    return Tables(Sqlite(path, read_only=True), str(path), path.absolute().parent, artifacts)


def _postgres(url: str, artifacts: str) -> Source:
    try:
        from lineal.storage.database.postgres import Postgres  # noqa: PLC0415 - it is an extra
    except ImportError:
        raise Invalid("PostgreSQL needs a package more", hint="pip install 'lineal[postgres]'") from None
    parts = urlsplit(url)
    database: Database = Postgres(url, read_only=True)
    return Tables(database, f"postgresql://{parts.hostname or ''}{parts.path}", Path.cwd(), artifacts)
