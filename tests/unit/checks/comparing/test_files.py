"""Trees side by side: every file is the same, or in one list of what differs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineal.checks.comparing.files import compare_files
from lineal.objects.digest import digest_of
from lineal.objects.files import Entry, Mode

CONTENTS = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["", "1", "2", "3"]), max_size=8)


def tree(files: dict[str, str], mode: Mode = "file") -> list[Entry]:
    return [
        Entry(path=path, digest=digest_of(text.encode()), size_bytes=len(text), mode=mode)
        for path, text in sorted(files.items())
    ]


def changes(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    found = compare_files(tree(left), tree(right))
    return {each.path: each.change + (f" from {each.was}" if each.was else "") for each in found}


def test_each_file_is_added_removed_modified_or_renamed() -> None:
    left = {"gone": "1", "same": "2", "changed": "3", "old/name": "4"}
    right = {"same": "2", "changed": "5", "new": "6", "new/name": "4"}

    assert changes(left, right) == {
        "gone": "removed",
        "changed": "modified",
        "new": "added",
        "new/name": "renamed from old/name",
    }


def test_empty_files_are_not_taken_for_each_other() -> None:
    assert changes({"a": ""}, {"b": ""}) == {"a": "removed", "b": "added"}


def test_a_file_that_may_be_run_now_is_modified() -> None:
    (found,) = compare_files(tree({"a": "1"}), tree({"a": "1"}, "executable"))

    assert found.change == "modified"


@given(CONTENTS, CONTENTS)
def test_the_changes_make_one_tree_of_the_other(left: dict[str, str], right: dict[str, str]) -> None:
    made = dict(left)
    for each in compare_files(tree(left), tree(right)):
        if each.change in {"removed", "renamed"}:
            del made[each.was or each.path]
    for each in compare_files(tree(left), tree(right)):
        if each.change == "renamed":
            assert left[each.was] == right[each.path]
        if each.change != "removed":
            made[each.path] = right[each.path]

    assert made == right
