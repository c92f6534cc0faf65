"""The printed figures of the shipped presets, as they were worked out by hand."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from functools import cache

import msgspec
import pytest

from bptui.audit.findings import Audit, Finding, audit
from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset
from bptui.preset.model import Figure
from bptui.preset.read import parse_preset, read_preset
from tests.audits import LAST_DIGIT, MATCH, WRONG, addresses, exact, names


def told(finding: Finding) -> tuple[object, ...]:
    """Return all that a finding says."""
    printed = finding.printed
    return (
        str(printed.quantity),
        str(printed.moment),
        printed.text,
        finding.exact,
        finding.verdict,
        finding.cause,
        finding.because,
        names(finding),
        finding.suggestions,
        finding.failed,
    )


TABLE = {
    # match, last digit, carried, is, under, unexplained
    "afteracademy": (3, 1, 3, 0, 0, 4),
    "hmkcode": (14, 5, 3, 0, 0, 0),
    "hmkcode-code": (9, 0, 3, 0, 0, 2),
    "mazur": (29, 1, 0, 0, 4, 0),
    "pandey": (20, 9, 17, 6, 0, 1),
    "simplified": (4, 0, 4, 1, 0, 4),
}

LAST_DIGITS = {
    "afteracademy": ["out h1"],
    "hmkcode": ["w6", "w1", "w2", "w3", "w4"],
    "hmkcode-code": [],
    "mazur": ["dE/dout h1 via o2"],
    "pandey": [
        *("dE/dnet z3", "dE/dnet z4", "dE/dw5", "dE/dw6", "dE/db3", "dE/db4"),
        *("w5", "w8", "b4"),
    ],
    "simplified": [],
}

ROOTS = {
    # each root mistake and the figures that it is carried into
    "afteracademy": {
        "net o1": ["out o1", "E"],
        "out o2": ["E"],
        "w1": [],
        "E 2": [],
    },
    "hmkcode": {},
    "hmkcode-code": {
        "w3": ["out h2", "out prediction"],
        "w2": ["out h1", "out prediction"],
    },
    "mazur": {"E 2": [], "E 10001": [], "out o1 10001": [], "out o2 10001": []},
    "pandey": {
        "dE/dw7": ["w7", "net z3", "out z3", "E"],
        "dE/dw1": ["w1", "net z1", "out z1", "net z3", "out z3", "net z4", "out z4", "E"],
        "dE/dw2": ["w2", "net z2", "out z2", "net z3", "out z3", "net z4", "out z4", "E"],
        "dE/dw3": ["w3", "net z1", "out z1", "net z3", "out z3", "net z4", "out z4", "E"],
        "dE/dw4": ["w4", "net z2", "out z2", "net z3", "out z3", "net z4", "out z4", "E"],
        "dE/db1": ["b1", "net z1", "out z1", "net z3", "out z3", "net z4", "out z4", "E"],
        "dE/db2": ["b2", "net z2", "out z2", "net z3", "out z3", "net z4", "out z4", "E"],
    },
    "simplified": {
        "net o1": [],
        "net o2": ["E o2", "E"],
        "out o1": ["E o1", "E"],
        "out o2": [],
        "dE/dW7": ["W7"],
    },
}


@cache
def shipped(name: str) -> Audit:
    """Return the audit of a shipped preset."""
    return audit(prepare(read_preset(find_preset(name))))


@pytest.mark.parametrize("name", TABLE)
def test_a_shipped_preset_has_the_verdicts_and_causes_that_were_worked_out_by_hand(
    name: str,
) -> None:
    report = shipped(name)
    assert [f.failed for f in report.findings if f.failed] == []
    assert report.passes
    seen = Counter(f.cause if f.verdict is WRONG else f.verdict.value for f in report.findings)
    order = ("match", "last-digit", "carried", "is", "under", "unexplained")
    assert tuple(seen[key] for key in order) == TABLE[name]
    assert len(report.findings) == sum(TABLE[name])
    off = [str(f.printed.quantity) for f in report.findings if f.verdict is LAST_DIGIT]
    assert off == LAST_DIGITS[name]


@pytest.mark.parametrize("name", ROOTS)
def test_a_shipped_presets_root_mistakes_carry_what_follows_from_them(name: str) -> None:
    report = shipped(name)
    found = {}
    for root in report.roots:
        later = root.printed.moment.iteration
        key = f"{root.printed.quantity}" + (f" {later}" if later > 1 else "")
        found[key] = addresses(report.carries(root))
    assert found == ROOTS[name]


@pytest.mark.parametrize("name", TABLE)
def test_a_shipped_presets_carried_figures_and_no_others_have_sources(name: str) -> None:
    for finding in shipped(name).findings:
        assert (finding.cause == "carried") == bool(finding.carried_from)


@pytest.mark.parametrize("name", TABLE)
def test_the_verdicts_of_a_shipped_preset_are_those_of_a_second_book(name: str) -> None:
    text = find_preset(name).read_text(encoding="utf-8")
    for finding in shipped(name).findings:
        printed = finding.printed
        if printed.moment.iteration > 2:
            continue
        number = exact(text, str(printed.moment))[str(printed.quantity)]
        mantissa, _, power = printed.text.partition("e")
        unit = Fraction(10) ** (int(power or 0) - len(mantissa.partition(".")[2]))
        away = abs(Fraction(number) - Fraction(printed.text)) / unit
        expected = MATCH if 2 * away <= 1 else LAST_DIGIT if away <= 1 else WRONG
        assert finding.verdict is expected
        assert finding.exact == pytest.approx(number, rel=1e-12)


MAZUR_CUT = "[expected.10000.forward]"


def mazur() -> str:
    """Return Mazur's preset without its ten thousand rounds and its notes."""
    text = find_preset("mazur").read_text(encoding="utf-8")
    assert MAZUR_CUT in text
    return text.partition(MAZUR_CUT)[0]


@pytest.mark.parametrize("name", ["afteracademy", "hmkcode", "hmkcode-code", "pandey", "mazur"])
def test_the_audit_never_looks_at_names_of_presets(name: str) -> None:
    text = mazur() if name == "mazur" else find_preset(name).read_text(encoding="utf-8")
    other = re.sub(r'(?m)^(title|source)( *)= ".*"', r'\1\2= "Anything else"', text)
    assert other != text
    before = audit(prepare(parse_preset(text, f"{name}.toml")))
    after = audit(prepare(parse_preset(other, "somewhere/else.toml")))
    assert [told(f) for f in after.findings] == [told(f) for f in before.findings]


@pytest.mark.parametrize("name", ["afteracademy", "hmkcode-code", "pandey", "simplified"])
def test_causes_are_found_without_the_authors_word_where_they_are_carried(name: str) -> None:
    preset = read_preset(find_preset(name))
    bare = tuple(
        msgspec.structs.replace(e, figure=Figure(e.figure.printed)) for e in preset.expected
    )
    report = audit(prepare(msgspec.structs.replace(preset, expected=bare)))
    assert addresses(report.roots) == addresses(shipped(name).roots)
    assert {f.failed for f in report.roots} == {"no cause given: add is, under, as or unexplained"}
    assert not any(f.failed for f in report.findings if not f.is_root)
