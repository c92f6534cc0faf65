"""An article's own notation: it goes as far as articles do, and what is shown is understood."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from bptui.audit.expressions import parse_expression
from bptui.preset.model import Notation
from bptui.session import messages as c
from bptui.session.session import open_session
from bptui.story.address import Kind, all_quantities, has_at_most, parse_quantity
from bptui.story.conditions import parse_condition
from bptui.story.derivation import derive
from bptui.story.edits import parse_change
from bptui.story.formula import references
from bptui.story.moment import Moment, Phase
from bptui.story.notation import naming, symbol
from bptui.story.setup import Setup, with_change
from bptui.story.timeline import Timeline
from bptui.view.formula import head, sign, symbols
from bptui.view.latex import latex_sign
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.audits import checked
from tests.audits import preset as printed
from tests.networks import dense
from tests.sessions import after, session_of, stepped

FULL = Notation(
    net="z",
    out="a_{}",
    hidden="H({})",
    outputs=("ŷ1", "ŷ2"),
    target=("y1", "y2"),
    loss="E_total",
    learning_rate="α",
    delta="Δ",
    error="Err {}",
    new="{}⁺",
)
STRANGE = Notation(
    net="in/{}",
    out="out",
    hidden="out'{}",
    target="t_{}",
    loss="C",
    delta="{}!",
    error="e",
    new="n",
)


def in_notation(setup: Setup, notation: Notation) -> Setup:
    """Return a setup whose article writes things in another way."""
    return with_change(setup, setup.state, lambda p: structs.replace(p, notation=notation))[0]


def mazur(notation: Notation = FULL) -> Setup:
    """Return Mazur's example as another article would write it."""
    return in_notation(session_of("mazur").setup, notation)


DEEP = replace(dense((2, 2, 2, 2), samples=2), batch="full").setup()


@pytest.mark.parametrize("notation", [FULL, STRANGE], ids=["full", "strange"])
@pytest.mark.parametrize("network", [session_of("mazur").setup, DEEP], ids=["mazur", "deep"])
def test_every_symbol_of_any_notation_is_read_back(network: Setup, notation: Notation) -> None:
    setup = in_notation(network, notation)
    names = naming(setup)
    assert Kind.ERROR in {quantity.kind for quantity in all_quantities(setup)}
    for quantity in all_quantities(setup):
        ages = ("", "new") if quantity.kind is Kind.PARAMETER else ("",)
        for text in (symbol(quantity, names), *(sign(quantity, names, age) for age in ages)):
            assert parse_quantity(text, setup) == quantity, text


def test_in_a_large_network_the_articles_words_are_understood_too() -> None:
    setup = in_notation(dense((60, 40, 2)).setup(), FULL)
    assert not has_at_most(setup, 5000)
    names = naming(setup)
    for address in ("out o2", "target o1", "E", "dE/dw9", "dE/dout o1", "dE/dnet h7", "Err h7"):
        quantity = parse_quantity(address, setup)
        assert parse_quantity(sign(quantity, names), setup) == quantity


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("net h1", "z_h₁"),
        ("out h1", "H(h₁)"),
        ("out o1", "ŷ₁"),
        ("target o2", "y₂"),
        ("E", "E_total"),
        ("E o1", "E_o₁"),
        ("dE/dw5", "∂E_total/∂w₅"),
        ("dE/dw1 via o2", "∂E_o₂/∂w₁"),
        ("dE/dnet h1", "Δ_h₁"),
        ("dout/dnet o1", "∂ŷ₁/∂z_o₁"),
        ("dnet/dout o1 h1", "∂z_o₁/∂H(h₁)"),
        ("dnet/dout h1 i1", "∂z_h₁/∂i₁"),
        ("Err h1", "Err_h₁"),
        ("w5", "w₅"),
    ],
)
def test_formulas_write_what_the_article_writes(address: str, text: str) -> None:
    setup = mazur()
    assert sign(parse_quantity(address, setup), naming(setup)) == text


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("out o1", r"\hat{y}_{\mathit{1}}"),
        ("dE/dw5", r"\frac{\partial E_{\mathit{total}}}{\partial w_{\mathit{5}}}"),
        ("dE/dw1 via o2", r"\frac{\partial E_{\mathit{o2}}}{\partial w_{\mathit{1}}}"),
    ],
)
def test_latex_writes_it_too(address: str, text: str) -> None:
    setup = mazur()
    assert latex_sign(parse_quantity(address, setup), naming(setup)) == text


