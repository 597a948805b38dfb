"""The views that ``lineal sql`` reads: their columns, what these hold, and the SQL behind them, in one place.

``docs/reference/sql.md`` is made of this. The names are a promise: a column may be added, and none changes its meaning.
"""

from __future__ import annotations

from typing import NamedTuple

from lineal.query.conditions import TOLD_OF_CODE

Type = str


class Column(NamedTuple):
    """A column of a view: its name, its type, the SQL that makes it and what it holds."""

    name: str
    type: Type
    sql: str
    holds: str


class View(NamedTuple):
    """A view: what a row is, its columns, and the tables behind it."""

    name: str
    row: str
    columns: tuple[Column, ...]
    tables: str

    @property
    def sql(self) -> str:
        """The SQL of the view; ``{main}`` stands before tables that are called as a view is."""
        return f"SELECT {', '.join(f'{each.sql} AS {each.name}' for each in self.columns)} FROM {self.tables}"


def _texts(*columns: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, "text", sql, holds) for name, sql, holds in columns)


def _numbers(*columns: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, "integer", sql, holds) for name, sql, holds in columns)


def _times(*columns: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, "time", sql, holds) for name, sql, holds in columns)


def _told(column: str) -> str:
    return f"COALESCE(NULLIF(w.{column}, ''), (SELECT t.value FROM tag t WHERE t.subject = {{run}} AND t.key = '{TOLD_OF_CODE[column]}'), '')"


def _code(run: str) -> tuple[Column, ...]:
    return _texts(
        ("commit_id", _told("commit_id").replace("{run}", run), "the commit of its code; empty where none is known"),
        ("branch", _told("branch").replace("{run}", run), "the branch"),
        ("entry_point", _told("entry_point").replace("{run}", run), "the program"),
    )


_MODEL = _texts(("model", "v.model", "the model"))
_NUMBER = _numbers(("number", "v.number", "the how-manieth version of it"))
_SEMANTIC = (
    "CAST(v.major AS TEXT) || '.' || CAST(v.minor AS TEXT) || '.' || CAST(v.patch AS TEXT)"
    " || CASE WHEN v.pre = '' THEN '' ELSE '-' || v.pre END"
)
_RUN = _texts(("run", "r.id", "the id of the run"))
_METRIC = (
    *_texts(("key", "m.key", "the name of the metric")),
    Column("value", "number", "m.value", "its last value; nothing for NaN"),
    *_texts(("word", "m.word", "NaN, Infinity or -Infinity, where it is one")),
    *_numbers(("step", "m.step", "the step of that value")),
    *_times(("at", "m.at", "when it was measured")),
)
_PARAM = (
    *_texts(("key", "p.key", "the name of the parameter"), ("value", "p.value", "its value as text")),
    Column("as_number", "number", "p.number", "its value, where it is a number"),
)
_TAG = _texts(("key", "t.key", "the name of the tag"), ("value", "t.value", "its value"))
_PACKAGE = _texts(
    ("name", "k.name", "the distribution, in small letters with hyphens; the interpreter is python"),
    ("version", "k.version", "its version"),
)
_PERIOD = (
    *_texts(("stage", "s.stage", "the stage: none, staging, production or archived")),
    *_times(
        ("since", "s.since", "when it came there"), ("until", "s.until", "when it left; nothing where it stands there")
    ),
)

