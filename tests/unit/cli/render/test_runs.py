"""Runs as people read them."""

from __future__ import annotations

import re

import msgspec

from lineal.objects.code import Code, Notebook, Submodule
from lineal.objects.context import Context
from lineal.objects.runs import Run, Seeds
from lineal.objects.runtime import Container, Hardware, LockCheck, Package, Runtime
from lineal.operations.answers.models import Related
from lineal.operations.answers.tracking import ArtifactLine
from tests.unit.cli.render.constructed import FINISHED, KILLED, PAGE, RUN, digest, text_of


def test_a_run_shows_everything_that_was_seen_and_what_was_not() -> None:
    expected = """\
run:01HF7YAT00AAAAAAAAAAAAAAAA  finished
  name       train
  command    python train.py --note 'two words'
  directory  .
  started    2023-11-14 22:13 UTC (3 min ago) by ada on lab-3
  took       1 min 5 s
  digest     sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  seen by    fanotify
  gaps: what could not be seen
    - two files were written and gone before they could be read
  parameters
    depth    6
    kind     logistic
    shuffle  True
  metrics
    auc   0.912346
    rows  800
    loss  NaN
  inputs (1 file, 3.2 MB)
    PATH              SIZE  DIGEST
    data/train.csv  3.2 MB  sha256:111111111111
  outputs (2 files, 962 B)
    PATH           SIZE  DIGEST               NOTE
    model.joblib  950 B  sha256:222222222222
    scratch.bin    12 B  sha256:333333333333  changed while it was read, bytes not kept
  models
    model.joblib  Pipeline (sklearn 1.5.0)
  code
    commit                    0123456789abcdef0123
    branch                    main
    changes since the commit  sha256:eeeeeeeeeeee
    secrets masked            1
  seeds and flags
    numpy           3
    PYTHONHASHSEED  0
  hardware
    processor  EPYC
    cores      16
    memory     34.4 GB
  runtime
    python    CPython 3.11.9
    platform  Linux-6.1
  packages (1)
    numpy 2.0
"""

    assert expected == text_of(FINISHED)


def test_a_run_shows_what_it_is_a_part_of_and_where_its_parameters_come_from() -> None:
    airflow = Context(system="airflow", workflow="churn", run="manual", task="train", attempt="2")
    sources = {"depth": "argparse", "kind": "conf/model.yaml", "Tree.depth": "sklearn"}
    run = msgspec.structs.replace(RUN, context=(airflow,), param_sources=sources)
    text = text_of(msgspec.structs.replace(FINISHED, run=run, params={"Tree.depth": 6, **FINISHED.params}))

    assert (
        """\
  part of
    airflow  churn, train, run manual, attempt 2
  parameters
    NAME        VALUE     FROM
    depth       6         argparse
    kind        logistic  conf/model.yaml
    shuffle     True
    Tree.depth  6         sklearn
  metrics
"""
        in text
    )


def test_a_run_shows_what_is_special_about_its_code_and_its_runtime() -> None:
    code = Code(
        commit="0123456789abcdef0123",
        state=("detached", "shallow"),
        imported=digest("e"),
        submodules=(
            Submodule(path="vendor/a", commit="a" * 40, is_moved=True, is_changed=True),
            Submodule(path="vendor/b"),
        ),
        notebooks=(Notebook(path="train.ipynb", cells=digest("f"), run_count=5, rerun_count=2, edited_count=1),),
    )
    runtime = Runtime(
        python="3.11.9",
        packages=(
            Package(name="mine", version="1", is_editable=True, commit="b" * 40, is_changed=True),
            Package(name="numpy", version="2.0"),
        ),
        packages_before={"numpy": "1.26"},
        locks=dict.fromkeys(("uv.lock", "requirements.txt"), digest("c")),
        lock_checks={
            "uv.lock": LockCheck(same_count=12),
            "requirements.txt": LockCheck(same_count=1, other={"numpy": "2.1"}, unlocked_count=3),
        },
        libraries={"gomp": "2 threads", "openblas": "OpenBLAS 0.3.29 Haswell, 2 threads"},
        container=Container(kind="podman", image="example.org/t:1", id="cafe"),
        hardware=Hardware(core_count=16, cpu_limit_millicores=1500, memory_bytes=2**35, memory_limit_bytes=2**33),
    )
    run = msgspec.structs.replace(RUN, seeds=Seeds(states={"torch": "67280421310721"}))
    text = re.sub(" +", " ", text_of(msgspec.structs.replace(FINISHED, code=code, runtime=runtime, run=run)))

    for line in (
        "state detached, shallow",
        "modules from elsewhere sha256:eeeeeeeeeeee",
        "submodule vendor/a: commit aaaaaaaaaaaa, moved, with uncommitted changes",
        "submodule vendor/b: not checked out",
        "notebook train.ipynb: 5 cells ran, 2 of them again, 1 edited, in the order of sha256:ffffffffffff",
        "torch began at 67280421310721",
        "at most 1.5 at a time",
        "limit of memory 8.6 GB",
        "container podman example.org/t:1 cafe",
        "openblas OpenBLAS 0.3.29 Haswell, 2 threads",
        "uv.lock all 12 are installed as locked",
        "requirements.txt 1 of 2 are installed as locked; others: numpy; 3 more are installed",
        "changed while it ran numpy 1.26",
        "mine 1 in development, at bbbbbbbbbbbb with changes",
    ):
        assert line in text


