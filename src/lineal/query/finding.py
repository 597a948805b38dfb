"""The statements that find rows by their conditions: what finds few is begun with, and the rest is asked of each of those."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.query.candidates import Candidate, Candidates
from lineal.query.conditions import Conditions, OnRows, Values
from lineal.query.keys import VALUED, Place, behind, order
from lineal.query.search import EXPERIMENTS_WALKED_MAX, Search
from lineal.query.syntax import Some
from lineal.query.wanted import Statement, statement


class Finding(Search):
    """A search, and the statements that answer it by its conditions."""

    def counts(self, most: int) -> Statement | None:
        """Return the statement that counts what can be found by itself, each up to ``most``, as ``count_N``; None for nothing."""
        values = Values()
        counted = [
            f"(SELECT count(*) FROM (SELECT 1 AS one FROM ({each.counted}) some{place} LIMIT {values.bind(most)})"
            f" few{place}) AS count_{place}"
            for place, each in enumerate(self._candidates(values))
            if each.counted
        ]
        return statement(f"SELECT {', '.join(counted)}", values) if counted else None

    def uncounted(self) -> tuple[int, ...]:
        """Return what can be found by itself, but not counted: by the number that it has in ``counts``."""
        found = self._candidates(Values())
        return tuple(place for place, each in enumerate(found) if not each.counted)

    def rest(self, rank: int, places: Sequence[Place] | None, count: int, by: Sequence[int] | None = None) -> Statement:
        """Return the statement that finds rows of a rank and all behind it, by their conditions, in order.

        Args:
            rank: the first one.
            places: where it goes on; None is at the beginning.
            count: how many are wanted.
            by: what it begins with, by the numbers of ``counts``; None is whatever conditions give.
        """
        values, letter = Values(), self.source.letter
        tables, where = self._found(values, by)
        where += [self._experiment(values)] if self._chosen is not None else []
        where += [self.source.deleted] if self._wanted.view == "deleted" else []
        where += [self.source.active] if self._wanted.view == "active" else []
        if places:
            where.append(behind(self.keys, [places[key.number] for key in self.keys], values))
        elif rank > VALUED:
            where.append(f"{self.lead.rank} >= {values.bind(rank)}")
        joins = "".join(key.join(self._subject_of(key), values) for key in self.keys)
        columns = "".join(key.selected() for key in self.keys)
        sql = f"SELECT {letter}.*{columns} FROM {tables}{joins} WHERE {' AND '.join(where) or '1 = 1'}"
        sql = f"{sql} ORDER BY {order(self.keys)} LIMIT {values.bind(count)}"
        return statement(sql, values)

    def _found(self, values: Values, by: Sequence[int] | None) -> tuple[str, list[str]]:
        """Return the tables to begin with, and what they and the conditions ask."""
        source = self.source
        candidates = self._candidates(values)
        # All rows may have the lead, so it says where to begin only if nothing else does.
        said = [each for each in candidates if each.holds and _is_on_rows(each)]
        others_said = [each for each in said if not any(along in each.holds for along in self._along)]
        sets = (others_said or said) if by is None else [candidates[place] for place in by]
        # Where nothing says which rows to begin with, whatever is asked finds them; else there are few to look at.
        others = Conditions(values, source, probed=bool(sets), measured_in=self._measured_in(values))
        left = [each for each in self._conjuncts if not any(each in known.holds for known in sets)]
        is_looked_at = bool(self._along) and all(each in left for each in self._along)
        # Behind COALESCE SQLite cannot tell that rows without the lead are left out, and does not begin with all that have it.
        where = [f"COALESCE({' AND '.join(self._between(values))}, FALSE)"] if is_looked_at else []
        where += [others.condition(each) for each in left if each not in self._along]
        if not sets or not source.is_found_by_subject:
            return source.table, [*where, *(f"{source.subject} IN ({each.sql})" for each in sets)]
        # SQLite keeps the order of a CROSS JOIN: it cannot know how few they are, and would look at every row instead.
        chosen = " INTERSECT ".join(each.sql for each in sets)
        return f"({chosen}) chosen CROSS JOIN {source.table}", [f"{source.subject} = chosen.subject", *where]

    def _candidates(self, values: Values) -> list[Candidate]:
        """Return what can be found by itself, always in the same order."""
        source = self.source
        made = Candidates(values, source, self._known, self._measured_in(values))
        found = made.of(self._conjuncts)
        if source.indexed and self._wanted.view == "deleted" and self._known is not None:
            found.append(made.deleted())
        if source.indexed and self._is_wide:
            found.append(made.all_of_experiments())
        return found

    def _measured_in(self, values: Values) -> str:
        chosen = self._chosen or ()
        is_narrow = self.source.experiment and 0 < len(chosen) <= EXPERIMENTS_WALKED_MAX
        return f"m.experiment IN ({values.marks(chosen)})" if is_narrow else ""


def _is_on_rows(candidate: Candidate) -> bool:
    return all(isinstance(each, OnRows | Some) for each in candidate.holds)
