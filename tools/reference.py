"""Write the reference of commands and routes from their definitions: ``python -m tools.reference [--check]``."""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lineal.checks.check import checks
from lineal.checks.explaining import Explained, explain
from lineal.cli.catalogue import commands
from lineal.cli.command import Command
from lineal.cli.examples import EXAMPLES
from lineal.cli.help import GROUPS
from lineal.objects.errors import ERRORS
from lineal.operations import Operation, every
from lineal.operations.operation import Parameter
from lineal.query.views import VIEWS
from lineal.server import openapi
from lineal.server.routes import API
from lineal.storage.database.asking import FUNCTIONS
from tools import endpoints, semantic_versions

DIRECTORY = Path(__file__).resolve().parents[1] / "docs" / "reference"

_WRITTEN = "<!-- Written by `python -m tools.reference`; change the definition, not this page. -->"

_COMMANDS = """\
# Commands

Every command of `lineal`, by task. `lineal COMMAND --help` shows the same in a terminal. How things are named on the
command line, in queries and over HTTP is in the [glossary](../concepts/glossary.md#reference).

## Options of every command

| option | what it does |
|---|---|
| `--repository DIR\\|URL` | a directory or a server; by default `LINEAL_REPOSITORY`, or the nearest `.lineal` upwards |
| `--token TOKEN` | for a server that asks for one; by default `LINEAL_TOKEN` |
| `--json` | print the answer as JSON, as [HTTP](http.md) does |
| `-q`, `--quiet` | print only references, one a line; no talk |
| `-h`, `--help` | show the help of a command |
| `--version` | show the version of Lineal |

Answers go to standard output, talk and errors to standard error.

## Exit status

| status | error | meaning |
|---|---|---|
| 0 | | done |
"""

_HTTP = """\
# HTTP

What `lineal server` answers. Every operation is one route: what only reads is `GET` with its parameters in the query
string, everything else is `POST` with a JSON object of the same names. The same as OpenAPI 3.1 is at
`/api/v1/openapi.json`; `lineal schema OPERATION` prints the JSON Schema of one.

- `Authorization: Bearer TOKEN` says who asks, where the server has a file of tokens
  ([a server for a team](../guides/team-server.md)).
- `Idempotency-Key: TEXT` on a `POST`: a second request with the same key gets the first one's answer. At most 200
  characters; a key belongs to who sent it.
- A parameter of type `Upload` is `{"tree": DIGEST, "name": TEXT}`: first the files go to `/api/v1/blobs/{digest}`, then
  the list of them to `/api/v1/trees` ([their bytes](format.md)).
- Times are milliseconds since 1970 UTC.

## Errors

Every error is `application/problem+json` (RFC 9457) with `type` (its name), `title`, `status`, `detail` (what happened)
and `hint` (what to do next).

| status | type | meaning |
|---|---|---|
"""


_SQL = """\
# SQL

`lineal sql QUERY`, `repository.sql(...)` and `GET /api/v1/sql` answer one SELECT over these views, for what the
[language of searches](search.md) does not say: counting, grouping, joining. The [guide](../guides/search.md) has examples.

- It can change nothing: SQLite opens the file for reading and asks for leave at every step, PostgreSQL answers in a
  transaction that is read-only. It reads these views and no table, and calls the functions at the end of this page.
- At most 1,000 rows come back, or as many as `--limit` says, and after 10 seconds (`--timeout-s`) it is given up.
- The SQL is that of the repository's database, SQLite or PostgreSQL. Two columns cannot have the same name.
- Times are milliseconds since 1970 UTC. What has no value is `NULL`; numbers that are not finite come back as words.
- On a server it is there for every role, as each of them may read everything.

## Views
"""


_CHECKS = """\
# Checks

Every check that a gate can ask, with its options. `[[gate.STAGE]]` in `lineal.toml` adds one; the [guide](../guides/gates.md)
has a policy that one would really use. `lineal gate --explain CHECK` shows the same in a terminal.

- Intervals are at 95 %: each side misses in 2.5 % of the cases at most, which `benchmarks/gates.py` measures.
- A verdict is `pass`, `warn`, `inconclusive` or `fail`. What is inconclusive for want of rows says about how many would
  decide, if the figure stayed as it is.
- A check or an option that is misspelt is an error that names its line.
"""


def main() -> int:
    """Write the pages, or tell which differ from their definitions."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    is_check = parser.parse_args().check
    status = 0
    for name, text in pages().items():
        path = DIRECTORY / name
        if not is_check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"{path} is out of date: run python -m tools.reference", file=sys.stderr)
            status = 1
    return status


def pages() -> dict[str, str]:
    """Return the text of every generated page by its file's name."""
    return {
        "checks.md": "\n".join(_checks()) + "\n",
        "commands.md": "\n".join(_commands()) + "\n",
        "http.md": "\n".join(_http()) + "\n",
        "mlflow-endpoints.md": "\n".join((_WRITTEN, *endpoints.page())) + "\n",
        "semantic-versions.md": "\n".join((_WRITTEN, *semantic_versions.page())) + "\n",
        "sql.md": "\n".join(_sql()) + "\n",
    }


