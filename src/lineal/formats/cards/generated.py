"""The generated parts of a card: for each section, the facts that belong there, as blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from lineal.formats import costs, markdown
from lineal.formats.cards.blocks import Block, Cell, Code, Diagram, Facts, Lines, Mono, Rate, Table, Text, Title
from lineal.formats.cards.facts import CardFacts, CheckFact, OutsideFact
from lineal.objects.outside_evaluations import OutsideResult
from lineal.objects.statements import SliceResult

_COLUMNS_MAX, _PARAMS_MAX, _PACKAGES_MAX, _RELEASES_MAX, _DATA_MAX, _SLICES_MAX = 200, 200, 500, 50, 100, 60
_OUTSIDE_MAX = 200
"""A card is read by people; the JSON form has everything."""


def generated(section: str, facts: CardFacts) -> tuple[Block, ...]:
    """Return the generated part of a section; empty for one that only a person writes."""
    return tuple(_GENERATED[section](facts)) if section in _GENERATED else ()


def framework_of(facts: CardFacts) -> str:
    """Return the framework with its version."""
    return f"{facts.facts.framework} {facts.facts.framework_version}".strip()


def _details(facts: CardFacts) -> Iterator[Block]:
    known = facts.facts
    yield Facts(
        (
            ("Version", facts.reference),
            ("Digest", Mono(facts.digest)),
            ("Stage", facts.stage),
            ("Aliases", ", ".join(facts.aliases)),
            ("Owner", facts.owner),
            ("Registered", markdown.time(facts.created_at)),
            ("Made by", facts.run),
            ("Framework", framework_of(facts)),
            ("Classes", ", ".join(known.classes)),
            ("Fine-tuned from", facts.base),
            ("License", facts.labels.license),
        )
    )
    if facts.files:
        rows = [(each.path, Mono(each.digest), f"{each.size_bytes:,}") for each in facts.files[:_DATA_MAX]]
        yield Table(("File", "SHA-256", "bytes"), rows, 2)
    if known.architecture:
        yield Text("Architecture:")
        yield Code(known.architecture)
    for title, columns in (("Inputs", known.inputs), ("Outputs", known.outputs)):
        if columns:
            yield Table((title, "dtype"), [(name, Mono(dtype)) for name, dtype in _first(columns, _COLUMNS_MAX)], 2)
            yield from _rest(len(columns), _COLUMNS_MAX, "columns")
    if facts.params:
        shown = [(key, str(value)) for key, value in _first(dict(sorted(facts.params.items())), _PARAMS_MAX)]
        yield Table(("Parameter", "value"), shown, 2)
        yield from _rest(len(facts.params), _PARAMS_MAX, "parameters")


def _metrics(facts: CardFacts) -> Iterator[Block]:
    if facts.evaluation is None:
        yield Text("It has not been measured on held-out rows.")
    else:
        overall = facts.evaluation.overall
        rows = [
            (name, markdown.figure(value), markdown.interval(overall.intervals.get(name)))
            for name, value in overall.metrics.items()
        ]
        yield Table(("Metric", "value", "95 % interval"), rows)
        if facts.evaluation.cost:
            yield Title("What it costs")
            yield Table(("Cost", "as measured where it predicted"), list(costs.facts(facts.evaluation.cost)), 2)
    for each in facts.outside:
        yield from _outside(each)
    if facts.run_metrics:
        yield Title("Told by the run itself")
        yield Table(("Metric", "value"), [(name, markdown.figure(value)) for name, value in facts.run_metrics.items()])


def _outside(said: OutsideFact) -> Iterator[Block]:
    """Yield what another tool measured, with its own errors, and on what."""
    found = said.found
    yield Title(f"Measured by {found.tool} {found.tool_version}".strip())
    rows = [
        (
            outside_name(each),
            name,
            markdown.figure(value),
            markdown.interval(each.intervals.get(name)) or _error(each, name),
        )
        for each in found.results
        for name, value in each.metrics.items()
    ]
    yield Table(("Of", "metric", "value", "error"), rows[:_OUTSIDE_MAX], 2)
    yield from _rest(len(rows), _OUTSIDE_MAX, "metrics")
    bound = f"on {said.dataset}" if said.dataset else "bound to no dataset here"
    stated = f"; its files say {found.dataset_said}" if found.dataset_said else ""
    yield Text(_signed(f"{found.format}, {bound}{stated}, given by {said.by}", said.at))


def outside_name(result: OutsideResult) -> str:
    """Return what a result of another tool is about."""
    group = f"{result.feature}={result.value}" if result.feature else ""
    return " ".join(filter(None, (result.task, group))) or "all"


def _error(result: OutsideResult, name: str) -> str:
    return f"± {markdown.figure(result.standard_errors[name])}" if name in result.standard_errors else ""


def _evaluation_data(facts: CardFacts) -> Iterator[Block]:
    found = facts.evaluation
    if found is None:
        yield Text("None yet.")
        return
    yield Facts(
        (
            ("Dataset", facts.evaluation_dataset or found.dataset),
            ("Digest", Mono(found.dataset)),
            ("Rows", f"{found.overall.row_count:,}"),
            ("Label", found.label),
            ("Positive", found.positive),
            ("Query", found.query),
            ("Queries", f"{found.overall.query_count:,} with something to find" if found.query else ""),
            ("Own metrics", ", ".join(found.functions)),
            ("Answered by", found.function),
            ("Measured", _signed(facts.evaluated_by, facts.evaluated_at) if facts.evaluated_at else ""),
        )
    )


def _training_data(facts: CardFacts) -> Iterator[Block]:
    if not facts.data:
        yield Text("It is not known what this version was trained on.")
        return
    rows = [
        (
            each.path,
            each.reference or "a file that is in no dataset",
            Mono(each.digest),
            "" if each.row_count is None else f"{each.row_count:,}",
            f"{len(each.columns):,}" if each.columns else "",
        )
        for each in facts.data[:_DATA_MAX]
    ]
    yield Table(("Path", "dataset", "SHA-256", "rows", "columns"), rows, 3)
    yield from _rest(len(facts.data), _DATA_MAX, "files")
    for each in facts.data[:3]:
        if each.columns:
            listed = ", ".join(f"{name} ({dtype})" for name, dtype in _first(each.columns, _COLUMNS_MAX))
            yield Text(f"Columns of {each.reference or each.path}: {listed}.")


def _quantitative(facts: CardFacts) -> Iterator[Block]:
    found = facts.evaluation
    if found is None or not found.slices:
        yield Text("No subgroup has been measured.")
        return
    for feature in dict.fromkeys(each.feature for each in found.slices):
        slices = [each for each in found.slices if each.feature == feature]
        names = list(dict.fromkeys(name for each in slices for name in each.metrics))
        rows: list[list[Cell]] = [
            [each.value, f"{each.row_count:,}", *(_rate(each, name) for name in names)] for each in slices[:_SLICES_MAX]
        ]
        yield Table((feature, "rows", *names), rows)
        yield from _rest(len(slices), _SLICES_MAX, "subgroups")
    yield Text("Beside or below each number: its 95 % confidence interval.")


def _rate(result: SliceResult, name: str) -> Cell:
    if name not in result.metrics:
        return "too few rows"
    return Rate(markdown.figure(result.metrics[name]), markdown.interval(result.intervals.get(name)))


def _history(facts: CardFacts) -> Iterator[Block]:
    if facts.bump:
        since = f" since {facts.bump.previous}" if facts.bump.previous else ""
        yield Title(f"What is new{since}")
        yield Lines((*facts.bump.findings, *facts.changes))
        if facts.bump.pre_release and facts.bump.since_pre_release:
            yield Text(f"Since {facts.bump.pre_release}:")
            yield Lines(facts.bump.since_pre_release)
        if facts.bump.overridden_because:
            yield Text(f"The level was chosen by hand: {facts.bump.overridden_because}")
    for title, lines in (("Code", facts.code), ("Runtime", facts.runtime), ("Hardware", facts.hardware)):
        if lines:
            yield Title(title)
            yield Lines(lines)
    if facts.lineage.nodes:
        yield Title("Lineage")
        yield Diagram(facts.lineage)
    if len(facts.releases) > 1:
        yield Title("Versions")
        yield Table(
            ("Version", "stage", "registered", "by", "level"),
            [
                (each.reference, each.stage, markdown.time(each.at), each.by, each.level)
                for each in facts.releases[:_RELEASES_MAX]
            ],
            5,
        )
        yield from _rest(len(facts.releases), _RELEASES_MAX, "versions")


def _trust(facts: CardFacts) -> Iterator[Block]:
    yield Facts(
        (
            ("Scan", _checked(facts.scan) if facts.scan else "not scanned"),
            ("Signatures", "; ".join(map(_checked, facts.signatures)) or "not signed"),
        )
    )
    for gate in facts.gates:
        yield Title(f"Gate of {gate.stage}: {gate.outcome}")
        yield Table(("Check", "verdict", "why"), [(v.check, v.outcome, v.reason) for v in gate.verdicts], 3)
        yield Text(_signed(f"asked by {gate.by}", gate.at))
    yield Title("Approvals")
    if facts.approvals:
        rows = [(each.by, each.stage, markdown.time(each.at), each.comment) for each in facts.approvals]
        yield Table(("By", "for", "at", "said"), rows, 4)
    else:
        yield Text("Nobody has approved it.")
    yield Title("Where it runs")
    if facts.deployments:
        yield Table(
            ("Deployment", "environment", "target", "state", "since"),
            [
                (
                    short_deployment(each.reference),
                    each.environment,
                    each.target,
                    each.state,
                    markdown.time(each.started_at),
                )
                for each in facts.deployments
            ],
            5,
        )
    else:
        yield Text("It is not deployed.")


def short_deployment(reference: str) -> str:
    """Return the beginning of a deployment's reference, by which it can be asked for."""
    return reference[:23]


