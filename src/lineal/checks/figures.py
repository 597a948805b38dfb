"""Numbers as sentences carry them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from lineal.checks.metrics import METRICS

_LISTED = 6


def figure(value: float) -> str:
    """Return a number with three decimals at most, or four significant digits when it is large or tiny."""
    if value and not 0.001 <= abs(value) < 100:
        return f"{value:.4g}"
    text = f"{value:.3f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def listed(names: Iterable[str]) -> str:
    """Return names with commas, and how many more there are."""
    found = list(names)
    return ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else "")


def check_metric(name: str, *, among: Iterable[str] = METRICS) -> None:
    """Raise ValueError, which a policy reports, when no metric in ``among`` has that name."""
    allowed = list(among)
    if name not in allowed:
        near = get_close_matches(name, allowed, 1)
        raise ValueError(
            f"no metric here is called {name!r}"
            + (f"; did you mean {near[0]!r}?" if near else "")
            + f" (there are {', '.join(allowed)})"
        )


def check_margin(margin: float) -> None:
    """Raise ValueError, which a policy reports, when ``margin`` is negative or no number."""
    if not margin >= 0:
        raise ValueError(f"the margin must be zero or more, not {margin}")