def _checks() -> Iterator[str]:
    yield _WRITTEN
    yield _CHECKS.rstrip()
    known = [explain(kind) for kind in checks().values()]
    yield "\n| check | what it asks |\n|---|---|"
    yield from (f"| [`{each.name}`](#{each.name}) | {_cell(each.question)} |" for each in known)
    for each in known:
        yield from _check(each)


def _check(check: Explained) -> Iterator[str]:
    yield f"\n## {check.name}\n\n{check.question}\n"
    yield re.sub("``", "`", check.text)
    if not check.options:
        yield "\nNo options."
        return
    yield "\n| option | type | default | what it says |\n|---|---|---|---|"
    for each in check.options:
        default = each.default if each.default in {"", "required"} else f"`{each.default}`"
        yield f"| `{each.name}` | {each.type} | {_cell(default)} | {_cell(each.text)} |"


def _sql() -> Iterator[str]:
    yield _WRITTEN
    yield _SQL.rstrip()
    for view in VIEWS:
        yield f"\n### {view.name}\n\n{view.row.capitalize()}.\n\n| column | type | what it holds |\n|---|---|---|"
        yield from (f"| `{each.name}` | {each.type} | {each.holds} |" for each in view.columns)
    yield f"\n## Functions\n\n{', '.join(f'`{each}`' for each in sorted(FUNCTIONS))}."
    yield "\nWhich of them there are, the database says; operators, `CASE`, `CAST`, `WITH` and windows work as in any SQL."


def _commands() -> Iterator[str]:
    yield _WRITTEN
    yield _COMMANDS.rstrip()
    for kind in sorted(set(ERRORS.values()), key=lambda each: (each.exit_status, each.__name__)):
        yield f"| {kind.exit_status} | {kind.__name__} | {_first_line(kind)} |"
    yield "\n`lineal run` exits as its program does, and with 128 + N when signal N ended it."
    known = commands()
    for title, group in GROUPS.items():
        yield f"\n## {title.capitalize()}"
        for words in group:
            yield from _command(known[words])


def _command(command: Command) -> Iterator[str]:
    parser = command.parser()
    actions = list(parser._actions)  # noqa: SLF001 - argparse has no public list of what it takes
    yield f"\n### {command.words}\n"
    yield command.description
    yield f"\n```text\n{parser.usage or _usage(command.words, actions)}\n```"
    if actions:
        yield "\n| argument or option | what it says |\n|---|---|"
        yield from (f"| {_spelling(each)} | {_what(each)} |" for each in actions)
    if examples := EXAMPLES.get(command.words):
        yield "\nExamples:\n\n```sh"
        yield from examples
        yield "```"


def _usage(words: str, actions: Iterable[argparse.Action]) -> str:
    """Return the usage; argparse's own differs between releases of Python."""
    options, arguments = list[str](), list[str]()
    for each in actions:
        value = _value(each)
        text = f"{each.option_strings[0]} {value}".strip() if each.option_strings else value
        is_optional = not each.required if each.option_strings else each.nargs == "?"
        (options if each.option_strings else arguments).append(f"[{text}]" if is_optional else text)
    return " ".join(["lineal", words, *arguments, *options])


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if isinstance(action.metavar, str):
        return action.metavar
    return "|".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _spelling(action: argparse.Action) -> str:
    value = _value(action)
    return f"`{' '.join([*action.option_strings[:1], value]).strip()}`".replace("|", "\\|")


def _what(action: argparse.Action) -> str:
    text = _cell((action.help or "").replace("%%", "%"))
    return f"{text} (required)" if action.option_strings and action.required else text


def _http() -> Iterator[str]:
    yield _WRITTEN
    yield _HTTP.rstrip()
    for kind in sorted(set(ERRORS.values()), key=lambda each: (each.http_status, each.__name__)):
        yield f"| {kind.http_status} | `{kind.__name__}` | {_first_line(kind)} |"
    yield "\nAn unknown caller is answered 401, a wrong method 405, a request that is too large 413 and a range outside"
    yield "the bytes 416, each with the nearest of these types.\n\n## Operations"
    # In the order of their names: that of their imports is nobody's.
    for _, each in sorted(every().items()):
        yield from _operation(each)
    yield "\n## Bytes and the server itself\n\n| route | what it does |\n|---|---|"
    document = openapi.document()
    operations = {f"{API}/{each.path}" for each in every().values()}
    for path, methods in document["paths"].items():
        if path not in operations:
            known = {method: said for method, said in methods.items() if method != "parameters"}
            yield from (f"| `{name.upper()} {path}` | {_cell(said['summary'])} |" for name, said in known.items())
    yield f"| `GET {API}/openapi.json` | Describe all of this as OpenAPI 3.1. |"
    yield "| `GET /metrics` | Tell how often each operation was used and how long it took, as Prometheus reads it. |"
    yield from _schemas(document["components"]["schemas"])


