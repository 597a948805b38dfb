"""Files of strangers: whatever they claim, nothing runs, looking ends soon, and what cannot be told is said."""

from __future__ import annotations

import bz2
import gzip
import io
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.formats.scans import look
from lineal.formats.scans.contents import look_into
from tests.surfaces.programs.hostile import corpus
from tests.surfaces.programs.hostile.archive_assembly import zipped
from tests.surfaces.programs.hostile.pickle_assembly import call, named, number, pickled, short, text, wrapper
from tests.unit.formats.scans.making import found, scanned

FILES = sorted(
    (f"{title}: {name}", name, content)
    for title, files in corpus("/nowhere").items()
    for name, content in files.items()
)
SMALL = [each for each in FILES if len(each[2]) < 20_000]


@given(
    chosen=st.sampled_from(SMALL),
    cut=st.integers(0, 1 << 12),
    changes=st.lists(st.tuples(st.integers(0, 1 << 12), st.binary(min_size=1, max_size=4)), max_size=6),
)
@settings(max_examples=400, deadline=None)
def test_a_file_that_was_spoiled_is_looked_into_or_found_unreadable(
    chosen: tuple[str, str, bytes], cut: int, changes: list[tuple[int, bytes]]
) -> None:
    data = bytearray(chosen[2])
    for place, new in changes:
        at = place % max(len(data), 1)
        data[at : at + len(new)] = new
    look_into(chosen[1], io.BytesIO(bytes(data[: len(data) - cut % max(len(data), 1)] if cut % 3 == 0 else data)))


@given(
    st.lists(
        st.sampled_from(
            b"]}()tuase.RbN012qhjQocidP\x82\x85\x86\x87\x88\x8c\x8e\x8f\x90\x91\x92\x93\x94\x81\x95\x96K\x01\x05aX"
        ),
        max_size=60,
    ),
    st.sampled_from(("model.pkl", "model.bin")),
)
@settings(max_examples=250, deadline=None)
def test_any_opcodes_in_any_order_are_followed_or_found_unreadable(signs: list[int], name: str) -> None:
    scanned(b"\x80\x04" + bytes(signs) + b".", name)
    scanned(bytes(signs), name)


@given(
    st.binary(max_size=200), st.sampled_from(("m.onnx", "m.gguf", "m.h5", "m.7z", "saved_model.pb", "m.npy", "m.json"))
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_under_any_name_are_looked_into_or_found_unreadable(data: bytes, name: str) -> None:
    signs = {
        "m.gguf": b"GGUF\3\0\0\0",
        "m.h5": b"\x89HDF\r\n\x1a\n",
        "m.7z": b"7z\xbc\xaf\x27\x1c",
        "m.npy": b"\x93NUMPY\1\0",
    }
    scanned(data, name)
    scanned(signs.get(name, b"") + data, name)


def test_what_lies_beside_a_saved_model_and_has_no_operations_is_clean() -> None:
    fingerprint = b"\x08\xf8\x53\x10\xb7\x20\x32\x02\x08\x04"

    assert "clean" == scanned(fingerprint, "fingerprint.pb").outcome
    assert "unreadable" == scanned(fingerprint, "saved_model.pb").outcome


def test_the_constant_arguments_of_a_call_are_told() -> None:
    (finding,) = scanned(pickled(call(named("posix", "system"), text("rm -rf /")))).findings

    assert ("hostile", "posix.system", "('rm -rf /')") == (finding.outcome, finding.what, finding.said)


def test_what_breaks_off_after_a_call_is_told_with_the_call() -> None:
    said = {each.outcome for each in scanned(b"\x80\x04" + call(named("os", "system"), text("x")) + b"\xff").findings}

    assert {"hostile", "unreadable"} == said


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04\x8e" + (1 << 50).to_bytes(8, "little") + b"x.",
        b"\x80\x05\x96" + (1 << 50).to_bytes(8, "little") + b"x.",
        b"\x80\x04\x8d" + (1 << 50).to_bytes(8, "little") + b"x.",
        b"\x80\x02c" + b"x" * (3 << 20),
        b"\x80\x02L" + b"9" * 1_000_000 + b"L\n.",
        b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".",
        b"\x80\x02]q\x000" + b"".join(b"h%ch%c\x86q%c" % (n, n, n + 1) for n in range(200)) + b".",
        pickled(b"]", (b"2" + b"a") * 50_000),
        pickled(wrapper(call(named("numpy", "dtype"), text("f8")), (1 << 31) - 1)),
        pickled(wrapper(call(named("numpy", "dtype"), b"]"), 1)),
    ],
    ids=["bytes", "bytearray", "text", "line", "number", "deep", "laughs", "itself", "array", "dtype"],
)
def test_bombs_are_survived_in_no_time(data: bytes) -> None:
    started = time.process_time()
    scanned(data)

    assert time.process_time() - started < 10


