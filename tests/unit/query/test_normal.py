"""Conditions mean the same, said in another way: what all must hold stands side by side, states are named."""

from __future__ import annotations

import pytest

from lineal.query.normal import NEVER, conjuncts
from lineal.query.sources import STATE
from lineal.query.syntax import Among, Condition, Every, Known, Measured, Not, Property, Some

A, B, C = (Measured(name, ">", 1.0) for name in "abc")
OPEN = Among(STATE, ("running", "scheduled"))
OVER = Among(STATE, tuple(each for each in STATE.words if each not in OPEN.texts))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Every((A, Every((B, Every(()))))), (A, B)),
        (Not(Some((A, Not(B)))), (Not(A), B)),
        (Not(Every((A, B))), (Some((Not(A), Not(B))),)),
        (Some((Every((A, B)),)), (A, B)),
        (Not(Not(Known("tag", "x"))), (Known("tag", "x"),)),
        (Not(OPEN), (OVER,)),
        (Among(STATE, OPEN.texts, negated=True), (OVER,)),
        (Property(STATE, "~", "INISH"), (Among(STATE, ("finished",)),)),
        (Property(STATE, "=", "unheard of"), (NEVER,)),
        (Property(STATE, "!=", "unheard of"), ()),
        (Not(Every((C, Property(STATE, "!=", "unheard of")))), (Not(C),)),
        (Some((A, Property(STATE, "=", "unheard of"))), (A,)),
        (Some((A, Property(STATE, "!=", "unheard of"))), ()),
        (Every((A, Some((NEVER, Every((B, NEVER)))))), (NEVER,)),
    ],
)
def test_conditions_are_said_as_flat_as_they_can_be(condition: Condition, expected: tuple[Condition, ...]):
    assert expected == conjuncts(condition)
