"""Numbers as sentences carry them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from lineal.checks.statistics.metrics import METRICS, metric_of

_LISTED = 6


def figure(value: float, digits: int = 3) -> str:
    """Return a number with at most ``digits`` decimals, or as many significant digits when it is large or tiny."""
    if value and not 10**-digits <= abs(value) < 100:
        return f"{value:.{digits + 1}g}"
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def apart(first: float, second: float) -> tuple[str, str]:
    """Return two numbers with so many decimals that they read differently when they are."""
    found = ((figure(first, digits), figure(second, digits)) for digits in range(3, 9))
    return next((each for each in found if first == second or each[0] != each[1]), (str(first), str(second)))


def listed(names: Iterable[str]) -> str:
    """Return names with commas, and how many more there are."""
    found = list(names)
    return ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else "")


def check_metric(name: str, *, among: Iterable[str] = METRICS) -> None:
    """Raise ValueError, which a policy reports, when no metric in ``among`` has that name."""
    allowed = list(among)
    is_ranking = "@" in name and any("@" in each for each in allowed)
    if name not in allowed and not (is_ranking and metric_of(name)):
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


def check_share(share: float, name: str) -> None:
    """Raise ValueError, which a policy reports, when the option ``name`` does not lie between 0 and 1."""
    if not 0 <= share <= 1:
        raise ValueError(f"{name} must lie between 0 and 1, not {share}")
