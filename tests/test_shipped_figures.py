"""The printed figures of the shipped presets, as they were worked out by hand."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

import msgspec
import pytest

from bptui.audit.findings import Finding, audit
from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset, shipped_presets
from bptui.preset.model import Figure
from bptui.preset.read import parse_preset, read_preset
from tests.audits import MATCH, addresses, exact, names, roots
from tests.sessions import audited


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
    # match, cut, rounded, carried, is, under, as, unexplained
    "afteracademy": (3, 1, 1, 2, 0, 0, 1, 3),
    "byu": (18, 0, 0, 0, 0, 0, 0, 0),
    "hankamber": (19, 1, 0, 0, 0, 0, 0, 0),
    "hmkcode": (14, 5, 1, 1, 0, 0, 0, 1),
    "hmkcode-code": (9, 0, 0, 3, 0, 0, 2, 0),
    "mazur": (28, 0, 1, 0, 1, 4, 0, 0),
    "karpathy": (8, 0, 0, 0, 0, 0, 0, 0),
    "negnevitsky": (15, 0, 0, 0, 0, 0, 0, 0),
    "pandey": (20, 9, 1, 16, 6, 0, 1, 0),
    "postnetwork": (5, 0, 0, 3, 0, 0, 1, 0),
    "relu": (22, 0, 0, 0, 0, 0, 0, 0),
    "simplified": (4, 0, 0, 4, 2, 0, 4, 0),
}

CUT = {
    "afteracademy": ["out h1"],
    "hankamber": ["Err n6"],
    "hmkcode": ["w6", "w1", "w2", "w3", "w4"],
    "pandey": [
        *("dE/dnet z3", "dE/dnet z4", "dE/dw5", "dE/dw6", "dE/db3", "dE/db4"),
        *("w5", "w8", "b4"),
    ],
}

ROUNDED = {
    # what is off in the last digit only because these were rounded
    "afteracademy": {"net o2": ["out h1", "out h2"]},
    "hmkcode": {"out h1": ["w1", "w2"]},
    "mazur": {"dE/dout h1 via o2": ["out o2"]},
    "pandey": {"E": ["out z3", "out z4"]},
}

LATER = ["net z1", "out z1", "net z3", "out z3", "net z4", "out z4", "E"]
ROOTS = {
    # the figures of each mistake, and those that it is carried into
    "afteracademy": {
        ("net o1",): ["out o1", "E"],
        ("out o2",): ["E"],
        ("w1",): [],
        ("E 2",): [],
    },
    "hmkcode": {("out h2 2",): ["out prediction"]},
    "hmkcode-code": {
        ("w3",): ["out h2", "out prediction"],
        ("w2",): ["out h1", "out prediction"],
    },
    "mazur": {
        ("E 2", "E 10001", "out o1 10001", "out o2 10001"): [],
        ("E 10001",): [],
    },
    "pandey": {
        ("dE/dw7",): ["w7", "net z3", "out z3", "E"],
        ("dE/dw1", "dE/dw3", "dE/db1"): ["w1", "w3", "b1", *LATER],
        ("dE/dw2", "dE/dw4", "dE/db2"): ["w2", "w4", "b2", "net z2", "out z2", *LATER[2:]],
    },
    "postnetwork": {("net n4",): ["out n3", "out n4", "E"]},
    "simplified": {
        ("W2",): [],
        ("net o1",): [],
        ("net o2", "out o1"): ["E o1", "E o2", "E"],
        ("out o2",): [],
        ("dE/dW7",): ["W7"],
    },
}

CLAIMS = {
    # whether each claim is right, and when its condition is first so
    "afteracademy": [(True, 21), (False, 6)],
    "relu-dead": [(True, 1), (True, 1)],
    "hmkcode": [(True, 2), (True, 15)],
    "hmkcode-code": [(True, 2)],
    "mazur": [(True, 5494)],
    "pandey": [(True, 2), (False, 2)],
    "simplified": [],
    "iris": [(True, 32)],
    "xor": [(True, 1530)],
}


def test_every_preset_that_has_figures_is_here() -> None:
    presets = map(read_preset, shipped_presets())
    assert {preset.name for preset in presets if preset.expected} == TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_a_shipped_preset_has_the_verdicts_and_causes_that_were_worked_out_by_hand(
    name: str,
) -> None:
    report = audited(name)
    assert [f.failed for f in report.findings if f.failed] == []
    assert report.passes
    seen = Counter(finding.cause or finding.verdict.value for finding in report.findings)
    order = ("match", "cut", "rounded", "carried", "is", "under", "as", "unexplained")
    assert tuple(seen[key] for key in order) == TABLE[name]
    assert len(report.findings) == sum(TABLE[name])
    cut = [str(f.printed.quantity) for f in report.findings if f.cause == "cut"]
    assert cut == CUT.get(name, [])
    rounded = {str(f.printed.quantity): names(f) for f in report.findings if f.cause == "rounded"}
    assert rounded == ROUNDED.get(name, {})


@pytest.mark.parametrize("name", ROOTS)
def test_a_shipped_presets_mistakes_carry_what_follows_from_them(name: str) -> None:
    found = {}
    for root in audited(name).roots:
        places = [(str(f.printed.quantity), f.printed.moment.iteration) for f in root.findings]
        key = tuple(f"{where} {later}" if later > 1 else where for where, later in places)
        found[key] = addresses(root.carried)
    assert found == ROOTS[name]


@pytest.mark.parametrize("name", CLAIMS)
def test_a_shipped_presets_claims_are_told_right_from_wrong(name: str) -> None:
    found = [(claim.right, claim.first) for claim in audited(name).claims]
    assert found == CLAIMS[name]
    for claim in audited(name).claims:
        assert claim.right != claim.claim.wrong


@pytest.mark.parametrize("name", TABLE)
def test_a_shipped_presets_carried_and_rounded_figures_and_no_others_have_sources(
    name: str,
) -> None:
    for finding in audited(name).findings:
        assert (finding.cause in ("carried", "rounded")) == bool(finding.carried_from)


@pytest.mark.parametrize("name", TABLE)
def test_the_verdicts_of_a_shipped_preset_are_those_of_a_second_book(name: str) -> None:
    text = find_preset(name).read_text(encoding="utf-8")
    for finding in audited(name).findings:
        printed = finding.printed
        if printed.moment.iteration > 2:
            continue
        number = exact(text, str(printed.moment))[str(printed.quantity)]
        mantissa, _, power = printed.text.partition("e")
        unit = Fraction(10) ** (int(power or 0) - len(mantissa.partition(".")[2]))
        figure = Fraction(printed.text)
        rounded = 2 * abs(Fraction(number) - figure) <= unit
        assert (finding.verdict is MATCH) == rounded
        size = Fraction(number) * (1 if figure > 0 else -1)
        assert (finding.cause == "cut") == (not rounded and 0 < size - abs(figure) < unit)
        assert finding.exact == pytest.approx(number, rel=1e-12)


MAZUR_CUT = "[expected.10001.forward]"


def mazur() -> str:
    """Return Mazur's preset without its ten thousand rounds and its notes."""
    text = find_preset("mazur").read_text(encoding="utf-8")
    assert MAZUR_CUT in text
    return text.partition(MAZUR_CUT)[0]