def test_a_dtype_that_nobody_can_judge_is_unreadable() -> None:
    odd = wrapper(call(named("numpy", "dtype"), call(named("builtins", "str"), text("f8"))), 1)

    assert "unreadable" == scanned(pickled(odd) + bytes(8)).outcome


def test_what_unpacks_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "UNPACKED_BYTES_MAX", 8 << 20)
    big = bytes(64 << 20)
    bombs = {
        "m.pkl.gz": gzip.compress(big),
        "m.pkl.bz2": bz2.compress(big),
        "m.pkl": zlib.compress(big),
        "m.zip": zipped({"a.pkl": big}, method=zipfile.ZIP_DEFLATED),
    }
    for name, data in bombs.items():
        tracemalloc.start()
        assert "unreadable" == scanned(data, name).outcome, name
        assert tracemalloc.get_traced_memory()[1] < 80 << 20
        tracemalloc.stop()


def test_a_few_bytes_that_claim_a_window_of_gigabytes_get_none() -> None:
    tracemalloc.start()
    assert "unreadable" == scanned(b"\x5d\x00\x00\x00\xff" + b"\xff" * 8 + bytes(40)).outcome
    assert tracemalloc.get_traced_memory()[1] < 80 << 20
    tracemalloc.stop()


def test_a_list_of_members_that_breaks_off_is_unreadable() -> None:
    data = zipped({"m/data.pkl": pickled(b"}")})
    at = data.find(b"PK\x01\x02")

    assert "unreadable" == scanned(data[: at + 8] + data[data.find(b"PK\x05\x06") :], "model.pt").outcome


def test_archives_in_archives_are_given_up_at_a_depth() -> None:
    data = pickled(call(named("os", "system"), text("x")))
    for _ in range(look.DEPTH_MAX + 2):
        data = zipped({"inner.zip": data})

    assert "unreadable" == scanned(data, "m.zip").outcome


def test_a_pickle_of_too_many_steps_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "STEPS_MAX", 1_000)

    assert "unreadable" == scanned(b"\x80\x02" + b"N0" * 1_000 + b"N.").outcome


def test_findings_beyond_those_that_are_kept_are_counted() -> None:
    calls = b"".join(call(named("os", "system"), number(each)) + b"0" for each in range(300))
    found = scanned(pickled(calls + b"N"))

    assert (200, 100) == (len(found.findings), found.left_out)


def test_text_is_no_pickle_whatever_its_lines_are() -> None:
    for words in (
        "cat\ndog\nhouse\n",
        "isympy\nsympy\n",
        "lightning\npytorch\n",
        "cos\nsystem\nis fine\n",
        "I am.\n",
        "No.",
    ):
        assert "clean" == scanned(words.encode(), "words.txt").outcome, words


def test_a_name_is_told_as_python_reads_it_whatever_the_opcode() -> None:
    memo = short("os") + b"\x94" + b"0" + short("system") + b"\x94" + b"0h\x00h\x01\x93"

    assert {"os.system"} == found(pickled(call(memo, text("x"))))
    assert {"os.system"} == found(pickled(b"(" + text("x") + b"ios\nsystem\n", protocol=1))


def test_nothing_is_run_that_pickle_would_run(tmp_path) -> None:
    marker = tmp_path / "ran"
    files = corpus(str(marker))
    for title, each in files.items():
        for name, data in each.items():
            assert scanned(data, name).outcome != "clean" or title in _NEED_MORE_THAN_THE_FILE, title

    assert not marker.exists()
    pickle.loads(files["protocol 3"]["model.pkl"])  # to show that it would have been
    assert marker.exists()


_NEED_MORE_THAN_THE_FILE = {"a secret", "a link that leads out", "mlflow, a loader", "mlflow, code"}
"""Found by who looks for secrets and for links; and directories of which one file is sound."""


def test_numbers_that_begin_as_a_pickle_are_numbers() -> None:
    weights = b"\x80\x02" + struct.pack("<30f", *range(30))
    data = zipped({"m/data.pkl": pickled(b"}", protocol=2), "m/version": b"3", "m/data/0": weights})

    assert "clean" == scanned(data, "model.pt").outcome
