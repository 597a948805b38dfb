"""Sources: each comes back from its bytes as what it is, and says for people where it is and which state is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.objects.canonical import canonical_bytes
from lineal.objects.errors import Corrupt, Unsupported
from lineal.objects.sources import SOURCES, Source, decode_source
from lineal.testing.strategies import objects
from tests.unit.objects.examples import EXAMPLES


@given(st.one_of([objects(kind) for kind in SOURCES.values()]))
def test_a_source_comes_back_as_the_kind_it_is(source: Source) -> None:
    assert source == decode_source(canonical_bytes(source))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"type":1}', b'{"type":"object-source"}'])
def test_what_is_no_source_is_corrupt(data: bytes) -> None:
    with pytest.raises(Corrupt):
        decode_source(data)


def test_a_kind_of_a_newer_lineal_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="moon-source"):
        decode_source(b'{"type":"moon-source"}')


@pytest.mark.parametrize(
    ("tag", "place", "state"),
    [
        ("object-source", "s3://bucket/customers.csv", "version 3sL4kqtJlcpXroDTDmJ"),
        ("prefix-source", "gs://bucket/images/", "the list sha256:"),
        ("delta-source", "delta://s3://bucket/sales", "version 7"),
        ("iceberg-source", "iceberg://lake/sales.orders", "snapshot 2684023957634281523"),
        ("query-source", "a query on warehouse", "the result sha256:"),
    ],
)
def test_people_read_where_it_is_and_which_state_is_meant(tag: str, place: str, state: str) -> None:
    source = EXAMPLES[tag]

    assert isinstance(source, tuple(SOURCES.values()))
    assert place == source.place
    assert state in source.state
