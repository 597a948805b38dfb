"""Files, functions, names and imports stay within their budgets (ARCHITECTURE.md)."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

TOP = Path(__file__).parents[2]
SOURCES = sorted((TOP / "src").rglob("*.py"))
TESTS = sorted((TOP / "tests").rglob("*.py"))

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
DEPENDENCIES_MAX = 8
VAGUE = re.compile(r"(utils?|helpers?|common|misc|managers?)\.py")
ENVIRONMENT_READERS = {"cli", "client", "executors", "server"}
"""The folders that may look at environment variables: where people and programs come in, and what they start."""

CLOUDS = "storage/buckets/credentials.py"
"""The one other place: the clouds' own tools are told by variables who we are."""

MISSING = "parts/part.py"
"""The one place where a test may be skipped: for a part that is not installed, and never in CI."""

PREPARING = "objects/prepared.py"
"""The one place where types are given to msgspec as they are; it says why."""

READERS = {
    "msgspec.convert",
    *(f"msgspec.{form}.{name}" for form in ("json", "msgpack") for name in ("decode", "Decoder")),
}
PLAIN = {"str", "int", "float", "bool", "bytes", "dict", "list", "tuple", "object", "Any", "msgspec", "Raw"}
"""Names of types that have no fields; any thread may read values of those."""


def committed() -> Iterator[Path]:
    """Yield every file of the project, as Git knows it or would know it."""
    listed = subprocess.run(
        ("git", "ls-files", "--cached", "--others", "--exclude-standard"),
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    return (TOP / line for line in listed.stdout.splitlines() if (TOP / line).is_file())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    long = {
        str(each.relative_to(TOP)): lines
        for each in [*SOURCES, *TESTS]
        if (lines := _line_count(each)) > FILE_LINES_MAX
    }

    assert long == {}


def _line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path.relative_to(TOP)}:{each.name}": lines
        for path in [*SOURCES, *TESTS]
        for each in functions(path)
        if (lines := code_lines(each)) > FUNCTION_LINES_MAX
    }

    assert long == {}


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has beside its docstring, which should be as long as it need be."""
    first = function.body[0]
    docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(function) and first.end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [] == [str(each) for each in SOURCES if VAGUE.fullmatch(each.name)]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("lineal", exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}

    # Raises a CycleError that names the circle.
    assert len(list(TopologicalSorter(imports).static_order())) == len(imports)


def test_only_the_ways_in_read_environment_variables() -> None:
    readers = {
        each.relative_to(TOP / "src/lineal").parts[0]
        for each in SOURCES
        if re.search(r"\bos\.(environ|getenv)\b", each.read_text(encoding="utf-8"))
        if "shim" not in each.parts and not each.match(CLOUDS)
    }

    assert readers - ENVIRONMENT_READERS <= {"capture"}
    inside_the_program = {"shim", "native"}
    assert [] == [
        str(each)
        for each in (TOP / "src/lineal/capture").rglob("*.py")
        if "os.environ[" in each.read_text("utf-8") and not inside_the_program & set(each.parts)
    ]


def test_types_with_fields_are_prepared_before_threads_read_values_of_them() -> None:
    unprepared = [
        f"{path.relative_to(TOP)}:{call.lineno}: {ast.unparse(kind)}"
        for path in SOURCES
        if not path.match(PREPARING)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in READERS
        for kind in type_read(call)
        if not (isinstance(kind, ast.Call) and ast.unparse(kind.func) == "prepared") and not names_in(kind) <= PLAIN
    ]

    assert unprepared == []


def type_read(call: ast.Call) -> list[ast.expr]:
    """Return the type that a call of msgspec reads values of, if it says one."""
    place = {"decode": 2, "convert": 1, "Decoder": 0}[ast.unparse(call.func).rpartition(".")[2]]
    return [*call.args[place : place + 1], *(each.value for each in call.keywords if each.arg == "type")]


def names_in(kind: ast.expr) -> set[str]:
    """Return all names in an expression."""
    found = list(ast.walk(kind))
    return {each.id for each in found if isinstance(each, ast.Name)} | {
        each.attr for each in found if isinstance(each, ast.Attribute)
    }


def test_nothing_is_left_open_in_the_source() -> None:
    open_ends = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b".replace("TODO", "TO" + "DO"))

    assert [] == [str(each) for each in SOURCES if open_ends.search(each.read_text(encoding="utf-8"))]


def test_no_test_is_switched_off() -> None:
    marks = re.compile(r"pytest\.(mark\.)?(skip|xfail|skipif)" + r"\b|importorskip")

    assert [] == [
        str(each)
        for each in TESTS
        if marks.search(each.read_text(encoding="utf-8")) and each != Path(__file__) and not each.match(MISSING)
    ]


def test_every_folder_of_tests_says_what_it_holds() -> None:
    folders = {each.parent for each in TESTS}

    assert [] == [str(each) for each in folders if not (each / "__init__.py").is_file()]


def test_the_base_needs_few_packages() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert len(project["dependencies"]) <= DEPENDENCIES_MAX
    assert not any(each.startswith(("numpy", "pandas", "pyarrow", "torch")) for each in project["dependencies"])


@pytest.mark.parametrize("name", ["base", "demo", "test", "data", "dvc"])
def test_requirements_are_locked_by_hash_and_name_no_host(name: str) -> None:
    text = (TOP / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pinned = [line for line in text.splitlines() if line and line[0].isalnum()]

    assert pinned
    assert all("==" in line for line in pinned)
    assert all(part.count("--hash=sha256:") for part in re.split(r"\n(?=\w)", text.strip()))
    assert "://" not in text
    assert not (TOP / "uv.lock").exists()


def test_no_file_names_a_package_registry_or_a_place_on_someones_machine() -> None:
    hosts = re.compile(rb"https?://[a-z0-9.-]*(pyp" + rb"i|pythonhosted|npmjs|debian)\.(org|net|com)")
    places = re.compile(rb"(?<![\w./-])/(wo" + rb"rk|ro" + rb"ot|home/\w+)/")

    named = [
        str(each.relative_to(TOP))
        for each in committed()
        if hosts.search(content := each.read_bytes()) or places.search(content)
    ]

    assert named == []


def test_every_layer_is_in_the_contract_of_imports() -> None:
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(each for each in contracts if each["type"] == "layers")
    named = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    folders = {each.parent.name for each in (TOP / "src/lineal").glob("*/__init__.py")}

    assert layers["exhaustive"] is True
    assert named == folders
