"""What a gate gathers: rows, data, looks at the held-out rows, and what programs of the policy say."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from lineal.checks.evaluation import evaluate
from lineal.client.local import LocalRepository
from lineal.formats import predictions as lines
from lineal.formats.predictions import Prediction
from lineal.formats.tables import delimited
from lineal.objects.errors import Refused
from lineal.objects.statements import Evaluation, Verdict
from lineal.operations.references import find_version
from lineal.operations.versioning import evaluations, registered_versions
from lineal.storage.store import Programs
from tests.unit.operations.making import dataset, run

HEADER = b"age,sex,y\n"
TRAIN = HEADER + b"".join(b"%d,%s,%s\n" % (age, b"fm"[age % 2 :][:1], b"ny"[age > 40 :][:1]) for age in range(18, 78))
HELD_OUT = HEADER + b"".join(
    b"%d.5,%s,%s\n" % (age, b"fm"[age % 2 :][:1], b"ny"[age > 40 :][:1]) for age in range(18, 78)
)

Policy = Callable[[str], None]


def asks(check: str, **options: object) -> str:
    """Return the text that asks for a check; of TOML's values these are JSON's, but for tables."""
    told = "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in options.items())
    return f'[[gate.production]]\ncheck = "{check}"\n{told}'.replace('":"', '" = "')


@pytest.fixture
def version(repository: LocalRepository) -> str:
    """A version that was trained on a dataset of 60 rows."""
    dataset(repository, "train", TRAIN)
    made = run(repository, reads={"train.csv": TRAIN}, writes={"model.pkl": b"weights"})
    return repository.model.register(made.reference, name="m").reference


def measured(repository: LocalRepository, version: str, table: bytes, answer: Callable[[dict[str, str]], str]) -> None:
    """Evaluate a version on a table, with answers as a model would give them."""
    digest = dataset(repository, "held-out", table).digest
    said = [Prediction(answer(row)) for row in delimited.rows([table])]
    task, overall, slices = evaluate(delimited.rows([table]), said, label="y", positive="y", slices=("sex",))
    kept = repository.blobs.put(lines.encode(said))
    evaluations._keep(
        repository.store,
        find_version(repository.store, version),
        Evaluation(
            dataset=digest, task=task, label="y", positive="y", overall=overall, slices=slices, predictions=kept
        ),
    )


def verdict(repository: LocalRepository, version: str) -> Verdict:
    """Return the only verdict of the gate."""
    (found,) = repository.gate(version).verdicts
    return found


def test_rows_of_the_training_data_are_found_among_the_held_out_ones(
    repository: LocalRepository, policy: Policy, version: str
) -> None:
    policy(asks("leakage"))
    measured(repository, version, HELD_OUT, lambda row: row["y"])

    assert verdict(repository, version).outcome == "pass"

    leaky = HELD_OUT + b"30,f,n\n31,m,n\n"
    measured(repository, version, leaky, lambda row: row["y"])
    found = verdict(repository, version)

    assert (found.outcome, found.evidence["found"], found.evidence["rows"]) == ("fail", 2, 62)
    assert "2 of 62 held-out rows (0.032) stand in data:train@1 as they are" in found.reason

    policy(asks("leakage", ignore=["age"]))

    assert verdict(repository, version).evidence["found"] == 62  # sex and y alone repeat


def test_digests_of_rows_are_computed_once(repository: LocalRepository, policy: Policy, version: str) -> None:
    policy(asks("leakage"))
    measured(repository, version, HELD_OUT, lambda row: row["y"])
    repository.gate(version)
    before = set(repository.blobs.list())
    rows = repository.store.database.run("SELECT COUNT(*) AS count FROM object WHERE kind = 'row-digests'")
    repository.gate(version)

    assert (rows[0]["count"], set(repository.blobs.list())) == (2, before)


@pytest.mark.parametrize(("columns", "repeated"), [([], 0), (["age"], 0), (["sex", "y"], 56), (["gone"], None)])
def test_rows_that_repeat_others_are_counted(
    repository: LocalRepository, policy: Policy, version: str, columns: list[str], repeated: int | None
) -> None:
    policy(asks("data_unique", columns=columns, at_most=0.0))
    found = verdict(repository, version)

    assert found.evidence.get("repeated") == repeated
    assert found.outcome == {None: "inconclusive", 0: "pass"}.get(repeated, "fail")


def test_the_profile_of_the_training_data_is_at_hand(repository: LocalRepository, policy: Policy, version: str) -> None:
    policy(
        asks("data_range", column="age", at_least=18, at_most=77)
        + asks("data_row_count", at_least=60, dataset="data:train")
        + asks("data_schema", columns={"age": "integer"})
        + asks("data_freshness", days_at_most=1)
    )

    assert [each.outcome for each in repository.gate(version).verdicts] == ["pass"] * 4


def test_every_look_at_the_held_out_rows_counts(repository: LocalRepository, policy: Policy, version: str) -> None:
    policy(asks("held_out_wear", versions_at_most=1))
    for _ in range(3):
        repository.store.clock.now()
        measured(repository, version, HELD_OUT, lambda row: row["y"])
    made = run(repository, reads={"train.csv": TRAIN}, writes={"model.pkl": b"others"})
    other = repository.model.register(made.reference, name="m").reference
    measured(repository, other, HELD_OUT, lambda row: row["y"])
    found = verdict(repository, other)

    assert (found.outcome, found.evidence["versions"]) == ("fail", 2)


def test_an_intersection_needs_no_evaluation_anew(repository: LocalRepository, policy: Policy, version: str) -> None:
    policy(asks("fairness_gap", metric="accuracy", feature="sex & y", at_most=0.5, minimum_rows=5))
    measured(repository, version, HELD_OUT, lambda row: "n" if row["sex"] == "f" else row["y"])
    found = verdict(repository, version)

    assert (found.outcome, "f & y (0," in found.reason) == ("fail", True)


def test_the_size_of_the_files_is_known(repository: LocalRepository, policy: Policy, version: str) -> None:
    policy(asks("budget", figure="size_bytes", at_most=7))

    assert verdict(repository, version).reason == "size_bytes is 7, at most 7 as asked"


def test_another_policy_can_be_tried_and_changes_nothing(
    repository: LocalRepository, policy: Policy, version: str
) -> None:
    policy(asks("approvals"))
    tried = repository.gate(version, policy=asks("budget", figure="size_bytes", at_most=1))

    assert [each.check for each in tried.verdicts] == ["budget"]
    assert verdict(repository, version).check == "approvals"


# --- programs


@pytest.fixture
def running(repository: LocalRepository, policy: Policy) -> Callable[..., None]:
    """Give the repository a policy whose programs may run, and files beside it."""

    def given(text: str, programs: Programs = "all", **files: str) -> None:
        policy(text)
        store = repository.store = msgspec.structs.replace(repository.store, programs=programs)
        for name, content in files.items():
            assert store.root
            (store.root.parent / name.replace("_", ".")).write_text(content, encoding="utf-8")

    return given


@pytest.mark.parametrize(
    ("command", "outcome", "said"),
    [
        ("echo fine", "pass", "exit status 0\nfine"),
        ("echo broken >&2; exit 3", "fail", "exit status 3\nbroken"),
        ("exit 75", "inconclusive", "exit status 75"),
        ("no-such-program-here", "fail", "exit status 127"),
        ("test $LINEAL_VERSION/$LINEAL_STAGE = m:1.0.0/production", "pass", "exit status 0"),
        ('grep -q \'"stage":"production"\' $LINEAL_EVIDENCE', "pass", "exit status 0"),
        ("cat beside.txt", "pass", "exit status 0\nfound"),
    ],
)
def test_a_command_passes_with_its_exit_status(
    repository: LocalRepository, version: str, running: Callable[..., None], command: str, outcome: str, said: str
) -> None:
    running(asks("command", run=command), beside_txt="found")
    found = verdict(repository, version)

    assert (found.outcome, found.reason.startswith(f"{command}: {said}")) == (outcome, True), found


def test_a_command_that_takes_too_long_ends_with_all_that_it_started(
    repository: LocalRepository, version: str, running: Callable[..., None], tmp_path: Path
) -> None:
    left = tmp_path / "pid"
    running(asks("command", run=f"sleep 60 & echo $! > {left}; wait", timeout_s=1))
    found = verdict(repository, version)

    assert (found.outcome, "took longer than 1 seconds" in found.reason) == ("inconclusive", True)
    assert not is_running(int(left.read_text()))


def is_running(pid: int) -> bool:
    """Tell whether a process that was told to end is still there, as a zombie is not."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


