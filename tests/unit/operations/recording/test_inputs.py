"""What runs say that they used and made is kept in the order in which they said it, once."""

from __future__ import annotations

import msgspec
import pytest

from lineal.client.local import LocalRepository
from lineal.objects.errors import Invalid, NotFound
from lineal.operations.recording import inputs, tracking
from lineal.operations.recording.summaries import Dataset, Inputs, MadeModel, Outputs, Pair, UsedDataset, UsedModel
from tests.unit.operations.tracking import begin, tracked

__all__ = ["tracked"]


def used(name: str, context: str = "", source: str = "there") -> UsedDataset:
    tags = [Pair(inputs.CONTEXT, context)] if context else []
    return UsedDataset(tags=tags, dataset=Dataset(name, "d1", "s3", source))


def shown(repository: LocalRepository, run: str) -> tuple[Inputs, Outputs]:
    found = tracking.tracked(repository, run)
    return msgspec.json.decode(found.inputs, type=Inputs), msgspec.json.decode(found.outputs, type=Outputs)


def test_the_first_word_about_a_dataset_stays(tracked: LocalRepository):
    run, other = begin(tracked), begin(tracked)
    inputs.add_inputs(tracked, run, datasets=(used("z", "train"), used("a")), models=("m-2",))
    inputs.add_inputs(tracked, run, datasets=(used("z", "test", "elsewhere"), used("b")), models=("m-1", "m-2"))
    inputs.add_inputs(tracked, other, datasets=(used("z", "test", "elsewhere"),))

    assert [used("z", "train"), used("a"), used("b")] == shown(tracked, run)[0].dataset_inputs
    assert [UsedModel("m-2"), UsedModel("m-1")] == shown(tracked, run)[0].model_inputs
    assert [used("z", "test")] == shown(tracked, other)[0].dataset_inputs


def test_a_model_is_made_once_at_each_step(tracked: LocalRepository):
    run = begin(tracked)
    for models in ((MadeModel("m-2", 0),), (MadeModel("m-1", 0), MadeModel("m-2", 5), MadeModel("m-2", 0))):
        inputs.add_outputs(tracked, run, models=models)

    assert [MadeModel("m-2", 0), MadeModel("m-1", 0), MadeModel("m-2", 5)] == shown(tracked, run)[1].model_outputs


def test_a_run_that_tells_of_nothing_used_nothing(tracked: LocalRepository):
    run = begin(tracked)
    inputs.add_inputs(tracked, run)
    inputs.add_outputs(tracked, run, models=())

    assert (Inputs(), Outputs()) == shown(tracked, run)


def test_only_a_run_that_goes_on_can_tell(tracked: LocalRepository):
    run = begin(tracked)
    tracking.delete(tracked, run)
    for work in (
        lambda run: inputs.add_inputs(tracked, run, datasets=(used("a"),)),
        lambda run: inputs.add_outputs(tracked, run, models=(MadeModel("m", 0),)),
        lambda run: inputs.append(tracked, run, key="k", value=msgspec.Raw(b"1")),
    ):
        with pytest.raises(Invalid, match="active"):
            work(run)
        with pytest.raises(NotFound):
            work("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert [] == tracked.store.database.run("SELECT * FROM named_dataset")


def test_a_tag_that_is_no_list_begins_anew(tracked: LocalRepository):
    run = begin(tracked)
    tracking.record(tracked, run, tags={"k": "no list"})
    for value in (b'{"a":1}', b"2"):
        inputs.append(tracked, run, key="k", value=msgspec.Raw(value))

    assert (
        '[{"a":1},2]'
        == {each.key: each.value for each in msgspec.json.decode(tracking.tracked(tracked, run).tags, type=list[Pair])}[
            "k"
        ]
    )


def test_datasets_of_experiments_are_listed_once_for_each_use(tracked: LocalRepository):
    for context in ("train", "train", "test", ""):
        inputs.add_inputs(tracked, begin(tracked), datasets=(used("a", context),))

    assert ["", "test", "train"] == sorted(each.context for each in inputs.datasets_of(tracked, experiments=(0, 1)))
    assert 2 == len(inputs.datasets_of(tracked, experiments=(0,), limit=2))
    assert () == inputs.datasets_of(tracked, experiments=()) == inputs.datasets_of(tracked, experiments=(1,))
