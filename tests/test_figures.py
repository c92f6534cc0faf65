"""Printed figures: what is one, and how a number stands to it, at the edges of rounding."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bptui.audit.figures import is_known, parse_is, printed_error
from bptui.audit.verdicts import Verdict, decimals, judge
from bptui.story.address import AddressError, parse_quantity
from bptui.story.moment import START, Moment, MomentError, Phase, parse_moment
from bptui.story.setup import Setup
from tests.sessions import shipped

MATCH, LAST_DIGIT, WRONG = Verdict.MATCH, Verdict.LAST_DIGIT, Verdict.WRONG


@pytest.mark.parametrize(
    ("exact", "printed", "verdict"),
    [
        # rounded, or cut towards zero, which never makes a number larger
        (0.37752, "0.3775", MATCH),
        (0.37748, "0.3775", MATCH),
        (0.377549, "0.3775", MATCH),
        (0.377551, "0.3775", LAST_DIGIT),
        (0.377599, "0.3775", LAST_DIGIT),
        (0.377601, "0.3775", WRONG),
        (0.377451, "0.3775", MATCH),
        (0.377449, "0.3775", WRONG),
        (0.377401, "0.3775", WRONG),
        (0.377399, "0.3775", WRONG),
        # ties that floats hold exactly, either way
        (0.125, "0.12", MATCH),
        (0.125, "0.13", MATCH),
        (0.125, "0.14", WRONG),
        (0.125, "0.11", WRONG),
        (2.5, "2", MATCH),
        (2.5, "3", MATCH),
        (-2.5, "-2", MATCH),
        (-2.5, "-3", MATCH),
        # ties that floats do not hold, either way
        (0.15, "0.1", MATCH),
        (0.15, "0.2", MATCH),
        (1.005, "1.00", MATCH),
        (1.005, "1.01", MATCH),
        (2.675, "2.67", MATCH),
        (2.675, "2.68", MATCH),
        (0.56275, "0.5627", MATCH),
        (0.56275, "0.5628", MATCH),
        # what has no more digits cannot be cut
        (3.0, "2", WRONG),
        (1.0, "2", WRONG),
        (20.0, "19", WRONG),
        (2.999, "2", LAST_DIGIT),
        (0.0025, "1", WRONG),
        (1.0, "0", WRONG),
        (0.7, "0", LAST_DIGIT),
        (0.75, "0.50", WRONG),
        (0.5, "0.25", WRONG),
        # zeros at the end count
        (0.4, "0.4", MATCH),
        (0.4, "0.40", MATCH),
        (0.404, "0.40", MATCH),
        (0.404, "0.400", WRONG),
        (0.4004, "0.400", MATCH),
        (0.44, "0.4", MATCH),
        (0.44, "0.40", WRONG),
        (0.51130127, "0.511301270", MATCH),
        (0.5113012749, "0.511301270", WRONG),
        (0.5113012712, "0.511301270", WRONG),
        (0.5113012708, "0.511301270", LAST_DIGIT),
        # one digit
        (0.9000000000000001, "0.9", MATCH),
        (0.94, "0.9", MATCH),
        (0.96, "0.9", LAST_DIGIT),
        (1.001, "0.9", WRONG),
        (0.0, "0", MATCH),
        (0.4, "0", MATCH),
        (0.6, "0", LAST_DIGIT),
        (1.1, "0", WRONG),
        # whole numbers
        (100.4, "100", MATCH),
        (100.6, "100", LAST_DIGIT),
        (101.6, "100", WRONG),
        (7.0, "7", MATCH),
        # powers of ten: the last digit is that of the mantissa
        (0.001389380314, "1.389380314e-3", MATCH),
        (0.0013893803144, "1.389380314e-3", MATCH),
        (0.0013893803148, "1.389380314e-3", LAST_DIGIT),
        (0.0013893803152, "1.389380314e-3", WRONG),
        (0.000694690157, "0.694690157e-3", MATCH),
        (0.0006946901574, "0.694690157e-3", MATCH),
        (0.0006946901578, "0.694690157e-3", LAST_DIGIT),
        (0.0006946901582, "0.694690157e-3", WRONG),
        (0.001389380314, "1.389380314E-3", MATCH),
        (0.001389380314, "1.389380314E-03", MATCH),
        (1234.0, "1.2e3", MATCH),
        (1260.0, "1.2E+3", LAST_DIGIT),
        (1310.0, "1.2e3", WRONG),
        (1e-300, "1e-300", MATCH),
        (1.6e-300, "1e-300", LAST_DIGIT),
        (2.1e-300, "1e-300", WRONG),
        (1e300, "1e300", MATCH),
        (1.6e300, "1e300", LAST_DIGIT),
        (5e-324, "0.000", MATCH),
        (1.7976931348623157e308, "1.8e308", MATCH),
        # negative numbers, and both zeros
        (-0.39353434, "-0.39353434", MATCH),
        (-0.019049118258, "-0.019049119", WRONG),
        (-0.019049118258, "-0.019049118", MATCH),
        (-0.019049118258, "-0.019049120", WRONG),
        (0.39353434, "-0.39353434", WRONG),
        (-0.39353434, "0.39353434", WRONG),
        (-0.0, "0.0", MATCH),
        (0.0, "-0.0", MATCH),
        (-0.0, "-0.000", MATCH),
        (0.00004, "-0.0000", MATCH),
        (-0.00004, "0.0000", MATCH),
        (-0.00006, "-0.0000", LAST_DIGIT),
        (-0.00011, "-0.0000", WRONG),
        # a point without a digit beside it, and a plus
        (0.5, ".5", MATCH),
        (5.0, "5.", MATCH),
        (0.5, "+0.5", MATCH),
    ],
)
def test_a_verdict_is_that_of_the_printed_digits(
    exact: float, printed: str, verdict: Verdict
) -> None:
    assert judge(exact, printed) is verdict
    other = printed[1:] if printed[0] == "-" else f"-{printed.lstrip('+')}"
    assert judge(-exact, other) is verdict


@pytest.mark.parametrize("printed", ["0", "0.5", "1e308", "-1e-300", "99999999999999999999"])
@pytest.mark.parametrize("exact", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_matches_no_figure(exact: float | None, printed: str) -> None:
    assert judge(exact, printed) is WRONG


@pytest.mark.parametrize(
    ("exact", "low", "high"),
    [
        # sums and updates as networks make them, whose floats are a bit or two off the tie
        (0.1 * 0.1 + 0.7 * 0.2 + 0.3 * 0.05, "0.16", "0.17"),  # 0.16499999999999998
        (0.1 * 0.1 + 0.1 * 0.2 + 0.5 * 0.05, "0.05", "0.06"),  # 0.05500000000000001
        (0.44 - 0.5 * 0.069, "0.405", "0.406"),  # 0.40549999999999997
        (0.6 - 0.5 * 0.0745, "0.5627", "0.5628"),
        (0.1 + 0.05, "0.1", "0.2"),  # 0.15000000000000002
    ],
)
def test_a_tie_goes_either_way_through_the_noise_of_floats(
    exact: float, low: str, high: str
) -> None:
    assert (judge(exact, low), judge(exact, high)) == (MATCH, MATCH)


def test_the_noise_of_floats_is_no_more_than_their_last_bits() -> None:
    assert judge(0.1650001, "0.16") is LAST_DIGIT
    assert judge(0.1649999, "0.17") is WRONG
    assert judge(0.16500000001, "0.16") is LAST_DIGIT
    assert judge(0.16499999999, "0.17") is WRONG


def decimal_text(digits: int, places: int, exponent: int | None, mark: str) -> str:
    """Return a number as an article prints it: digits with a point, perhaps a power of ten."""
    sign, text = "-" * (digits < 0), str(abs(digits)).rjust(places + 1, "0")
    point = f"{text[:-places]}.{text[-places:]}" if places else text
    return sign + point + (f"{mark}{exponent}" if exponent is not None else "")


PRINTED = st.builds(
    decimal_text,
    st.integers(-(10**12), 10**12),
    st.integers(0, 12),
    st.none() | st.integers(-30, 30),
    st.sampled_from("eE"),
)


@given(
    PRINTED,
    st.decimals(min_value=-3, max_value=3, places=4),
)
@example("0.3775", Decimal("0.5"))
@example("0.3775", Decimal("-1"))
@example("1.389380314e-3", Decimal("0.4999"))
@example("0.694690157E-3", Decimal("-0.5001"))
@example("0.0000", Decimal("1.0001"))
@example("-0", Decimal("0.9999"))
def test_the_verdict_follows_from_the_definition(printed: str, distance: Decimal) -> None:
    mantissa, _, power = printed.lower().partition("e")
    unit = Fraction(10) ** (int(power or 0) - len(mantissa.partition(".")[2]))
    figure = Fraction(mantissa) * Fraction(10) ** int(power or 0)
    exact = float(figure + Fraction(distance) * unit)
    assume(math.isfinite(exact))
    away = abs(Fraction(exact) - figure) / unit
    noise = 8 * Fraction(math.ulp(exact)) / unit
    cut = Fraction(exact) * figure >= 0 and abs(figure) < abs(Fraction(exact)) < abs(figure) + unit
    other = LAST_DIGIT if cut else WRONG
    allowed = {MATCH if 2 * away <= 1 else other}
    if abs(away - Fraction(1, 2)) <= noise:  # a tie, but for the last bits
        allowed = {MATCH} if abs(distance) == Decimal("0.5") else {MATCH, other}
    elif abs(away - 1) <= noise:
        allowed = {LAST_DIGIT, WRONG}
    assert judge(exact, printed) in allowed


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_every_number_matches_what_is_printed_of_it(number: float, digits: int) -> None:
    for printed in (f"{number:.{digits}g}", f"{number:.{digits}e}", repr(number)):
        assume(printed_error(printed) is None)  # 1.7976931348623157e308 rounds up to 2e308
        assert judge(number, printed) is MATCH


@given(
    st.floats(min_value=-1e6, max_value=1e6, allow_nan=False, allow_subnormal=False),
    st.integers(0, 9),
)
def test_a_number_cut_off_is_off_by_its_last_digit_at_most(number: float, places: int) -> None:
    head, _, tail = f"{Decimal(number):f}".partition(".")
    printed = f"{head}.{tail[:places].ljust(places, '0')}"
    # what is a bit or two below a round number is that number on paper, and cannot be cut
    assume(abs(number) + 8 * math.ulp(number) < abs(float(printed)) + 10.0**-places)
    assert judge(number, printed) in {MATCH, LAST_DIGIT}


@pytest.mark.parametrize(
    "text",
    [
        "0.3775",
        "1.389380314e-3",
        "1.5E+10",
        "-0.5",
        "+0.5",
        "-0.0",
        "0",
        "7",
        ".5",
        "5.",
        "0.40",
        "007",
        "1e-300",
        "1e308",
        "0." + "3" * 300,
    ],
)
def test_plain_decimal_numbers_are_printed_figures(text: str) -> None:
    assert printed_error(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "-",
        "e5",
        "1e",
        "1e5.5",
        "--1",
        "1.2.3",
        "1/2",
        "0x10",
        "50%",
        "a half",
        "about 0.5",
        "0.5?",
        "1_000",
        "0.000_1",
        "0. 5",
        "NaN",
        "nan",
        "-nan",
        "sNaN",
        "NaN123",
        "inf",
        "-inf",
        "Infinity",
        "1e999",
        "-1e999",
        "1e309",
        "1" * 400,
        "0." + "1" * 500,
        "1e99999999999999999999",
        "\u00bd",
        "0.5\x00",
    ],
)
def test_anything_else_is_none_and_the_message_shows_how_to_write_one(text: str) -> None:
    assert printed_error(text) == (
        f'"{text[:40]}" is not a printed figure; write it like "0.3775" or "1.389380314e-3"'
    )


@pytest.mark.parametrize(
    "text",
    [
        "0.5 ",
        " 0.5",
        "0.5\t",
        "0.5\n",
        "0.5\r",
        "\x0b0.5",
        "0.5\x0c",
        "0.5\u00a0",
        "\uff10.\uff15",  # full-width digits
        "\u0660.\u0665",  # Arabic digits
        "0,5",
        "\u2248 0.5",
    ],
)
def test_what_means_a_number_is_told_how_to_write_it(text: str) -> None:
    assert printed_error(text) == f'"{text}" is not a printed figure; write it "0.5"'


def test_a_minus_sign_that_is_no_hyphen_becomes_one() -> None:
    assert printed_error("\u22120.5") == '"\u22120.5" is not a printed figure; write it "-0.5"'


@pytest.mark.parametrize("text", ["1e-9999999", "0e400", "0.0e400", "0e999999999", "-0e9999999"])
def test_a_power_of_ten_that_no_float_has_is_no_printed_figure(text: str) -> None:
    assert printed_error(text) is not None


@pytest.mark.parametrize("text", ["1e-324", "1e-400", "0e-400", "0e308", "0.000e-300"])
@pytest.mark.parametrize("exact", [0.0, -0.0, 5e-324, 0.5, -1e308])
def test_whatever_is_a_printed_figure_can_be_judged(exact: float, text: str) -> None:
    if printed_error(text) is None:
        assert judge(exact, text) in Verdict


@pytest.mark.parametrize(
    ("printed", "power"),
    [
        ("0.3775", -4),
        ("0.40", -2),
        ("-0.10", -2),
        ("0", 0),
        ("-0", 0),
        ("0.000", -3),
        ("100", 0),
        (".5", -1),
        ("5.", 0),
        ("1.5e-3", -4),
        ("1.5E-3", -4),
        ("1.389380314e-3", -12),
        ("0.694690157e-3", -12),
        ("1e3", 3),
        ("1.0e3", 2),
        ("1.0e+03", 2),
        ("1e-300", -300),
    ],
)
def test_the_last_digit_has_its_power_of_ten(printed: str, power: int) -> None:
    assert decimals(printed) == power


def mazur() -> Setup:
    """Return Mazur's example."""
    return shipped("mazur").setup


