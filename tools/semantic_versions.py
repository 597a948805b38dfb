"""The page of the rules of semantic versions, and of real models that they were tried on."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.checks.bump import RULES
from tests.unit.checks.bump.pairs import PAIRS

_HEAD = """\
# Semantic versions

A version's semantic version is derived from what differs from the version before. Each difference is a finding of one of the
rules below: the rule, the level, what differs and where. The level of the version is the highest of them. `lineal model bump`
shows the findings as release notes, of a version or of a run before it is one; `lineal show` shows those that were kept when
it was registered.

- **major**: a caller or the serving side may break.
- **minor**: answers may differ.
- **patch**: the weights are the same, byte for byte or tensor for tensor, so every answer is; or the weights, packages or code
  are others, and every [golden request](../guides/golden-requests.md) of the version before is answered as it was.

Inputs may only ask for less than before, outputs may only become more exact. A type is wider than another when it holds
every value of that: `int32` in `int64` and in `float64`; not `int64` in `float64`, which loses digits. What is not known of
one of the two versions is not compared.

A lower level than the derived one needs the role of an approver and a reason; both levels stay in the version's statement.

## Another level for a rule

In `lineal.toml`, by the id of the rule:

```toml
[semver]
output-added = "patch"      # our callers ignore what they don't know
package-upgraded = "patch"
extra_inputs = "refused"    # by default "ignored": what servers do with inputs that a model does not read
```

A rule that there is not is an error, which names the nearest.

## Rules
"""

_PAIRS = """
## Real models

Pairs of models that the libraries themselves wrote, as successive versions, with the level that the definitions above ask
for. They are tests: each has that level, by a finding of that rule. Those of scikit-learn answered golden requests, each by Lineal's
own server.

| before | after | level | rule | why |
|---|---|---|---|---|
"""


def page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield _HEAD
    yield "| rule | about | level | with the same weights | with equal answers | when |\n|---|---|---|---|---|---|"
    for name, rule in RULES.items():
        yield f"| `{name}` | {rule.about} | {rule.level} | {rule.equal or rule.level} | {rule.replayed or rule.level} | {rule.what} |"
    yield _PAIRS.rstrip("\n")
    for each in PAIRS:
        yield f"| `{each.old}` | `{each.new}` | {each.level} | `{each.rule}` | {each.why} |"