FUNCTIONS = """
def right(known): return known["stage"] == "production" and known["version"] == "m:1.0.0"
def wrong(known): return False
def asserts(known): assert not known["version"], "it has a name"
def raises(known): raise LookupError("nothing there")
def nothing(known): pass
def says(known): return {"outcome": "warn", "reason": "look at it", "numbers": {"rows": 3}}
def odd(known): return {"outcome": "perhaps"}
def leaves(known): import os; os._exit(3)
def files(known): return open(known["files"] + "/model.pkl").read() == "weights"
"""


@pytest.mark.parametrize(
    ("name", "outcome", "said"),
    [
        ("right", "pass", "it returned True"),
        ("wrong", "fail", "it returned False"),
        ("asserts", "fail", "it has a name"),
        ("raises", "inconclusive", "LookupError: nothing there"),
        ("nothing", "inconclusive", "it returned None"),
        ("says", "warn", "look at it"),
        ("odd", "inconclusive", "its outcome is 'perhaps'"),
        ("leaves", "inconclusive", "it ended with exit status 3 and no answer"),
        ("files", "pass", "it returned True"),
        ("gone", "inconclusive", "AttributeError"),
    ],
)
def test_a_function_is_called_in_a_process_of_its_own(
    repository: LocalRepository, version: str, running: Callable[..., None], name: str, outcome: str, said: str
) -> None:
    running(asks("function", call=f"judging:{name}", files=True), judging_py=FUNCTIONS)
    found = verdict(repository, version)

    assert (found.outcome, found.reason.startswith(f"judging:{name}: {said}")) == (outcome, True), found
    assert "judging" not in sys.modules