FORWARD = Moment.of(1, Phase.FORWARD)


@pytest.mark.parametrize(
    ("text", "address", "moment"),
    [
        ("E", "E", "1 forward"),
        ("dE/dw1 via o1", "dE/dw1 via o1", "1 forward"),
        ("E at 2 forward", "E", "2 forward"),
        ("dE/dw1 via o1 at 10000 backward", "dE/dw1 via o1", "10000 backward"),
        ("  E   at   2   forward  ", "E", "2 forward"),
        ("w5 at start", "w5", "start"),
        ("w5 at 1 update", "w5", "1 update"),
        ("net/h1", "", ""),
    ],
)
def test_is_names_a_quantity_here_or_at_a_moment(text: str, address: str, moment: str) -> None:
    network = mazur()
    if not address:
        with pytest.raises(AddressError):
            parse_is(text, network, FORWARD)
    else:
        expected = parse_quantity(address, network), parse_moment(moment)
        assert parse_is(text, network, FORWARD) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "at",
        "at 2 forward",
        "E at",
        " at 2 forward",
        "net h9",
        "net h9 at 2 forward",
        "E at 2 forward at 3",
    ],
)
def test_is_without_a_quantity_is_an_error(text: str) -> None:
    with pytest.raises(AddressError):
        parse_is(text, mazur(), FORWARD)


