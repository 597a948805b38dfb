"""The statements that find parts of a page along an index in the order that was asked for.

Reading can stop there when the page is full; but conditions may leave out nearly all rows. So a walk looks at a number of rows
only, each by itself. ``reading.py`` says which statements are asked.
"""

from __future__ import annotations

from lineal.query.conditions import TABLES, Conditions, Values
from lineal.query.finding import Finding
from lineal.query.keys import Key, behind, order
from lineal.query.wanted import Span, Statement


class Walks(Finding):
    """A search, and all statements that answer it."""

    def walk(self, span: Span, count: int, looked_at: int) -> Statement:
        """Return the statement that finds rows that have a value of the first key, in order, among those that come next.

        Args:
            span: where.
            count: how many are wanted.
            looked_at: how many it looks at for them.
        """
        values = Values()
        if not self.is_filtered:
            return Statement(self._next(span, values, count), values.bound)
        letter, where = self.source.letter, " AND ".join(self._filters(values))
        sql = f"SELECT {letter}.* FROM ({self._next(span, values, looked_at)}) {letter} WHERE {where}"
        sql = f"{sql} ORDER BY {order(self._keys, of_answer=letter)} LIMIT {values.bind(count)}"
        return Statement(sql, values.bound)

    def reach(self, span: Span, looked_at: int) -> Statement:
        """Return the statement that counts the rows, as ``reach``, that such a walk looked at."""
        values = Values()
        sql = f"SELECT count(*) AS reach FROM ({self._next(span, values, looked_at)}) looked"
        return Statement(sql, values.bound)

    def edge(self, span: Span, looked_at: int) -> Statement:
        """Return the statement that finds the value of the first key, as ``edge``, that is behind so many rows."""
        values, lead = Values(), self.lead
        way = "ASC" if lead.ascending else "DESC"
        arms = list[str]()
        for experiment in self._arms:
            table = f"{TABLES[lead.known.kind]} {lead.table}" if lead.known else self.source.table
            where = self._along_values(experiment, span, values)
            asked = f"SELECT {lead.value} AS edge FROM {table} WHERE {' AND '.join(where)}"
            limit = values.bind(looked_at + 1)
            arms.append(f"SELECT * FROM ({asked} ORDER BY {lead.value} {way} LIMIT {limit}) arm")
        sql = f"SELECT edge FROM ({' UNION ALL '.join(arms)}) arms ORDER BY edge {way} LIMIT 1"
        return Statement(f"{sql} OFFSET {values.bind(looked_at)}", values.bound)

    def _bounds(self, span: Span, values: Values) -> list[str]:
        """Return between which values of the lead a part of the order is: one bound on each side, for SQLite heeds no other."""
        lead, ahead, back = self.lead, *((">", "<") if self.lead.ascending else ("<", ">"))
        said = [f"{lead.value} = {values.bind(each.value)}" for each in self._along if each.operator == "="]
        first = span.places[lead.number][1] if span.places else span.after
        if first is not None:
            said.append(f"{lead.value} {ahead}{'=' if span.places else ''} {values.bind(first)}")
        elif found := self._tightest(ahead):
            said.append(f"{lead.value} {found.operator} {values.bind(found.value)}")
        if span.until is not None:
            said.append(f"{lead.value} {back} {values.bind(span.until)}")
        elif found := self._tightest(back):
            said.append(f"{lead.value} {found.operator} {values.bind(found.value)}")
        return said

    def _filters(self, values: Values) -> list[str]:
        """Return what a walk asks of each row that it looks at."""
        probed = Conditions(values, self.source, probed=True)
        where = [probed.condition(each) for each in self._looked_for]
        if self._is_wide:
            where.append(self._experiment(values))
        if self._wanted.view == "deleted":
            where.append(self.source.deleted)
        return where

    @property
    def _keys(self) -> tuple[Key, ...]:
        """By what rows that have a value of the first key are put in order."""
        lead, *others = self.keys
        if lead.known and self._subject_of(lead) == self.source.subject:
            # The same by which the lead knows the row, so that the index of values has their order as well.
            by_subject = f"{lead.table}.subject"
            others = [each._replace(value=by_subject) if each.value == self.source.subject else each for each in others]
        return (lead._replace(rank=""), *others)

    def _next(self, span: Span, values: Values, count: int) -> str:
        """Return the SQL of the rows that come next, of all experiments; at most ``count``."""
        limit = f" LIMIT {values.bind(count)}"
        arms = [self._arm(each, span, values) + limit for each in self._arms]
        if len(arms) == 1:
            return arms[0]
        merged = " UNION ALL ".join(f"SELECT * FROM ({sql}) arm" for sql in arms)
        return f"SELECT * FROM ({merged}) arms ORDER BY {order(self._keys, of_answer='arms')}{limit}"

    def _arm(self, experiment: int | None, span: Span, values: Values) -> str:
        """Return the SQL of the rows that come next in one experiment."""
        source, lead, keys = self.source, self.lead, self._keys
        tables, where = source.table, list[str]()
        if lead.known:
            # SQLite keeps the order of a CROSS JOIN: first along the index of values, and from there to the rows.
            tables = f"{TABLES[lead.known.kind]} {lead.table} CROSS JOIN {source.table}"
            where.append(f"{self._subject_of(lead)} = {lead.table}.subject")
        where += self._along_values(experiment, span, values)
        where += [Conditions(values, source).condition(self._within)] if self._within else []
        where += [source.active] if self._wanted.view == "active" else []
        where += [behind(keys, [span.places[key.number] for key in keys], values)] if span.places else []
        joins = "".join(key.join(self._subject_of(key), values) for key in keys if key.known != lead.known)
        columns = "".join(key.selected() for key in keys)
        sql = f"SELECT {source.letter}.*{columns} FROM {tables}{joins} WHERE {' AND '.join(where) or '1 = 1'}"
        return f"{sql} ORDER BY {order(keys)}"

    def _along_values(self, experiment: int | None, span: Span, values: Values) -> list[str]:
        """Return which values of the lead are meant, and of which experiment."""
        source, lead, where = self.source, self.lead, list[str]()
        column = source.experiment
        if lead.known:
            where.append(f"{lead.table}.key = {values.bind(lead.known.name)}")
            if lead.known.kind == "metric" or self._is_numeric:
                where.append(f"{lead.value} IS NOT NULL")
            column = f"{lead.table}.experiment"
        elif source.indexed.get(lead.value):
            where.append(f"{source.indexed[lead.value]} IS NOT NULL")
        where += self._bounds(span, values)
        return where + ([f"{column} = {values.bind(experiment)}"] if experiment is not None else [])