def test_runs_are_a_table_with_how_each_ended() -> None:
    expected = """\
RUN                             NAME   STATE              STARTED (UTC)                      TOOK  BY     METRICS
run:01HF7YAT00AAAAAAAAAAAAAAAA  train  finished           2023-11-14 22:13 (3 min ago)  1 min 5 s  ada    auc=0.912346 rows=800 loss=NaN
run:01HF7YAT00BBBBBBBBBBBBBBBB  sweep  killed (signal 9)  2023-11-14 22:13 (3 min ago)      1.5 s  grace
"""

    assert expected == text_of((FINISHED, KILLED))


def test_a_run_that_is_under_way_has_no_duration() -> None:
    running = msgspec.structs.replace(KILLED, state="running", ended_at=None, exit_status_of_program=None)

    assert "took" not in text_of(running)
    assert text_of(running).startswith(f"{KILLED.reference}  running\n")


def test_many_files_are_counted_and_the_first_are_shown() -> None:
    uses = tuple(msgspec.structs.replace(RUN.inputs[0], path=f"{n:04}.bin", digest=digest("1")) for n in range(60))
    text = text_of(msgspec.structs.replace(FINISHED, run=msgspec.structs.replace(RUN, inputs=uses)), PAGE)

    assert "inputs (60 files, 192.0 MB)" in text
    assert "0039.bin" in text
    assert "0040.bin" not in text
    assert "… 20 more; --json lists them all" in text


def test_what_is_around_a_run_is_told() -> None:
    answer = msgspec.structs.replace(
        FINISHED,
        parent=KILLED.id,
        datasets={digest("1"): ("data:adult@2", "data:copy@1")},
        artifacts=(ArtifactLine("plots/roc.png", is_dir=False, size_bytes=1_000),),
        related=(
            Related(reference="run:01A", kind="run", steps=2, name="prepare"),
            Related(reference="income:1.0.0", kind="version", steps=-1),
        ),
        notes=("files: a.csv was changed",),
    )
    text = text_of(answer)

    assert f"  within     run:{KILLED.id}" in text
    assert "data/train.csv  3.2 MB  sha256:111111111111  data:adult@2, data:copy@1" in text
    assert "  artifacts\n    plots/roc.png  1.0 kB\n" in text
    assert "  came from\n    KIND  WHAT     NAME\n    run   run:01A  prepare\n" in text
    assert "  led to\n    version  income:1.0.0\n" in text
    assert "    - files: a.csv was changed\n" in text


def test_a_field_that_nobody_wrote_words_for_is_shown() -> None:
    class Later(Run, frozen=True, tag="later"):
        moods: tuple[str, ...] = ()

    later = Later(**{name: getattr(RUN, name) for name in RUN.__struct_fields__}, moods=("SELECT 1",))

    assert '  more\n    moods  ["SELECT 1"]\n' in text_of(msgspec.structs.replace(FINISHED, run=later))


def test_runs_within_a_run_stand_below_it() -> None:
    inner = msgspec.structs.replace(KILLED, parent=FINISHED.id)
    lines = text_of((inner, FINISHED)).splitlines()

    assert ["train", "└ sweep"] == [line[32:].split("  ")[0] for line in lines[1:]]