def _checked(found: CheckFact) -> str:
    said = ", ".join(f"{name} {value}" for name, value in found.said.items())
    return _signed(f"{said or 'done'}, by {found.by}", found.at)


def _signed(who: str, at: int) -> str:
    return f"{who}, {markdown.time(at)}"


def _first(found: Mapping[str, object], most: int) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in list(found.items())[:most]]


def _rest(count: int, most: int, what: str) -> Iterator[Block]:
    if count > most:
        yield Text(f"… and {count - most:,} {what} more; the JSON form of this card has them all.")


def packages(facts: CardFacts) -> tuple[Block, ...]:
    """Return the packages that the version was made with."""
    rows = [(each.name, each.version) for each in facts.packages[:_PACKAGES_MAX]]
    return (Table(("Package", "version"), rows, 2), *_rest(len(facts.packages), _PACKAGES_MAX, "packages"))


def changes(facts: CardFacts) -> Iterator[Block]:
    """Yield what changed over the life of the model: each version with the evidence for its number."""
    for each in facts.releases[:_RELEASES_MAX]:
        yield Title(f"{each.reference}, {markdown.time(each.at)}, by {each.by} ({each.stage})")
        yield Lines(each.findings or ("nothing is recorded",))
    yield from _rest(len(facts.releases), _RELEASES_MAX, "versions")


_GENERATED: dict[str, Callable[[CardFacts], Iterator[Block]]] = {
    "model-details": _details,
    "metrics": _metrics,
    "evaluation-data": _evaluation_data,
    "training-data": _training_data,
    "quantitative-analyses": _quantitative,
    "history": _history,
    "trust": _trust,
}
