"""What names may be asked for, by whom, and with which packages."""

from __future__ import annotations

import sys

import pytest

from lineal.checks.scanning import names as scan_names
from lineal.checks.scanning.rules import judge, judge_name
from lineal.formats.scans.look import Trace

LOCK = frozenset(("numpy", "scikit-learn"))


@pytest.mark.parametrize(
    ("name", "named", "called"),
    [
        ("sklearn.linear_model._logistic.LogisticRegression", "clean", "clean"),
        ("sklearn.metrics._classification.f1_score", "clean", "suspicious"),
        ("numpy.log1p", "clean", "suspicious"),
        ("numpy.dtype", "clean", "clean"),
        ("numpy.load", "hostile", "hostile"),
        ("sklearn.datasets._openml.fetch_openml", "suspicious", "hostile"),
        ("xgboost.sklearn.XGBClassifier", "suspicious", "suspicious"),
        ("acme.Model", "suspicious", "suspicious"),
        ("__main__.Net", "suspicious", "suspicious"),
        ("os.system", "hostile", "hostile"),
        ("sklearn.utils.fixes.os.system", "hostile", "hostile"),
        ("sklearn.base.BaseEstimator.__subclasses__", "hostile", "hostile"),
        ("sklearn.utils.Popen", "hostile", "hostile"),
        ("__builtin__.eval", "hostile", "hostile"),
        ("__builtin__.unicode", "clean", "clean"),
        ("builtins.str.lower", "clean", "suspicious"),
        ("builtins.getattr", "clean", "hostile"),
        ("json.encoder.JSONEncoder", "suspicious", "suspicious"),
        ("operator.add", "clean", "suspicious"),
        ("operator.methodcaller", "hostile", "hostile"),
        ("builtins.ValueError", "clean", "clean"),
        ("pathlib.Path.write_text", "hostile", "hostile"),
    ],
)
def test_a_name_is_judged_by_what_it_is_and_whether_it_is_called(name: str, named: str, called: str) -> None:
    assert named == judge_name(name, LOCK, is_called=False).outcome
    assert called == judge_name(name, LOCK, is_called=True).outcome


def test_without_a_lock_every_known_library_is_expected() -> None:
    assert "clean" == judge_name("xgboost.sklearn.XGBClassifier", None, is_called=True).outcome
    assert "not-in-lock" == judge_name("xgboost.sklearn.XGBClassifier", LOCK, is_called=True).rule


def test_a_kind_of_trace_that_no_row_knows_is_suspicious() -> None:
    assert "suspicious" == judge(Trace("never heard of", "x"), None).outcome


def test_no_function_of_pythons_own_modules_may_be_called_but_those_on_the_list() -> None:
    """Whatever a module of Python's brings, calling it is never taken for harmless by accident."""
    modules = [each for each in sorted(sys.stdlib_module_names) if each in sys.modules and not each.startswith("_")]
    passed = {
        name
        for module in modules
        for attribute in dir(sys.modules[module])
        if judge_name(name := f"{module}.{attribute}", None, is_called=True).outcome == "clean"
    }

    assert passed - scan_names.PLAIN_CALLS <= {
        f"builtins.{each}" for each in dir(sys.modules["builtins"]) if each[0].isupper()
    }