VIEWS: tuple[View, ...] = (
    View(
        "runs",
        "each run, those that were deleted too",
        (
            *_texts(
                ("id", "r.id", "its id"),
                ("name", "r.name", "what people call it"),
                ("experiment", "e.name", "the name of its experiment"),
                ("state", "r.state", "running, finished, failed, killed, lost or scheduled"),
                ("author", "r.started_by", "who started it"),
                ("host", "r.host", "the machine; empty where nobody said"),
                ("command", "r.command", "the program and its arguments, as a JSON array"),
            ),
            *_times(
                ("started_at", "r.started_at", "when it began"),
                ("ended_at", "r.ended_at", "when it ended; nothing while it goes on"),
            ),
            *_numbers(("exit_status", "r.exit_status", "what its program exited with")),
            *_code("r.id"),
            *_texts(("digest", "r.digest", "that of everything that was seen of it; nothing where there is none")),
            *_times(("deleted_at", "r.deleted_at", "when it was deleted; nothing where it was not")),
        ),
        "run r LEFT JOIN experiment e ON e.number = r.experiment LEFT JOIN made_with w ON w.subject = r.id",
    ),
    View(
        "metrics",
        "the last value of each metric of each run",
        (*_RUN, *_METRIC),
        "run r JOIN metric_last m ON m.subject = r.id",
    ),
    View(
        "metric_chunks",
        "about a thousand points of a metric of a run, summed up; what was logged last may not be among them yet",
        (
            *_texts(("run", "c.run", "the id of the run"), ("key", "c.key", "the name of the metric")),
            *_numbers(
                ("sequence", "c.sequence", "the how-manieth chunk it is"),
                ("first_step", "c.first_step", "the least step"),
                ("last_step", "c.last_step", "the greatest step"),
                ("points", "c.count", "how many points"),
            ),
            Column("least", "number", "c.minimum", "the least finite value"),
            Column("greatest", "number", "c.maximum", "the greatest finite value"),
            Column("total", "number", "c.total", "the sum of the finite values"),
            Column("last_value", "number", "c.last", "the last finite value"),
        ),
        "metric_chunk c",
    ),
    View("params", "each parameter of each run", (*_RUN, *_PARAM), "run r JOIN param p ON p.subject = r.id"),
    View("tags", "each tag of each run", (*_RUN, *_TAG), "run r JOIN tag t ON t.subject = r.id"),
    View(
        "packages",
        "each distribution that a run ran with",
        (*_RUN, *_PACKAGE),
        "run r JOIN made_with w ON w.subject = r.id JOIN package k ON k.packages = w.packages",
    ),
    View(
        "run_datasets",
        "each dataset that a program said its run used, as it calls it",
        (
            *_texts(
                ("run", "i.run", "the id of the run"),
                ("name", "d.name", "the name of the dataset"),
                ("digest", "d.digest", "the digest by which the program knows it"),
                ("context", "i.context", "what it was used for; empty where it did not say"),
            ),
        ),
        "run_input i JOIN named_dataset d ON d.id = i.input",
    ),
    View(
        "run_objects",
        "each object that a run read or wrote elsewhere than in files, in one state",
        (
            *_RUN,
            *_texts(
                ("access", "CASE e.role WHEN 'read' THEN 'read' ELSE 'written' END", "read or written"),
                ("uri", "o.uri", "its address"),
                ("version", "o.version", "the store's id of that state; empty where nobody said"),
                ("etag", "o.etag", "the store's word for that state; empty where nobody said"),
                ("digest", "o.digest", "the digest of its bytes; empty where nobody knows"),
            ),
            *_numbers(("size_bytes", "o.size_bytes", "its size; nothing where nobody knows")),
        ),
        "object_used o JOIN edge e ON (e.parent = o.node AND e.role = 'read')"
        " OR (e.child = o.node AND e.role = 'written by')"
        " JOIN run r ON r.digest = CASE e.role WHEN 'read' THEN e.child ELSE e.parent END",
    ),
    View(
        "run_queries",
        "each text of SQL that a run sent to a database",
        (
            *_texts(
                ("run", "q.run", "the id of the run"),
                ("connection", "q.connection", "the database, without user and password"),
                ("query", "q.query", "the text, secrets masked"),
            ),
            *_numbers(
                ("row_count", "q.row_count", "how many rows came of it the last time; nothing where nobody knows")
            ),
        ),
        "run_query q",
    ),
    View(
        "models",
        "each model",
        (
            *_texts(
                ("name", "m.name", "what people call it"),
                ("description", "m.description", "what is said of it"),
                ("author", "m.created_by", "who made it"),
            ),
            *_numbers(("last_number", "m.last_number", "the number of its newest version")),
            *_times(
                ("created_at", "m.created_at", "when it was made"),
                ("deleted_at", "m.deleted_at", "when it was deleted or renamed; nothing where it was not"),
            ),
        ),
        "model m",
    ),
    View(
        "versions",
        "each version of each model",
        (
            *_MODEL,
            *_NUMBER,
            *_texts(
                ("version", _SEMANTIC, "its semantic version"),
                ("reference", f"v.model || ':' || {_SEMANTIC}", "how it is named everywhere"),
                ("pre_release", "v.pre", "what stands behind the hyphen of its semantic version; empty for a release"),
                ("stage", "v.stage", "where it stands now: none, staging, production or archived"),
                ("digest", "v.digest", "the digest of everything that it is"),
                ("author", "v.created_by", "who registered it"),
                ("run", "v.run", "the id of the run that made it; nothing where nobody knows"),
                ("description", "v.description", "what is said of it"),
            ),
            *_times(
                ("created_at", "v.created_at", "when it was registered"),
                ("updated_at", "v.updated_at", "when it was last moved or described"),
                ("deleted_at", "v.deleted_at", "when a program deleted it; nothing where none did"),
            ),
            *_code("v.run"),
        ),
        "version v LEFT JOIN made_with w ON w.subject = v.digest",
    ),
    View(
        "version_metrics",
        "the last value of each metric of each version, as its run or an evaluation measured it",
        (*_MODEL, *_NUMBER, *_METRIC),
        "version v JOIN metric_last m ON m.subject = v.digest",
    ),
    View(
        "version_params",
        "each parameter of each version",
        (*_MODEL, *_NUMBER, *_PARAM),
        "version v JOIN param p ON p.subject = v.digest",
    ),
    View(
        "version_tags",
        "each tag of each version",
        (*_MODEL, *_NUMBER, *_TAG),
        "version v JOIN tag t ON t.subject = v.subject",
    ),
    View(
        "version_packages",
        "each distribution that a version was made with",
        (*_MODEL, *_NUMBER, *_PACKAGE),
        "version v JOIN made_with w ON w.subject = v.digest JOIN package k ON k.packages = w.packages",
    ),
    View(
        "version_datasets",
        "each version of a dataset that a version of a model came from, however many steps back",
        (
            *_MODEL,
            *_NUMBER,
            *_texts(("dataset", "d.name", "the dataset")),
            *_numbers(("dataset_number", "d.number", "the how-manieth version of it")),
            *_texts(("digest", "o.dataset", "its digest")),
        ),
        "version v JOIN origin o ON o.version = v.digest JOIN dataset d ON d.digest = o.dataset",
    ),
    View(
        "aliases",
        "each alias of each model",
        (
            *_texts(("model", "a.model", "the model"), ("alias", "a.alias", "the alias")),
            *_numbers(("number", "a.number", "the how-manieth version it stands on")),
            *_texts(("author", "a.moved_by", "who put it there")),
            *_times(("moved_at", "a.moved_at", "when")),
        ),
        "alias a",
    ),
    View(
        "stages",
        "each stay of a version in a stage",
        (
            *_texts(("model", "s.model", "the model")),
            *_numbers(("number", "s.number", "the how-manieth version of it")),
            *_PERIOD,
        ),
        "stage_period s",
    ),
    View(
        "datasets",
        "each version of each dataset",
        (
            *_texts(("name", "d.name", "the dataset")),
            *_numbers(("number", "d.number", "the how-manieth version of it")),
            *_texts(
                ("digest", "d.digest", "its digest"),
                ("tree", "d.tree", "the digest of its files"),
                ("author", "d.added_by", "who added it"),
                ("message", "d.message", "what they said of it"),
            ),
            *_times(("created_at", "d.created_at", "when")),
        ),
        "dataset d",
    ),
    View(
        "deployments",
        "each deployment, those that ended too",
        (
            *_texts(("id", "d.id", "its id"), ("model", "d.model", "the model")),
            *_numbers(("number", "d.number", "the how-manieth version of it")),
            *_texts(
                ("environment", "d.environment", "where it runs"),
                ("target", "d.target", "what runs it"),
                ("state", "d.state", "how far it is"),
                ("desired", "d.desired", "the digest that should answer"),
                ("observed", "d.observed", "the digest that answered; nothing where none did"),
                ("endpoint", "d.endpoint", "its address"),
                ("author", "d.started_by", "who started it"),
            ),
            *_times(
                ("started_at", "d.started_at", "when"), ("ended_at", "d.ended_at", "until when; nothing while it runs")
            ),
            *_numbers(("requests", "d.requests", "how many requests it was seen to have answered")),
        ),
        "deployment d",
    ),
    View(
        "journal",
        "each act",
        (
            *_numbers(("sequence", "j.sequence", "the how-manieth act it is")),
            *_times(("at", "j.at", "when")),
            *_texts(
                ("author", "j.made_by", "who did it"),
                ("operation", "j.operation", "what was done"),
                ("subject", "j.subject", "what it was about"),
                ("digest", "j.digest", "the digest of the entry"),
            ),
        ),
        "{main}journal j",
    ),
)
"""Every view, in the order of the documentation."""
