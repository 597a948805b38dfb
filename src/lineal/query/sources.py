"""What a search can put into pages: where its rows are, and how they stand when nobody says how."""

from __future__ import annotations

import msgspec

from lineal.query.fields import Field
from lineal.query.syntax import Sort


class Source(msgspec.Struct, frozen=True):
    """A kind of thing that is found by conditions, in pages.

    Args:
        name: what it is called.
        table: its table, with the letter by which its columns are named.
        subject: the SQL of that by which metrics, params and tags know a row.
        order: its order when none is asked for.
        ties: how rows stand that are equal in the order that was asked for; the last of them tells all rows apart.
        active: the SQL of rows that are not deleted.
        deleted: the SQL of those that are.
        experiment: the column with the number of the experiment, where there is one. Then there are indexes by
            experiment: of the metrics, and of the rows by ``walked``.
        walked: the column by which the rows of an experiment are in order, or all rows where there are no experiments.
        within: the field of which an index has the rows of one value in order, by each column of ``walked_within``.
        walked_within: those columns.
        is_found_by_subject: whether an index finds a row by its subject.
    """

    name: str
    table: str
    subject: str
    order: tuple[Sort, ...]
    ties: tuple[Sort, ...]
    active: str = "1 = 1"
    deleted: str = "1 = 0"
    experiment: str = ""
    walked: str = ""
    within: Field | None = None
    walked_within: tuple[str, ...] = ()
    is_found_by_subject: bool = False

    @property
    def letter(self) -> str:
        """The name of its table in a statement."""
        return self.table.rpartition(" ")[2]
