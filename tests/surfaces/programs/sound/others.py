"""Values of Python's own, tables and arrays."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import fractions
import functools
import ipaddress
import operator
import pathlib
import pickle
import random
import re
import types
import uuid
import zoneinfo
from argparse import Namespace
from http import HTTPStatus

import numpy as np
import pandas as pd
import scipy.sparse
import scipy.special
import scipy.stats
from omegaconf import OmegaConf

from .place import FRAME, Place, X


def values(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    plain = {
        "times": [
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            dt.date(2026, 1, 1),
            dt.timedelta(1),
            zoneinfo.ZoneInfo("Europe/Berlin"),
        ],
        "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1j, 10**60, -(1 << 70), float("nan"), True, None],
        "paths": [pathlib.Path("a/b"), pathlib.PurePosixPath("/x")],
        "ids": [uuid.uuid4(), ipaddress.ip_address("10.0.0.1")],
        "collections": [
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
            collections.deque([1], 3),
            collections.defaultdict(list, a=[1]),
            {1, 2},
            frozenset({3}),
            collections.ChainMap({}),
        ],
        "others": [
            slice(1, 2),
            range(3),
            bytearray(b"x"),
            b"bytes" * 100,
            types.SimpleNamespace(a=1),
            Namespace(b=2),
            re.compile("a+"),
            random.Random(0),
            HTTPStatus.OK,
            ValueError("x"),
            Ellipsis,
        ],
        "functions": [
            functools.partial(np.clip, a_min=0, a_max=1),
            operator.itemgetter(1),
            operator.add,
            len,
            scipy.special.expit,
            scipy.stats.norm,
            np.log1p,
            np.mean,
            str.lower,
        ],
    }


def tables(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    plain = {
        "times": [
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            dt.date(2026, 1, 1),
            dt.timedelta(1),
            zoneinfo.ZoneInfo("Europe/Berlin"),
        ],
        "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1j, 10**60, -(1 << 70), float("nan"), True, None],
        "paths": [pathlib.Path("a/b"), pathlib.PurePosixPath("/x")],
        "ids": [uuid.uuid4(), ipaddress.ip_address("10.0.0.1")],
        "collections": [
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
            collections.deque([1], 3),
            collections.defaultdict(list, a=[1]),
            {1, 2},
            frozenset({3}),
            collections.ChainMap({}),
        ],
        "others": [
            slice(1, 2),
            range(3),
            bytearray(b"x"),
            b"bytes" * 100,
            types.SimpleNamespace(a=1),
            Namespace(b=2),
            re.compile("a+"),
            random.Random(0),
            HTTPStatus.OK,
            ValueError("x"),
            Ellipsis,
        ],
        "functions": [
            functools.partial(np.clip, a_min=0, a_max=1),
            operator.itemgetter(1),
            operator.add,
            len,
            scipy.special.expit,
            scipy.stats.norm,
            np.log1p,
            np.mean,
            str.lower,
        ],
    }
    for title, each in plain.items():
        for protocol in (0, 2, 5):
            place.pickled(f"values, {title}, protocol {protocol}", each, protocol=protocol)


def arrays(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    place.pickled(
        "numpy",
        [
            X,
            np.float64(1),
            np.datetime64("2026"),
            np.dtype([("a", "f4"), ("b", "O")]),
            np.random.default_rng(0),
            np.random.RandomState(0),
            np.ma.masked_array([1], [True]),
            np.array([b"x"]),
            np.array(["ü"]),
        ],
    )


def values_3(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    place.pickled("numpy, protocol 2", [X, np.arange(3, dtype=">i4"), np.zeros((2, 0))], protocol=2)


def values_4(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    place.pickled(
        "scipy",
        [
            scipy.sparse.csr_matrix(X),
            scipy.sparse.coo_array(X),
            scipy.stats.norm(0, 1),
            scipy.interpolate.interp1d([0, 1], [0, 1]) if hasattr(scipy, "interpolate") else None,
        ],
    )


def values_5(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    table = FRAME.assign(
        kind=pd.Categorical(["x"] * 120),
        span=pd.Timedelta("1d"),
        count=pd.array([1, None] * 60, dtype="Int64"),
        period=pd.period_range("2026", periods=120, freq="D"),
    )


def values_6(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    table = FRAME.assign(
        kind=pd.Categorical(["x"] * 120),
        span=pd.Timedelta("1d"),
        count=pd.array([1, None] * 60, dtype="Int64"),
        period=pd.period_range("2026", periods=120, freq="D"),
    )
    place.pickled(
        "pandas",
        [
            table,
            table.a,
            table.groupby("color").a.mean(),
            pd.MultiIndex.from_product([[1], [2]]),
            pd.Timestamp("2026-01-01"),
            pd.NaT,
            pd.NA,
            pd.Interval(0, 1),
            pd.offsets.MonthEnd(),
        ],
    )


def values_7(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    table = FRAME.assign(
        kind=pd.Categorical(["x"] * 120),
        span=pd.Timedelta("1d"),
        count=pd.array([1, None] * 60, dtype="Int64"),
        period=pd.period_range("2026", periods=120, freq="D"),
    )
    table.to_pickle(place.at("pandas, zip", "table.pkl.gz"))


def values_8(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    place.pickled("omegaconf", OmegaConf.create({"a": {"b": [1, 2]}}))


def values_9(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    np.save(place.at("npy", "rows.npy"), X)


def values_10(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    np.save(place.at("npy, objects", "rows.npy"), np.array([{"a": 1}, "x"], dtype=object))


def values_11(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    np.save(place.at("npy, records", "rows.npy"), np.zeros(3, dtype=[("a", "f8"), ("b", "U3")]))


def values_12(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    np.savez(place.at("npz", "rows.npz"), a=X, b=np.arange(3))


def values_13(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    np.savez_compressed(place.at("npz, objects", "rows.npz"), a=np.array([None, {"b": X}], dtype=object))


def values_14(place: Place) -> None:
    """Pickle values of Python's own and of tables."""
    plain = {
        "times": [
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            dt.date(2026, 1, 1),
            dt.timedelta(1),
            zoneinfo.ZoneInfo("Europe/Berlin"),
        ],
        "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1j, 10**60, -(1 << 70), float("nan"), True, None],
        "paths": [pathlib.Path("a/b"), pathlib.PurePosixPath("/x")],
        "ids": [uuid.uuid4(), ipaddress.ip_address("10.0.0.1")],
        "collections": [
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
            collections.deque([1], 3),
            collections.defaultdict(list, a=[1]),
            {1, 2},
            frozenset({3}),
            collections.ChainMap({}),
        ],
        "others": [
            slice(1, 2),
            range(3),
            bytearray(b"x"),
            b"bytes" * 100,
            types.SimpleNamespace(a=1),
            Namespace(b=2),
            re.compile("a+"),
            random.Random(0),
            HTTPStatus.OK,
            ValueError("x"),
            Ellipsis,
        ],
        "functions": [
            functools.partial(np.clip, a_min=0, a_max=1),
            operator.itemgetter(1),
            operator.add,
            len,
            scipy.special.expit,
            scipy.stats.norm,
            np.log1p,
            np.mean,
            str.lower,
        ],
    }
    for title, each in plain.items():
        for protocol in (0, 2, 5):
            place.pickled(f"values, {title}, protocol {protocol}", each, protocol=protocol)
    with place.at("pickles in a row", "rows.pkl").open("wb") as file:
        for each in range(3):
            pickle.dump({"row": each}, file)


PARTS = (
    values,
    tables,
    arrays,
    values_3,
    values_4,
    values_5,
    values_6,
    values_7,
    values_8,
    values_9,
    values_10,
    values_11,
    values_12,
    values_13,
    values_14,
)
