"""What a run read and wrote elsewhere than in files, and what libraries said that files and objects were."""

from __future__ import annotations

from typing import Literal

from lineal.objects.canonical import Object
from lineal.objects.digest import Digest

Access = Literal["read", "written"]


class Label(Object, frozen=True):
    """What a library took a file or object for. ``by`` names the function, as people write it.

    ``kind`` is ``table``, ``array``, ``arrays``, ``tensors``, ``image``, ``model`` or ``object``; ``columns`` map the
    columns of a table, or the names of arrays and tensors, to their types as the library calls them.
    """

    by: str
    kind: str
    columns: dict[str, str] = {}
    row_count: int | None = None
    shape: tuple[int, ...] = ()
    split: str = ""


class ObjectUse(Object, frozen=True):
    """An object behind an address that a run read or wrote, and which state of it, in the words of an ``ObjectSource``.

    ``uri`` holds no password and no signature. ``by`` are the libraries that told of it.
    """

    uri: str
    access: Access
    version: str = ""
    etag: str = ""
    size_bytes: int | None = None
    digest: Digest | None = None
    endpoint: str = ""
    by: tuple[str, ...] = ()
    label: Label | None = None


class QueryUse(Object, frozen=True):
    """A text of SQL that a run sent to a database, once however often; secrets in both texts are masked.

    ``row_count`` is what came of it the last time, where that was known without asking.
    """

    connection: str
    sql: str
    row_count: int | None = None
    by: tuple[str, ...] = ()