@pytest.mark.parametrize("text", ["E at 2", "E at noon", "E at 0 forward", "E at 2 noon", "E at "])
def test_is_at_no_moment_is_an_error(text: str) -> None:
    with pytest.raises(MomentError):
        parse_is(text, mazur(), FORWARD)


@pytest.mark.parametrize(
    ("address", "moments"),
    [
        ("net h1", [False, True, True, True]),
        ("E", [False, True, True, True]),
        ("dE/dw5", [False, False, True, True]),
        ("dnet/dout o1 h1", [False, False, True, True]),
        ("step w5", [False, False, False, True]),
        ("w5", [True, True, True, True]),
        ("input i1", [True, True, True, True]),
        ("target o1", [True, True, True, True]),
    ],
)
def test_a_quantity_is_known_from_its_phase_on(address: str, moments: list[bool]) -> None:
    quantity = parse_quantity(address, mazur())
    known = [is_known(quantity, START)]
    known += [is_known(quantity, Moment.of(3, phase)) for phase in Phase]
    assert known == moments


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1,5", "1.5"),
        ("0.5...", "0.5"),
        ("\u2248 0.5", "0.5"),
        ("1.5\u00b710-3", "1.5e-3"),
        ("1.5*10^-3", "1.5e-3"),
        ("-1.5 x 10^{-3}", "-1.5e-3"),
        ("1.5\u00d710\u207b\u00b3", "1.5e-3"),
    ],
)
def test_how_articles_print_a_number_is_told_how_it_is_written(text: str, written: str) -> None:
    assert printed_error(text) == f'"{text}" is not a printed figure; write it "{written}"'
