"""``dvc.lock`` and ``dvc.yaml``."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.dvc import lock, pipeline
from lineal.formats.dvc.lock import Lock, Stage
from lineal.formats.dvc.pointer import Out
from lineal.objects.errors import Invalid, Unsupported
from tests.unit.formats.dvc.test_pointer import OUTS, PATHS

LOCK = b"""\
schema: '2.0'
stages:
  train:
    cmd: sh run.sh
    deps:
    - path: d
      hash: md5
      md5: 100822b9cebd777d887220d4124c5b7a.dir
      size: 14
      nfiles: 4
    - path: m.bin
      hash: md5
      md5: 20f35e630daf44dbfa4c3f68f5399d8c
      size: 5
    params:
      params.yaml:
        lr: 0.01
    outs:
    - path: out/metrics.json
      hash: md5
      md5: 94c610dd3ef66fa50d529c2997a68870
      size: 4
    - path: out/model.pkl
      hash: md5
      md5: 20f35e630daf44dbfa4c3f68f5399d8c
      size: 5
"""

PIPELINE = b"""\
artifacts:
  clf:
    path: out/model.pkl
    type: model
    desc: classifier
    labels: [tabular]
    meta: {framework: sklearn}
stages:
  train:
    cmd: sh run.sh
    deps: [m.bin, d]
    params: [lr]
    outs: [out/model.pkl]
    metrics:
      - out/metrics.json:
          cache: false
  each:
    foreach: [a, b]
    do:
      cmd: sh each.sh ${item}
      wdir: sub
      metrics: ["m-${item}.json"]
metrics: [all.json]
"""


def test_a_lock_is_read_and_written_byte_for_byte() -> None:
    found = lock.parse(LOCK, "dvc.lock")
    stage = found.stages["train"]

    assert ("sh run.sh",) == stage.commands
    assert ["d", "m.bin"] == [each.path for each in stage.deps]
    assert stage.deps[0].is_directory
    assert {"params.yaml": {"lr": 0.01}} == stage.params
    assert ["out/metrics.json", "out/model.pkl"] == [each.path for each in stage.outs]
    assert LOCK == lock.write(found)


ITEMS = st.lists(OUTS, max_size=3).map(tuple)
STAGES = st.builds(
    Stage,
    cmd=PATHS | st.lists(PATHS, min_size=1, max_size=3).map(tuple),
    deps=ITEMS,
    params=st.dictionaries(
        PATHS, st.dictionaries(PATHS, PATHS | st.integers() | st.booleans(), min_size=1, max_size=2), max_size=2
    ),
    outs=ITEMS,
)


@given(
    st.dictionaries(PATHS, STAGES, max_size=2),
    st.none() | st.lists(st.dictionaries(PATHS, PATHS, min_size=1), min_size=1),
)
def test_what_is_written_is_read_as_the_same(stages: dict[str, Stage], datasets: Any) -> None:
    value = Lock(stages=stages, datasets=datasets)

    assert value == lock.parse(lock.write(value), "dvc.lock")


def test_a_lock_of_dvc_1_had_no_schema() -> None:
    found = lock.parse(
        b"train:\n  cmd: sh run.sh\n  deps:\n  - path: a\n    md5: 20f35e630daf44dbfa4c3f68f5399d8c\n", "dvc.lock"
    )

    assert (Out(path="a", md5="20f35e630daf44dbfa4c3f68f5399d8c"),) == found.stages["train"].deps
    assert "md5-dos2unix" == found.stages["train"].deps[0].algorithm


def test_an_empty_lock_has_no_stages() -> None:
    assert {} == lock.parse(b"", "dvc.lock").stages
    assert {} == lock.parse(b"schema: '2.0'\nstages:\n", "dvc.lock").stages


def test_a_newer_lock_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"dvc\.lock has schema 3\.0; we know 2\.0"):
        lock.parse(b"schema: '3.0'\n", "dvc.lock")


@pytest.mark.parametrize(
    "data",
    [
        b"- a",
        b"schema: '2.0'\nstages: [a]",
        b"schema: '2.0'\nstages: {a: b}",
        b"schema: '2.0'\nstages: {a: {deps: []}}",
        b"schema: '2.0'\nstages: {a: {cmd: x, deps: {b: c}}}",
        b"schema: '2.0'\nstages: {a: {cmd: x, outs: [{path: y, md5: z}]}}",
        b"schema: '2.0'\nstages: {a: {cmd: x, params: [y]}}",
    ],
)
def test_what_is_no_lock_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"dvc\.lock") as caught:
        lock.parse(data, "dvc.lock")

    assert caught.value.hint


def test_a_pipeline_says_which_outs_are_metrics_and_what_has_a_name() -> None:
    found = pipeline.parse(PIPELINE, "dvc.yaml")

    assert ("out/metrics.json",) == found.stage_of("train").metrics
    assert ("sub", ("m-${item}.json",)) == (found.stage_of("each@a").wdir, found.stage_of("each@a").metrics)
    assert pipeline.Stage() == found.stage_of("gone")
    assert ("all.json",) == found.metrics
    assert ("out/model.pkl", "model", ("tabular",)) == (
        found.artifacts["clf"].path,
        found.artifacts["clf"].type,
        found.artifacts["clf"].labels,
    )
    assert pipeline.Pipeline() == pipeline.parse(b"", "dvc.yaml")


def test_a_template_fits_what_dvc_makes_of_it() -> None:
    assert pipeline.fits("m-${item}.json", "m-a.json")
    assert pipeline.fits("m.json", "m.json")
    assert not pipeline.fits("m.json", "m-json")
    assert not pipeline.fits("m-${item}.json", "m-.json")


@pytest.mark.parametrize(
    "data",
    [b"- a", b"stages: [a]", b"stages: {a: b}", b"metrics: [[a]]", b"artifacts: {a: {}}", b"stages: {a: {cmd: {}}}"],
)
def test_what_is_no_pipeline_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"dvc\.yaml") as caught:
        pipeline.parse(data, "dvc.yaml")

    assert caught.value.hint
