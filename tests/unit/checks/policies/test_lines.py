from __future__ import annotations

import pytest

from lineal.checks.policies.lines import check_lines, line_of
from lineal.checks.policies.policy import parse_policy
from lineal.objects.errors import Invalid

TEXT = """\
# what we ask
[evaluation]
dataset = "data:held-out"

[[gate.production]]
check = "approvals"

[[gate.staging]]
check = "lineage_complete"

[[ gate . production ]]  # again
check = "command"
run = '''
[[gate.production]]
check = "not one"
'''
"""


def test_each_place_is_found() -> None:
    assert (line_of(TEXT, "evaluation"), line_of(TEXT, "evaluation", key="dataset")) == (2, 3)
    assert (line_of(TEXT, "gate.production", 2, "check"), line_of(TEXT, "gate.production", 2, "cont")) == (12, 11)
    assert line_of(TEXT, "nowhere") == 0
    assert (check_lines(TEXT, "production"), check_lines(TEXT, "staging")) == ([5, 11], [8])


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("[[gate.production]]\ncheck = 'approvals'\n\n[[gate.production]]\ncheck = 'aprovals'", 5),
        ("[[gate.production]]\ncheck = 'approvals'\ncuont = 2", 3),
        ("[[gate.production]]\ncheck = 'approvals'\n\ncount = 'two'", 4),
        ("\n[[gate.production]]\ncheck = 'approvals'\ncount = 0", 2),
        ("[evaluation]\ndataset = 'x'\nlable = 'y'", 3),
        ("\n\n[[gate.prodution]]\ncheck = 'approvals'", 3),
        ("\n[evalution]", 2),
    ],
)
def test_an_error_says_its_line(wrong: str, line: int) -> None:
    with pytest.raises(Invalid) as caught:
        parse_policy(wrong)

    assert caught.value.message.startswith(f"line {line}: ")
