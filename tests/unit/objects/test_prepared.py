"""Types that several threads read values of at once."""

from __future__ import annotations

import subprocess
import sys

from lineal.objects.prepared import prepared

_PROGRAM = """
import sys
import threading

import msgspec

from lineal.objects.prepared import prepared

sys.setswitchinterval(1e-6)  # as often as on a busy machine within days


def read(kind, data, together):
    together.wait()
    assert msgspec.json.decode(data, type=prepared(kind)).parts[0].part.number == 7
    assert msgspec.convert({"parts": []}, prepared(kind)).parts == []


for number in range(200):
    leaf = msgspec.defstruct("Leaf", [("number", int), ("names", dict[str, int | None], {})])
    part = msgspec.defstruct("Part", [("part", leaf), ("more", tuple[leaf, ...], ())])
    whole = msgspec.defstruct("Whole", [("parts", list[part]), ("by_name", dict[str, part], {})])
    data = b'{"parts": [{"part": {"number": 7}}]}'
    together = threading.Barrier(4)
    threads = [threading.Thread(target=read, args=(whole, data, together)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
"""


def test_threads_that_read_the_first_values_of_a_type_at_once_get_them() -> None:
    # In a process of its own: what goes wrong here ends it.
    done = subprocess.run((sys.executable, "-c", _PROGRAM), capture_output=True, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_a_type_is_given_back_as_it_is() -> None:
    kind = list[int | None]

    assert prepared(kind) is kind is prepared(kind)