def test_an_update_has_the_articles_new_weight_and_learning_rate() -> None:
    setup = mazur()
    new = derive(Timeline(setup), parse_quantity("w5", setup), Moment.of(1, Phase.UPDATE))
    assert new.formula is not None
    assert head(new, naming(setup)) == "w₅⁺"
    assert symbols(new.formula, naming(setup)) == "w₅(old) - α × ∂E_total/∂w₅"
    assert latex_sign(new.quantity, naming(setup), "new") == r"{w_{\mathit{5}}}^{\mathrm{+}}"


def test_conditions_and_what_ifs_understand_the_articles_words() -> None:
    setup = mazur()
    assert str(parse_condition("E_total < 0.1", setup).quantity) == "E"
    assert str(parse_condition("|∂E_total/∂ŷ1| < 0.1", setup).quantity) == "dE/dout o1"
    batch = setup.batch(1)
    assert str(parse_change("α = 0.1", setup, batch, 0)) == "learning_rate = 0.1"
    assert str(parse_change("y1 = 0.5", setup, batch, 0)) == "target o1 of sample 1 = 0.5"


@pytest.mark.parametrize("text", ["2 * printed(net(h1))", "(H(h1) - net(h1)) / printed(H(h2))"])
def test_arithmetic_understands_the_articles_words(text: str) -> None:
    found = parse_expression(text, session_of("afteracademy").setup, Moment.of(1, Phase.FORWARD))
    assert {str(ref.quantity) for ref in references(found)} <= {"net h1", "out h1", "out h2"}


def test_a_target_by_the_articles_name_is_that_of_the_sample_in_view() -> None:
    setup = in_notation(DEEP, FULL)
    change = parse_change("y2 = 0.5", setup, setup.batch(1), 2)
    assert str(change) == "target o2 of sample 2 = 0.5"


def test_an_articles_word_for_the_learning_rate_can_be_a_weights_name() -> None:
    setup = mazur(Notation(learning_rate="w5"))
    assert str(parse_change("w5 = 0.1", setup, setup.batch(1), 0)) == "w5 = 0.1"


def test_the_screen_speaks_as_the_article_does() -> None:
    session = stepped(after(session_of("pandey"), c.Select("z3")), 1)
    text = to_text(screen(session, 120, 40))
    assert "E_total 0.254325323" in text
    assert "┃ŷ1 ✓ 0.687988┃" in text
    assert "┗ y1 0.01 ━━━━┛" in text


def test_err_is_minus_delta_and_always_understood() -> None:
    for setup in (mazur(), session_of("mazur").setup):
        error, delta = (parse_quantity(f"{word} h1", setup) for word in ("Err", "dE/dnet"))
        found = derive(Timeline(setup), error, Moment.of(1, Phase.BACKWARD))
        assert [ref.quantity for ref in found.parts] == [delta]
        assert found.value() == -found.parts[0].value


def test_only_where_the_article_works_with_err_is_it_listed() -> None:
    assert not any(q.kind is Kind.ERROR for q in all_quantities(session_of("mazur").setup))


def test_a_wrong_err_is_followed_into_the_new_weights() -> None:
    exact = {"Err o1": "-0.138498562", "Err o2": "0.038098236"}
    wrong = exact | {"Err o1": "-0.148498562"}
    new = f"{0.40 + 0.5 * -0.148498562 * 0.593269992:.9f}"
    report = checked(printed({"1 backward": wrong, "1 update": {"w5": new}}))
    found = {str(finding.printed.quantity): finding for finding in report.findings}
    assert found["w5"].cause == "carried"
    assert [str(figure.quantity) for figure in found["w5"].carried_from] == ["Err o1"]


def test_a_neuron_shows_its_err_where_the_article_works_with_it() -> None:
    session = after(session_of("mazur"), c.Select("h1"))
    assert "Err h1" not in map(str, session.facts)
    session = after(open_session(mazur()), c.Select("h1"))
    assert "Err h1" in map(str, session.facts)
    text = to_text(screen(stepped(session, 2), 120, 60))
    assert "Err h1" in text
    assert "Δₕ₁ = " in text
    assert "│Δ " in text