@pytest.mark.parametrize("name", ["hmkcode", "pandey", "mazur"])
def test_the_audit_never_looks_at_names_of_presets(name: str) -> None:
    text = mazur() if name == "mazur" else find_preset(name).read_text(encoding="utf-8")
    other = re.sub(r'(?m)^(title|source)( *)= ".*"', r'\1\2= "Anything else"', text)
    assert other != text
    before = audited(name) if name != "mazur" else audit(prepare(parse_preset(text, "mazur.toml")))
    after = audit(prepare(parse_preset(other, "somewhere/else.toml")))
    assert [told(f) for f in after.findings] == [told(f) for f in before.findings]


@pytest.mark.parametrize("name", ["afteracademy", "hmkcode-code", "pandey", "simplified"])
def test_causes_are_found_without_the_authors_word_where_they_are_carried(name: str) -> None:
    preset = read_preset(find_preset(name))
    bare = tuple(
        msgspec.structs.replace(e, figure=Figure(e.figure.printed)) for e in preset.expected
    )
    report = audit(prepare(msgspec.structs.replace(preset, expected=bare)))
    assert sorted(roots(report)) == sorted(roots(audited(name)))
    for finding in report.findings:
        needed = "no cause given: add is, under, as or unexplained" if finding.is_root else None
        assert finding.failed == needed
