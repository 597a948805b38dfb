"""What came of MLflow's own tests, as a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tools.conformance.scope import DIFFERENCES, FILES

_HEAD = """\
<!-- Written by `python -m tools.conformance`; run it again, and change nothing here. -->
# Conformance with MLflow

MLflow's own tests of its REST API, {state}, of {tested}, with the client of {client}, against `lineal server`; and once
more against MLflow's own server of {client}, so that what the tests ask of another release, or of a database instead of a
server, is told apart. A plugin of pytest puts our server in the place of theirs, and their store that speaks to a server in
the place of their store over a database; where that one takes more than any server (sources without a scheme, no tags, no
token), it gives what the protocol needs. What is not run is at the end, with the reason. Each endpoint is in
[MLflow's endpoints](mlflow-endpoints.md).

- **passed**.
- **also fails there**: MLflow's own server does not pass it either.
- **differs**: ours does something else, for the reason that is given below.
- **failed**: what is left to do.
- **out of scope**: not run.
"""

_KINDS = ("passed", "also fails there", "differs", "failed", "out of scope")


class Outcome(NamedTuple):
    """What came of a test: ``passed``, ``failed``, ``skipped`` or ``out of scope``, and what was said of it."""

    test: str
    outcome: str
    said: str

    @property
    def file(self) -> str:
        """The file that the test is in."""
        return self.test.partition("::")[0]

    @property
    def name(self) -> str:
        """The test without its file, and without what is the same for all."""
        name = self.test.partition("::")[2]
        return re.sub(r"\[workspace-disabled-?(.*)\]$", lambda match: f"[{match[1]}]" if match[1] else "", name)


def kind_of(ours: Outcome, theirs: Outcome | None) -> str:
    """Return in which column a test stands."""
    if ours.outcome in {"passed", "out of scope"}:
        return ours.outcome
    if ours.outcome == "skipped":
        return "out of scope"
    if reason(ours):
        return "differs"
    return "also fails there" if theirs and theirs.outcome == "failed" else "failed"


def reason(outcome: Outcome) -> str:
    """Return why ours does something else where a test fails differs; nothing when it does not."""
    return next((why for name, why in DIFFERENCES.items() if outcome.name.partition("[")[0] == name), "")


def page(
    ours: Mapping[str, Outcome], theirs: Mapping[str, Outcome], *, tested: str, client: str, state: str = "unchanged"
) -> Iterator[str]:
    """Yield the lines of the page.

    Args:
        ours: what came of the tests with our server, by test.
        theirs: the same with MLflow's own.
        tested: the version of MLflow that the tests are of.
        client: the version of its client and server.
        state: what was done to the tests before.
    """
    kinds = {test: kind_of(each, theirs.get(test)) for test, each in ours.items()}
    yield _HEAD.format(tested=tested, client=client, state=state)
    yield from _table(ours, kinds)
    for title in ("failed", "differs", "also fails there"):
        found = [each for test, each in ours.items() if kinds[test] == title]
        yield f"\n## {title.capitalize()}\n"
        yield from _listed(found, title) if found else ["Nothing."]
    yield "\n## Out of scope\n\n| reason | tests |\n|---|---|"
    counts = Counter(_cell(each.said) for test, each in ours.items() if kinds[test] == "out of scope")
    yield from (f"| {why} | {count} |" for why, count in sorted(counts.items()))


def _table(ours: Mapping[str, Outcome], kinds: Mapping[str, str]) -> Iterator[str]:
    yield f"| file | {' | '.join(_KINDS)} |\n|---|{'---|' * len(_KINDS)}"
    for file in (*FILES, ""):
        counts = Counter(kinds[test] for test, each in ours.items() if each.file == file or not file)
        name = f"`{file}`" if file else "**all**"
        yield f"| {name} | {' | '.join(str(counts[kind]) for kind in _KINDS)} |"


def _listed(found: list[Outcome], title: str) -> Iterator[str]:
    yield "| test | what was said |\n|---|---|" if title != "differs" else "| test | why |\n|---|---|"
    for each in found:
        said = reason(each) or each.said
        yield f"| `{_cell(each.name)}` of `{each.file.rpartition('/')[2]}` | {_cell(said)} |"


def _cell(text: str) -> str:
    plain = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
    plain = re.sub(
        r"0x[0-9a-f]+|(?<![\w:])/(?:[\w.-]+/){2,}\S*|[0-9a-f]{32}|127\.0\.0\.1:\d+|01[0-9A-Z]{24}", "…", plain
    )
    return (plain[:160] + "…" if len(plain) > 160 else plain).replace("|", "\\|").removeprefix("Skipped: ")
