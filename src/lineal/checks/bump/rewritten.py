"""Whether two files hold the same tensors and nothing else that matters: the proof of a pure rewriting."""

from __future__ import annotations

from itertools import zip_longest

from lineal.formats.tensors.tensor import Contents, Tensor
from lineal.objects.structures import Structure

_TENSORS_ALONE = frozenset({"safetensors", "torch", "npz", "npy"})
"""Formats in which whatever a model learned is in its tensors."""


def may_be_rewritten(old: Structure | None, new: Structure | None) -> bool:
    """Tell whether two models are built alike, of tensors that are worth comparing."""
    return bool(
        old
        and new
        and {old.format, new.format} <= _TENSORS_ALONE
        and old.tensor_fingerprint
        and old.tensor_fingerprint == new.tensor_fingerprint
        and old.fingerprint == new.fingerprint
        and old.params == new.params
    )


def same_tensors(left: Contents, right: Contents, *, most_bytes: int) -> bool:
    """Tell whether two files hold the same tensors, and beside them the same values; stop at the first difference.

    Args:
        left: one file.
        right: the other.
        most_bytes: of more, nothing is known, and False is the answer.

    Raises:
        Corrupt: a file does not hold what it claims.
    """
    before, after = ({each.name: each for each in side.tensors} for side in (left, right))
    if not after or before.keys() != after.keys() or left.notes or right.notes:
        return False
    # What two formats say beside the tensors is of the formats; within one it is of the model.
    if left.format == right.format and left.facts != right.facts:
        return False
    if sum(each.size_bytes for each in (*left.tensors, *right.tensors)) > most_bytes:
        return False
    return all(_is_same(before[name], after[name]) for name in after)


def _is_same(old: Tensor, new: Tensor) -> bool:
    if (old.dtype, old.shape, old.layout) != (new.dtype, new.shape, new.layout):
        return False
    return all(one == other for one, other in zip_longest(old.read(), new.read(), fillvalue=b""))
