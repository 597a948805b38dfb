"""The page of MLflow's endpoints and what ours does with each, which `tools.reference` writes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from starlette.routing import Match, Mount

from lineal.client.connect import init
from lineal.protocols import Served, mlflow
from lineal.protocols.mlflow.dispatch import Dispatch
from lineal.protocols.mlflow.omitted import OMITTED, Omitted, omitted

LIST = Path(__file__).with_name("mlflow_endpoints.txt")

_TITLE = """\
# MLflow's endpoints

Every endpoint of MLflow 3.18, and what `lineal server` does with it. How much of MLflow's own tests passes is in
[conformance](mlflow-conformance.md); how to use it, in [the guide](../guides/mlflow.md).

- What stands behind `/api` is answered behind `/ajax-api` too.
- What is **served** is answered as MLflow answers it.
- What is **out of scope** is answered with status 501, in MLflow's form, with the code and the sentence shown here;
  MLflow's client does not repeat such a request.
- Any other address gets `ENDPOINT_NOT_FOUND` and status 404.
"""


class Listed(NamedTuple):
    """An endpoint of MLflow's: its method, its path with fields in braces, and since which version of the API."""

    method: str
    path: str
    since: str

    @property
    def sample(self) -> str:
        """A path that is asked for."""
        return re.sub(r"\{[^}]*\}", "x", self.path)

    def twin(self) -> Listed:
        """Return the same endpoint as MLflow's pages ask for it."""
        return self._replace(path=re.sub(r"^/api/", "/ajax-api/", self.path))


class Answers:
    """What ours does with an endpoint, found out from the routes that it has.

    Args:
        served: what answers the protocol's requests.
    """

    def __init__(self, served: Served) -> None:
        self._routes, self._at_once = list(served.routes), served.at_once

    def of(self, listed: Listed) -> Omitted | None:
        """Return why an endpoint is out of scope; None for one that is served.

        Raises:
            LookupError: it is neither.
        """
        part = _part(listed)
        if self._serves(listed) and not (part and listed.path.startswith(_OUTSIDE)):
            return None
        if not part:
            raise LookupError(f"{listed.method} {listed.path} is neither served nor named in omitted.py")
        return part

    def _serves(self, listed: Listed) -> bool:
        if (listed.method, listed.sample) in self._at_once:
            return True
        scope = {"type": "http", "method": listed.method, "path": listed.sample, "headers": []}
        for each in self._routes:
            if isinstance(each, Mount) and isinstance(each.app, Dispatch):
                if listed.sample.startswith(f"{each.path}/"):
                    return each.app.serves(listed.method, _behind(listed.sample))
            elif each.matches(scope)[0] is Match.FULL:
                return True
        return False


_OUTSIDE = ("/graphql", "/gateway/", "/v1/")
"""Routes that stand there only to say what is out of scope."""


def endpoints() -> list[Listed]:
    """Return every endpoint of MLflow's."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [_listed(*line.split()) for line in lines if not line.startswith("#")]


def _listed(method: str, path: str, since: str = "") -> Listed:
    version = re.match(r"/(?:ajax-)?api/([\d.]+)", path)
    return Listed(method, path, since or (version[1] if version else ""))


def _behind(path: str) -> str:
    return re.sub(r"^/(ajax-)?api(?=/)", "", path)


def _part(listed: Listed) -> Omitted | None:
    return omitted(_behind(listed.sample))


def known() -> list[tuple[Listed, Omitted | None]]:
    """Return every endpoint of MLflow's with why it is out of scope; None for one that is served."""
    with tempfile.TemporaryDirectory() as place, init(Path(place)) as repository:
        answers = Answers(mlflow.served(lambda _: repository, repository))
    return [(each, answers.of(each)) for each in endpoints()]


def page() -> Iterator[str]:
    """Yield the lines of the page."""
    found = known()
    served = sorted((each for each, part in found if part is None), key=lambda each: (_title(each.path), each))
    yield _TITLE.rstrip()
    yield f"\nOf {len(found)} endpoints, {len(served)} are served.\n\n## Served"
    for title, group in groupby(served, lambda each: _title(each.path)):
        yield f"\n### {title}\n"
        yield from _table(group)
    yield "\n## Out of scope"
    for omission in OMITTED:
        yield f"\n### {omission.title}\n"
        yield f'Answered with `{omission.code.name}`: "{omission.what}; {omission.instead}"\n'
        yield from _table(each for each, part in found if part is omission)


def _table(listed: Iterable[Listed]) -> Iterator[str]:
    yield "| method | path | since |\n|---|---|---|"
    yield from (f"| {each.method} | `{each.path}` | {each.since} |" for each in listed)


def _title(path: str) -> str:
    """Return the heading that an endpoint stands under: the first word behind the version."""
    words = re.sub(r"^/(ajax-)?api/[\d.]+/(mlflow(?=/)/)?", "", path).strip("/").split("/")
    return words[0].replace("-", " ").capitalize().replace("Mlflow", "MLflow")