@pytest.mark.parametrize(
    ("programs", "own", "sent"),
    [("none", "inconclusive", "inconclusive"), ("own", "pass", "inconclusive"), ("all", "pass", "pass")],
)
def test_programs_run_only_where_they_may(
    repository: LocalRepository, version: str, running: Callable[..., None], programs: Programs, own: str, sent: str
) -> None:
    text = asks("command", run="true")
    running(text, programs)

    assert verdict(repository, version).outcome == own
    assert [each.outcome for each in repository.gate(version, policy=text).verdicts] == [sent]


def test_a_promotion_runs_them_once_and_while_others_can_write(
    repository: LocalRepository, version: str, running: Callable[..., None], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    database = tmp_path / "database.sqlite"
    writes = f"import sqlite3; sqlite3.connect({str(database)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
    running(asks("command", run=f'echo run >> {log}; {sys.executable} -c "{writes}"'))

    assert repository.promote(version, to="production").outcome == "pass"
    assert log.read_text().splitlines() == ["run"]

    repository.promote(version, to="archived")
    registered_versions.transition(repository, "m", 1, to="production")

    assert log.read_text().splitlines() == ["run", "run"]


def test_a_refusal_says_what_the_program_said(
    repository: LocalRepository, version: str, running: Callable[..., None]
) -> None:
    running(asks("command", run="echo too slow; false"))

    with pytest.raises(Refused, match="too slow"):
        repository.promote(version, to="production")
