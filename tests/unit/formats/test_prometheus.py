"""Measures in Prometheus' text format: what is written is read, and adds up."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from lineal.formats.prometheus import BUCKETS_S, Counter, Gauge, Histogram, page, read

LABELS = st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]*", fullmatch=True), st.text(), max_size=3)


def test_a_page_is_what_the_format_says() -> None:
    requests = Counter("lineal_requests_total", "Requests\nanswered.")
    requests.add(status="200")
    requests.add(2, status="200")
    requests.add(0.5, status='5"0\\0\n')

    assert page(requests) == (
        "# HELP lineal_requests_total Requests\\nanswered.\n"
        "# TYPE lineal_requests_total counter\n"
        'lineal_requests_total{status="200"} 3\n'
        'lineal_requests_total{status="5\\"0\\\\0\\n"} 0.5\n'
    )


@given(st.dictionaries(LABELS.map(lambda each: tuple(sorted(each.items()))), st.floats(0), max_size=4))
def test_what_is_written_is_read(amounts: dict[tuple[tuple[str, str], ...], float]) -> None:
    counter = Counter("a_total", "A.")
    for labels, amount in amounts.items():
        counter._values[labels] = amount  # add(**labels) could not take a label called amount

    assert {tuple(sorted(labels.items())): value for _, labels, value in read(page(counter))} == amounts


@given(st.lists(st.floats(0, 20), max_size=30))
def test_a_buckets_count_is_how_many_were_not_above_its_end(durations: list[float]) -> None:
    histogram = Histogram("a_seconds", "A.")
    for each in durations:
        histogram.observe(each, version="x")
    samples = [(name, labels.get("le"), value) for name, labels, value in read(page(histogram))]
    buckets = {float(end): value for name, end, value in samples if end}
    rest = {name: value for name, end, value in samples if not end}

    if durations:
        assert buckets == {end: sum(each <= end for each in durations) for end in (*BUCKETS_S, math.inf)}
        assert rest["a_seconds_count"] == len(durations)
        assert math.isclose(rest["a_seconds_sum"], sum(durations))
    else:
        assert not samples


def test_a_number_that_is_not_finite_has_its_word() -> None:
    counter = Counter("a_total", "A.")
    counter.add(math.inf)

    assert page(counter).endswith("a_total +Inf\n")


def test_a_gauge_says_what_was_said_last() -> None:
    gauge = Gauge("waiting", "What waits.")
    gauge.set(3, queue="a")
    gauge.set(1.5, queue="a")
    gauge.set(0, queue="b")

    assert [("waiting", {"queue": "a"}, 1.5), ("waiting", {"queue": "b"}, 0.0)] == list(read(page(gauge)))


def test_durations_that_were_counted_elsewhere_are_as_if_observed_here() -> None:
    observed, included = (Histogram("d_seconds", "Durations.") for _ in range(2))
    counted = [0] * (len(BUCKETS_S) + 1)
    for seconds, place in ((0.0005, 0), (0.002, 1), (99.0, len(BUCKETS_S))):
        observed.observe(seconds, of="x")
        counted[place] += 1
    included.include(counted, 0.0005 + 0.002 + 99.0, of="x")

    assert page(observed) == page(included)
