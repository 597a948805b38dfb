"""Files that runs and logged models keep, as trees."""

from __future__ import annotations

from lineal.objects.digest import Digest
from lineal.objects.files import Entry, Tree
from lineal.storage.store import Store


def tree_of(store: Store, subject: str, under: str = "") -> Digest:
    """Return the tree of the files of a subject, or of those below a path of it."""
    rows = store.database.run(
        "SELECT path, digest, size_bytes FROM artifact WHERE subject = :subject ORDER BY path", subject=subject
    )
    prefix = f"{under}/" if under else ""
    entries = sorted(
        (
            Entry(path=row["path"].removeprefix(prefix), digest=row["digest"], size_bytes=row["size_bytes"])
            for row in rows
            if row["path"].startswith(prefix)
        ),
        key=lambda each: each.path.encode(),
    )
    return store.put_tree(Tree(entries=tuple(entries)))


def seal(store: Store, subject: str, under: str = "") -> None:
    """Let nobody change the files of a subject any more, or those below a path of it."""
    store.database.run(
        "UPDATE artifact SET sealed = 1 WHERE subject = :subject AND (:under = '' OR path = :under"
        " OR substr(path, 1, CAST(:length AS INTEGER)) = :prefix)",
        subject=subject,
        under=under,
        prefix=f"{under}/",
        length=len(under) + 1,
    )
