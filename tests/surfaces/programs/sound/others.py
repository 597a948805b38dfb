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
import scipy.interpolate
import scipy.sparse
import scipy.special
import scipy.stats
from omegaconf import OmegaConf

from .place import FRAME, Place, X

PLAIN = {
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
"""Values of Python's own, and functions that stand in pipelines."""

ARRAYS = [
    X,
    np.float64(1),
    np.datetime64("2026"),
    np.dtype([("a", "f4"), ("b", "O")]),
    np.random.default_rng(0),
    np.random.RandomState(0),
    np.ma.masked_array([1], [True]),
    np.array([b"x"]),
    np.array(["ü"]),
]

SPARSE = [
    scipy.sparse.csr_matrix(X),
    scipy.sparse.coo_array(X),
    scipy.stats.norm(0, 1),
    scipy.interpolate.interp1d([0, 1], [0, 1]),
]


def values(place: Place) -> None:
    """Pickle values of Python's own."""
    for title, each in PLAIN.items():
        for protocol in (0, 2, 5):
            place.pickled(f"values, {title}, protocol {protocol}", each, protocol=protocol)
    place.pickled("omegaconf", OmegaConf.create({"a": {"b": [1, 2]}}))
    with place.at("pickles in a row", "rows.pkl").open("wb") as file:
        for each in range(3):
            pickle.dump({"row": each}, file)


def tables(place: Place) -> None:
    """Pickle tables of pandas'."""
    table = FRAME.assign(
        kind=pd.Categorical(["x"] * 120),
        span=pd.Timedelta("1d"),
        count=pd.array([1, None] * 60, dtype="Int64"),
        period=pd.period_range("2026", periods=120, freq="D"),
    )
    grouped = table.groupby("color").a.mean()
    index = pd.MultiIndex.from_product([[1], [2]])
    single = [pd.Timestamp("2026-01-01"), pd.NaT, pd.NA, pd.Interval(0, 1), pd.offsets.MonthEnd()]
    place.pickled("pandas", [table, table.a, grouped, index, *single])
    table.to_pickle(place.at("pandas, gzip", "table.pkl.gz"))


def arrays(place: Place) -> None:
    """Pickle arrays, and save them as NumPy does."""
    place.pickled("numpy", ARRAYS)
    place.pickled("numpy, protocol 2", [X, np.arange(3, dtype=">i4"), np.zeros((2, 0))], protocol=2)
    place.pickled("scipy", SPARSE)
    np.save(place.at("npy", "rows.npy"), X)
    np.save(place.at("npy, objects", "rows.npy"), np.array([{"a": 1}, "x"], dtype=object))
    np.save(place.at("npy, records", "rows.npy"), np.zeros(3, dtype=[("a", "f8"), ("b", "U3")]))
    np.savez(place.at("npz", "rows.npz"), a=X, b=np.arange(3))
    np.savez_compressed(place.at("npz, objects", "rows.npz"), a=np.array([None, {"b": X}], dtype=object))


PARTS = (values, tables, arrays)
