"""The states of a file's SHA-256 on its way: of a size that fits the file, or of no use."""

from __future__ import annotations

import pytest

from lineal.objects.chains import STATE_BYTES, Chain, piece_bytes_of

MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "piece", "states"),
    [
        (1, 16 * MIB, 0),
        (16 * MIB, 16 * MIB, 0),
        (16 * MIB + 1, 16 * MIB, 1),
        (2_048 * MIB, 16 * MIB, 127),
        (4_096 * MIB, 16 * MIB, 255),
        (4_096 * MIB + 1, 32 * MIB, 128),
        (1 << 40, 4_096 * MIB, 255),
    ],
)
def test_a_file_of_any_size_has_few_states(size: int, piece: int, states: int) -> None:
    assert piece_bytes_of(size) == piece
    assert Chain(piece, bytes(STATE_BYTES * states)).fits(size)
    for wrong in {states + 1, max(0, states - 1)} - {states}:
        assert not Chain(piece, bytes(STATE_BYTES * wrong)).fits(size)
    assert not Chain(piece, bytes(STATE_BYTES * states + 1)).fits(size)


@pytest.mark.parametrize("piece", [0, -1, 1, 64, 16 * MIB + 64])
def test_pieces_that_would_be_read_in_vain_are_of_no_use(piece: int) -> None:
    assert not Chain(piece, b"").fits(1)
    assert not Chain(piece, b"").fits(16 * MIB)


def test_nothing_has_no_states() -> None:
    assert not Chain(16 * MIB, b"").fits(0)
