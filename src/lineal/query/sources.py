"""What a search can put into pages: where its rows are, and how they stand when nobody says how."""

from __future__ import annotations

import msgspec

from lineal.query.fields import EXPERIMENT, FIELDS, Subject
from lineal.query.syntax import Among, Condition, Sort


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
        within: columns of which an index has the rows of one value in order, by ``walked`` and each of ``walked_within``.
        walked_within: those columns.
        indexed: columns of which an index has the rows of an experiment in order, each with the column that has no value
            where it has none; empty where it always has one.
        worded: columns that have few values, which are known: each of these in order, with the condition that it says.
        is_found_by_subject: whether an index finds a row by its subject.
        tagged: the SQL of that by which tags know a row, where that is not its subject.
        run: the SQL of the id of the run that it is, or that made it.
        came_from: the SQL of rows that came from dataset versions, with ``{marks}`` for their digests.
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
    within: tuple[str, ...] = ()
    walked_within: tuple[str, ...] = ()
    indexed: dict[str, str] = {}
    worded: dict[str, tuple[tuple[str, Condition], ...]] = {}
    is_found_by_subject: bool = False
    tagged: str = ""
    run: str = ""
    came_from: str = ""

    @property
    def letter(self) -> str:
        """The name of its table in a statement."""
        return self.table.rpartition(" ")[2]


STATE = FIELDS["runs"]["state"]
RUNS_WITHIN = ("r.name", "r.started_by", "r.state")
"""The rarest first, as a rule."""

RUNS_INDEXED = {
    **dict.fromkeys(RUNS_WITHIN, ""),
    **dict.fromkeys(("r.ended_at", "(r.ended_at - r.started_at)"), "r.ended_at"),
}

_NEWEST_RUN, _RUN = FIELDS["runs"]["started"], FIELDS["runs"]["id"]
_NEWEST_VERSION, _MODEL, _NUMBER = (FIELDS["versions"][name] for name in ("created", "model", "number"))

SOURCES: dict[Subject, Source] = {
    "versions": Source(
        "versions",
        "version v",
        "v.digest",
        order=(),
        ties=(
            Sort(_NEWEST_VERSION, ascending=False),
            Sort(_MODEL, ascending=True),
            Sort(_NUMBER, ascending=False),
        ),
        walked="v.created_at",
        is_found_by_subject=True,
        tagged="v.subject",
        run="v.run",
        came_from="v.digest IN (SELECT o.version FROM origin o WHERE o.dataset IN ({marks}))",
    ),
    "runs": Source(
        "runs",
        "run r",
        "r.id",
        order=(),
        ties=(Sort(_NEWEST_RUN, ascending=False), Sort(_RUN, ascending=False)),
        active="r.deleted_at IS NULL",
        deleted="r.deleted_at IS NOT NULL",
        experiment="r.experiment",
        walked="r.started_at",
        within=RUNS_WITHIN,
        indexed=RUNS_INDEXED,
        worded={STATE.columns[0]: tuple((each, Among(STATE, (each,))) for each in sorted(STATE.words))},
        is_found_by_subject=True,
        run="r.id",
        came_from="r.digest IS NOT NULL AND r.digest IN (WITH RECURSIVE came (node) AS"
        " (SELECT e.child FROM edge e WHERE e.parent IN ({marks}) AND e.role IN ('read', 'fetched from')"
        " UNION SELECT e.child FROM came c JOIN edge e ON e.parent = c.node"
        " WHERE e.role IN ('read', 'written by', 'fetched from')) SELECT node FROM came)",
    ),
}
"""What the language of searches searches. A version that programs deleted is archived here, and stays to be found."""

EXPERIMENTS = Source(
    "experiments",
    "experiment e",
    "'experiment:' || e.number",
    order=(Sort(EXPERIMENT["created"], ascending=False), Sort(EXPERIMENT["number"], ascending=True)),
    ties=(Sort(EXPERIMENT["number"], ascending=False),),
    active="e.state = 'active'",
    deleted="e.state = 'deleted'",
)
"""Experiments, which the language does not search."""
