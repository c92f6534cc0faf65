"""What articles say in words: `[[claims]]`, each with its own verdict."""

from __future__ import annotations

import pytest

from bptui.audit.claims import LIMIT, ClaimFound
from bptui.preset.errors import PresetError
from bptui.view.audit_report import claim_told, report
from tests.audits import checked, exact, preset


def claim(said: str, text: str = "It learns.") -> str:
    """Return a preset that makes a claim."""
    return preset() + f'\n[[claims]]\ntext = "{text}"\n{said}\n'


def found(said: str) -> ClaimFound:
    """Return what the audit says of a claim."""
    (only,) = checked(claim(said)).claims
    return only


LOSSES = [exact(preset(), f"{k} forward")["E"] for k in (1, 2, 3, 4)]
BELOW = f"E < {(LOSSES[1] + LOSSES[2]) / 2:.6f}"
"""What first holds in iteration 3."""


@pytest.mark.parametrize(
    ("when", "right", "first"),
    [
        ('at = "3 forward"', True, 3),
        ('at = "4 forward"', True, 3),
        ('at = "2 forward"', False, 3),
        ('first = "3 forward"', True, 3),
        ('first = "4 forward"', False, 3),
        ('first = "2 forward"', False, 3),
        ("never = true", False, 3),
    ],
)
def test_a_claim_is_right_if_its_condition_holds_when_it_says(
    when: str, right: bool, first: int
) -> None:
    wrong = "" if right else "\nwrong = true"
    outcome = found(f'holds = "{BELOW}"\n{when}{wrong}')
    assert (outcome.right, outcome.first, outcome.failed) == (right, first, None)


def test_what_never_holds_is_searched_for_to_the_limit() -> None:
    outcome = found('holds = "E > 7"\nnever = true')
    assert (outcome.right, outcome.first, outcome.searched) == (True, None, LIMIT)
    assert claim_told(outcome).endswith("it does not in the first 10,000 iterations")


@pytest.mark.parametrize(
    ("when", "wrong", "told"),
    [
        ('at = "3 forward"', "wrong = true", "it is right: remove wrong"),
        ('at = "2 forward"', "", "it is wrong: add wrong = true"),
        ("never = true", "", "it is wrong: add wrong = true"),
    ],
)
def test_a_claim_that_is_not_as_the_preset_says_fails(when: str, wrong: str, told: str) -> None:
    audited = checked(claim(f'holds = "{BELOW}"\n{when}\n{wrong}'))
    assert audited.claims[0].failed == told
    assert not audited.passes
    assert f"      fails: {told}" in report("made", audited)


def test_a_wrong_claim_that_is_said_to_be_wrong_passes_and_the_true_iteration_is_told() -> None:
    said = f'holds = "{BELOW}"\nfirst = "2 forward"\nwrong = true\nbecause = "Too early."'
    audited = checked(claim(said, "It takes two."))
    assert audited.passes
    lines = report("made", audited)
    assert lines[0] == "made: 1 claim"
    told = (
        f'  ✗ "It takes two.": {BELOW} should hold first at 2 forward; it first does in iteration 3'
    )
    assert lines[1:] == [told, "      Too early."]


def test_a_gradient_or_a_new_weight_may_be_claimed() -> None:
    assert found('holds = "dE/dw5 > 0"\nat = "1 backward"').right
    assert found('holds = "w5 < 0.36"\nat = "1 update"').right
    assert found('holds = "w5 < 0.30"\nat = "1 update"\nwrong = true').failed is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('holds = "E < 0.1"', "say when it should hold: at, first or never = true"),
        ('holds = "E < 0.1"\nat = "1 forward"\nnever = true', "say when it should hold"),
        ('holds = "E < 0.1"\nat = "1 forward"\nfirst = "2 forward"', "say when it should hold"),
        ('holds = "frob < 0.1"\nnever = true', "frob"),
        ('holds = "E"\nnever = true', "E"),
        ('holds = "E < 0.1"\nat = "noon"', "noon"),
        ('holds = "E < 0.1"\nat = "99999999 forward"', "too far to check"),
        ("never = true", "holds"),
    ],
)
def test_a_claim_that_means_nothing_is_refused(said: str, told: str) -> None:
    with pytest.raises(PresetError) as error:
        checked(claim(said))
    assert told in str(error.value)
