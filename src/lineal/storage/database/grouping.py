"""Many small changes at once: they share a commit, and with it the wait for the disk.

Each is still a change of its own: one that fails leaves nothing of itself, and nobody is told of success before it is safe.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property, partial
from typing import Any, TypeVar

from lineal.objects.errors import Conflict, Denied, LinealError, Unavailable
from lineal.storage.database.database import Database
from lineal.storage.database.workers import End, Workers, tell

T = TypeVar("T")

_TOGETHER_MAX = 64
"""So many share a commit, so that the first of them does not wait long for the last."""

_LANES = 2
"""So many groups are under way at once on a server, each on a connection: while one waits for its rows, the other goes on."""

_READING_MAX = 4
"""So many connections of a server's are used by quick questions at once, so that changes and long ones have some too."""

_PATIENCE_S = 0.01
"""Beside another, a group begins when as many changes wait as that one has, or have waited so long: of two that are alike, one
is always with the database while the other is with us, and each change is cheaper in a larger one."""

_APART_S = 5.0
"""For so long after one failed each has a savepoint, so that it alone is undone: else one who fails has all others wait."""


class _Task:
    """Work that waits, what it is about, what it begins with, and how it ended."""

    def __init__(
        self,
        work: Callable[[], Any],
        about: Callable[[], str],
        foretell: Callable[[], bool],
        end: End,
    ) -> None:
        self._work = work
        self._about = about
        self._foretell = foretell
        self._end = end
        self._result: Any = None
        self._error: BaseException | None = None

    @cached_property
    def about(self) -> str:
        """What it is about: its place among others. Nothing where that cannot be told, which the work itself will say."""
        try:
            return self._about()
        except Exception:  # noqa: BLE001
            return ""

    def foretell(self) -> bool:
        """Have it sent what the work will begin with; tell whether that is known. What is wrong the work itself will say."""
        try:
            return self._foretell()
        except Exception:  # noqa: BLE001
            return False

    def carry_out(self, database: Database) -> None:
        """Work, as a change of its own, or within the change of all."""
        try:
            with database.transaction():
                try:
                    self._result = self._work()
                except Denied as error:  # that somebody tried is kept: the journal says so
                    self._error = error
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for it
            self._error = error

    def carry_out_again(self, database: Database) -> None:
        """Do the same anew, and forget how it ended before."""
        self._error = None
        self.carry_out(database)

    @property
    def has_collided(self) -> bool:
        """Whether it failed because of what others changed meanwhile."""
        return type(self._error) is Conflict

    def tell(self, error: BaseException | None) -> None:
        """Tell who waits how it ended; ``error`` is why nothing of all was kept."""
        found = self._error or error
        self._end(None if found else self._result, found)