def _operation(operation: Operation) -> Iterator[str]:
    yield f"\n### {operation.method} {API}/{operation.path}\n"
    yield operation.description
    role = f"Role: {operation.role}."
    yield f"\n{role} Answer: {_type(_answer_of(operation))}." + (" Used by the client." if operation.internal else "")
    if operation.parameters:
        schema = _request_schema(operation)
        yield "\n| parameter | type | what it says |\n|---|---|---|"
        yield from (_parameter(each, schema[each.name]) for each in operation.parameters)
    if raised := list(_raises(inspect.getdoc(operation.function) or "")):
        yield "\nErrors:\n"
        yield from raised


def _parameter(parameter: Parameter, schema: Mapping[str, Any]) -> str:
    if parameter.required:
        default = " (required)"
    else:
        default = f"; default `{parameter.default}`" if parameter.default not in ("", 0, False, (), None) else ""
    return f"| `{parameter.name}` | {_type(schema)} | {_cell(parameter.help.rstrip('.'))}{default} |"


def _request_schema(operation: Operation) -> Mapping[str, Any]:
    """Return the JSON Schema of each parameter by its name."""
    described = _described(operation)
    if operation.method == "GET":
        return {each["name"]: each["schema"] for each in described["parameters"]}
    found: Mapping[str, Any] = openapi.document()["components"]["schemas"][_request_name(operation)]["properties"]
    return found


def _request_name(operation: Operation) -> str:
    """Return what the request of a ``POST`` is called among the schemas."""
    schema = _described(operation)["requestBody"]["content"]["application/json"]["schema"]
    return str(schema["$ref"]).rpartition("/")[2]


def _described(operation: Operation) -> Mapping[str, Any]:
    found: Mapping[str, Any] = openapi.document()["paths"][f"{API}/{operation.path}"]
    described: Mapping[str, Any] = found[operation.method.lower()]
    return described


def _answer_of(operation: Operation) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = _described(operation)["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


def _schemas(schemas: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "\n## Types\n\nEvery field of every answer. A field with a default may be absent from an object with a digest."
    for name in sorted(_reached(schemas), key=lambda each: (_short(each), each)):
        schema = schemas[name]
        yield f"\n### {_short(name)}\n"
        yield _cell(str(schema.get("description", "")).partition("\n\n")[0])
        if properties := schema.get("properties"):
            yield "\n| field | type |\n|---|---|"
            yield from (f"| `{field}` | {_type(each)} |" for field, each in properties.items())


def _reached(schemas: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the names of the types that an answer or a parameter holds, at any depth."""
    found = set[str]()
    waiting = [str(part) for each in every().values() for part in (_answer_of(each), _parameters_of(each))]
    while waiting:
        names = set(re.findall(r"#/components/schemas/([\w.-]+)", waiting.pop())) - found
        found |= names
        waiting += [str(schemas[each]) for each in names]
    return found


def _parameters_of(operation: Operation) -> Mapping[str, Any]:
    return _request_schema(operation) if operation.parameters else {}


def _link(reference: str) -> str:
    name = _short(reference)
    return f"[{name}](#{name.lower()})"


def _short(name: str) -> str:
    """Return a type's own name; a request of the same name makes the schema's longer."""
    return re.split(r"[/.]", name)[-1]


def _type(schema: Mapping[str, Any]) -> str:
    """Return the words for a JSON Schema."""
    for key, words in _WORDS.items():
        if schema.get(key):
            return words(schema)
    return str(schema.get("type", "any"))


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "$ref": lambda schema: _link(schema["$ref"]),
    "anyOf": lambda schema: " or ".join(_type(each) for each in schema["anyOf"]),
    "enum": lambda schema: " or ".join(f"`{each}`" for each in schema["enum"]),
    "items": lambda schema: f"list of {_type(schema['items'])}",
    "additionalProperties": lambda schema: f"object of {_type(schema['additionalProperties'])}",
}
"""How a JSON Schema is said, by the first of these keys that it has."""


def _raises(docstring: str) -> Iterator[str]:
    _, _, after = docstring.partition("\nRaises:\n")
    for line in after.splitlines():
        if not line.startswith("    "):
            return
        if match := re.match(r"    (\w+): (.*)", line):
            yield f"- `{match[1]}`: {match[2]}"
        else:
            yield f"  {line.strip()}"


def _first_line(kind: type) -> str:
    return _cell((inspect.getdoc(kind) or "").partition("\n")[0])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