class Grouping:
    """Carries out what changes a database: what waits at a moment is one change.

    That is done in the event loop itself, because what is so quick is not worth another thread. The loop never waits. Where the
    database is a file: not for the disk, which a thread makes sure of while the next requests are read, and not for another
    program that writes just now; a thread waits for that one, and makes the changes instead. Where it is a server: not for its
    answers; a group that does is set aside, and another one may begin.

    Args:
        database: whose changes share commits.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._safe = Workers("lineal-commit")
        self._is_server = database.dialect == "postgresql"
        self._idle = _LANES if self._is_server else 1
        self._waiting = list[_Task]()
        self._is_called = False
        self._begun = 0
        self._under_way = 0
        self._timed = -1
        self._as_one_from_s = 0.0
        self._questions = deque[tuple[Callable[[], Any], End]]()
        self._asked = 0

    async def carry_out(
        self, work: Callable[[], T], about: Callable[[], str] = str, foretell: Callable[[], bool] = bool
    ) -> T:
        """Return what ``work`` returns, as ``begin`` has it carried out. Raises what it raises, and Unavailable."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.begin(work, partial(tell, future), about, foretell)
        return await future

    def begin(
        self,
        work: Callable[[], Any],
        end: End,
        about: Callable[[], str] = str,
        foretell: Callable[[], bool] = bool,
    ) -> None:
        """Have a change made; what is carried out must be quick, for everything else waits meanwhile.

        Args:
            work: the change.
            end: gets what it returned once what it changed is safe on the disk, or what it raised, or Unavailable.
            about: gives what it changes, such as the id of a run: the changes of a group are made in this order, so that no
                two groups wait for one another's rows.
            foretell: has the database told of the statements that the work will begin with, all on rows of what it is
                about, and returns whether it did.
        """
        self._waiting.append(_Task(work, about, foretell, end))
        self._call_soon()

    async def read(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, which reads a few rows and changes nothing. Raises what it raises."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.ask(work, partial(tell, future))
        return await future

    def ask(self, work: Callable[[], Any], end: End) -> None:
        """Have ``work`` done, as ``read`` has it; ``end`` gets what it returned or raised."""
        if self._is_server:
            self._questions.append((work, end))
            self._ask_next()
        else:
            end(*_outcome(work))

    def _ask_next(self) -> None:
        if not self._questions or self._asked == _READING_MAX:
            return
        from lineal.storage.database.lanes import Lane  # noqa: PLC0415 - with PostgreSQL only

        work, end = self._questions.popleft()
        self._asked += 1
        Lane(work, partial(self._answer, end)).begin()

    def _answer(self, end: End, result: Any, error: BaseException | None) -> None:
        self._asked -= 1
        self._ask_next()
        end(result, error)

    def _call_soon(self) -> None:
        """Have what waits carried out once all requests that are there have been read."""
        if not self._waiting or not self._idle or self._is_called:
            return
        loop = asyncio.get_running_loop()
        if len(self._waiting) >= self._under_way:
            self._is_called = True
            loop.call_soon(self._carry_out_next)
        elif self._timed != self._begun:
            self._timed = self._begun
            loop.call_later(_PATIENCE_S, self._call_late, self._begun)

    def _call_late(self, begun: int) -> None:
        """Have what waits carried out, if no group has begun since there were so many."""
        if begun == self._begun and self._waiting and self._idle and not self._is_called:
            self._carry_out_next()

    def _carry_out_next(self) -> None:
        self._is_called = False
        self._begun += 1
        self._idle -= 1
        tasks, self._waiting = self._waiting[:_TOGETHER_MAX], self._waiting[_TOGETHER_MAX:]
        self._under_way += len(tasks)
        if self._is_server:
            self._change_beside_others(tasks)
            self._call_soon()
            return
        try:
            sync = self._database.hurry(as_one=self._are_one())
            change = self._database.transaction()
            change.__enter__()
        except LinealError:
            self._wait_for(tasks, partial(_carry_out_together, self._database, tasks))
        else:
            failure = _carry_out(self._database, change, tasks)
            if alone := self._to_be_alone(tasks, failure):
                failure = None
                self._database.hurry()
                _carry_out_each(self._database, alone)
            self._wait_for(tasks, (lambda: failure) if failure else sync)

    def _change_beside_others(self, tasks: list[_Task]) -> None:
        """Carry out tasks together in a lane, each begun before it is known whether all of the one before can be kept.

        Those that are to be alone are carried out by a thread: two groups may still wait for one another, as for rows of datasets
        that both have, and whoever fails must hear of it.
        """
        from lineal.storage.database.lanes import Lane  # noqa: PLC0415 - with PostgreSQL only

        database = self._database

        def end(told: BaseException | None, raised: BaseException | None) -> None:
            alone = self._to_be_alone(tasks, raised or told)
            _tell([each for each in tasks if each not in alone], told, raised)
            if alone:
                self._safe.do(partial(_carry_out_each, database, alone), partial(_tell, alone))
            self._ended(tasks)

        Lane(partial(_carry_out_hurried, database, tasks, self._are_one()), end).begin()

    def _are_one(self) -> bool:
        """Return whether nothing of all that is carried out together may be kept when one fails that did something."""
        return asyncio.get_running_loop().time() >= self._as_one_from_s

    def _to_be_alone(self, tasks: Sequence[_Task], failure: BaseException | None) -> list[_Task]:
        """Return those of tasks that are to be carried out again, each alone; those that come next have savepoints for a while.

        They are all when one of them is why nothing was kept; on a server, else those that collided with what another one changed. In a
        file nothing does: what fails there has failed, and would come after the rest if it were done again.
        """
        if failure:
            is_of_one = isinstance(failure, LinealError) and type(failure) is not Unavailable
            alone = [*tasks] if is_of_one else []
        else:
            alone = [each for each in tasks if self._is_server and each.has_collided]
        if alone:
            self._as_one_from_s = asyncio.get_running_loop().time() + _APART_S
        return alone

    def _wait_for(self, tasks: list[_Task], work: Callable[[], BaseException | None]) -> None:
        """Have a thread do what takes its time, and tell then what it raised or returned."""

        def end(told: BaseException | None, raised: BaseException | None) -> None:
            _tell(tasks, told, raised)
            self._ended(tasks)

        self._safe.do(work, end)

    def _ended(self, tasks: list[_Task]) -> None:
        """Have what came meanwhile carried out next."""
        self._idle += 1
        self._under_way -= len(tasks)
        self._call_soon()


def _outcome(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Return what work returns, and what it raises."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - told to whoever waits for it
        return None, error


def _tell(tasks: Iterable[_Task], told: BaseException | None, raised: BaseException | None) -> None:
    """Tell who waits for tasks how they ended; what is told or was raised is why nothing of all was kept."""
    for each in tasks:
        each.tell(raised or told)


def _carry_out_hurried(database: Database, tasks: Sequence[_Task], as_one: bool) -> BaseException | None:
    """Carry out tasks as one change, in a lane of its own; return why nothing of it was kept.

    ``as_one`` is whether nothing of all may be kept when one fails that did something.
    """
    database.hurry(as_one=as_one)
    if len(tasks) == 1:
        tasks[0].carry_out(database)
        return None
    in_order = sorted(tasks, key=lambda each: each.about)
    return _carry_out_together(database, in_order, foretells=as_one)


def _foretell(tasks: Sequence[_Task]) -> None:
    """Have what tasks begin with on its way before the first of them waits for its own.

    As far as it is known: what the next would lock must not be locked before that of one whose beginning nobody knows.
    """
    told = set[str]()
    for each in tasks:
        if (about := each.about) in told:
            continue  # begins with what another one changes
        if not each.foretell():
            break
        told.update([about] if about else [])


def _carry_out_each(database: Database, tasks: Sequence[_Task]) -> None:
    """Carry out each of the tasks as a change of its own."""
    for each in tasks:
        each.carry_out_again(database)


def _carry_out_together(database: Database, tasks: Sequence[_Task], *, foretells: bool = False) -> BaseException | None:
    """Carry out tasks as one change, where others may be waited for; return why nothing of it was kept."""
    change = database.transaction()
    try:
        change.__enter__()
    except LinealError as error:
        return error
    return _carry_out(database, change, tasks, foretells=foretells)


def _carry_out(
    database: Database, change: AbstractContextManager[None], tasks: Sequence[_Task], *, foretells: bool = False
) -> BaseException | None:
    """Carry out tasks in a change that was begun, and end it; return why nothing of it was kept."""
    try:
        with ExitStack() as stack:
            stack.push(change)
            if foretells:
                _foretell(tasks)
            for each in tasks:
                each.carry_out(database)
    except BaseException as error:  # noqa: BLE001 - told to everybody who waits
        return error
    return None
