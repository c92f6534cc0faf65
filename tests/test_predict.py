"""Predicting the next step's numbers: what is asked, how answers are judged, and that nothing
tells them before."""

from __future__ import annotations

import re
from math import exp

import pytest
from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import head_of, record, state_of
from bptui.session.messages import Ask, Page, Panel, Picture
from bptui.session.parts import About, Outcome
from bptui.session.predict import current
from bptui.session.questions import computed_between, moves_most, to_review, truth
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity, all_quantities
from bptui.story.moment import Moment
from bptui.story.values import Values
from bptui.tui.stopwatch import BREAK, Stopwatch
from bptui.view.glyphs import with_glyphs
from bptui.view.key_meaning import message_of
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import XOR, after, done, made, session_of, shipped, stepped, told


def predicting(session: Session, which: str = "every number") -> Session:
    return after(session, c.Prompt(Ask.QUESTIONS), c.Erase("all"), c.Type(which), c.Enter())


def answered(session: Session, *texts: str) -> Session:
    for text in texts:
        session = after(session, c.Type(text), c.Enter())
    return session


def asked(session: Session) -> str:
    question = current(session)[1]
    return f"{question.about.value} {question.quantity} at {question.moment}"


def outcomes(session: Session) -> list[Outcome]:
    assert session.predicting is not None
    return [answer.outcome for answer in session.predicting.answered]


def rightly(session: Session) -> Session:
    """Return a session after the right answer, in six digits."""
    question = current(session)[1]
    number = truth(session, question)
    match question.about:
        case About.NUMBER:
            return answered(session, f"{number:.5e}")
        case About.DIRECTION:
            return answered(session, "up" if number > 0 else "down")
        case About.MOST:
            return answered(session, *moves_most(session, question.moment))


def seen(session: Session, width: int = 80, height: int = 24) -> str:
    return to_text(screen(session, width, height))


# what is asked


def test_the_numbers_of_the_next_neuron_are_asked_one_after_the_other() -> None:
    session = predicting(shipped("mazur"))
    assert asked(session) == "a number net h1 at 1 forward"
    assert session.selected == "h1"
    session = answered(session, "0.3775")
    assert asked(session) == "a number out h1 at 1 forward"
    assert session.value(Quantity(Kind.NET, "h1")) == pytest.approx(0.3775)
    assert session.value(Quantity(Kind.OUT, "h1")) is None
    assert asked(answered(session, "0.59327")) == "a number net h2 at 1 forward"


@pytest.mark.parametrize(
    ("which", "first"),
    [
        ("one a neuron", ["out h1", "out h2", "out o1", "out o2", "E", "dE/dnet o1"]),
        ("one a phase", ["E", "dE/dw1", "w1", "E", "dE/dw2", "w2"]),
        ("directions", ["dE/dnet o1", "dE/dnet o2", "dE/dnet h1", "dE/dnet h2", "w1", "w1"]),
    ],
)
def test_which_questions_are_asked_is_a_choice_that_is_remembered(
    which: str, first: list[str]
) -> None:
    session = predicting(shipped("mazur"), which)
    found = []
    for _ in first:
        found.append(str(current(session)[1].quantity))
        session = rightly(session)
    assert found == first
    assert set(outcomes(session)) == {Outcome.RIGHT}
    again = after(session, c.Close(), c.Close(), c.Prompt(Ask.QUESTIONS))
    assert again.prompt is not None
    assert again.prompt.text == which


def test_the_arrow_keys_choose_among_the_questions() -> None:
    session = after(shipped("mazur"), c.Prompt(Ask.QUESTIONS), c.Recall(1), c.Recall(1))
    assert session.prompt is not None
    assert session.prompt.text == "one a phase"
    assert told(session, c.Recall(-1)).prompt.text == "one a neuron"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["mazur", "postnetwork", "xor", "negnevitsky", "karpathy"])
def test_right_answers_lead_through_an_iteration_and_into_the_next(name: str) -> None:
    begun = session_of("xor") if name == "xor" else shipped(name)
    session = predicting(begun)
    for _ in range(150):
        session = rightly(session)
        if session.moment.iteration > 1:
            break
    assert session.moment.iteration == 2
    assert set(outcomes(session)) == {Outcome.RIGHT}


# how an answer is given, and judged


@pytest.mark.parametrize(
    ("text", "told_of"),
    [
        ("0.3775", None),
        ("0.378", None),
        ("0.377", None),  # cut
        ("= .3775", None),
        ("3.775e-1", None),
        ("0.15*0.05 + 0.2*0.1 + 0.35", None),
        ("w1*i1 + w2 * input i2 + b1", None),
        ("0.15 × 0.05 + 0.02 + 0.35", None),
        ("0.38", "too few digits"),
        ("0.4", "too few digits"),
        ("0.379", "0.40 % off"),
        ("net h1", "net h1 is not known yet"),
        ("out h1", "out h1 is not known yet"),
        ("0,3775", None),
        ("net h1 = 0.3775", None),
        ("0,15*0,05 + 0,2*0,1 + 0,35 = 0,3775", None),
        ("0.15*0.05 + 0.2*0.1 + 0.35 =", None),
        ("seven", "neither a number nor an address"),
        ("1/0", "finite"),
        ("", "Type an answer"),
    ],
)
def test_an_answer_is_a_number_or_arithmetic(text: str, told_of: str | None) -> None:
    session = answered(predicting(shipped("mazur")), text)
    if told_of is None:
        assert outcomes(session) == [Outcome.RIGHT]
    else:
        assert outcomes(session) == []
        assert told_of in " ".join(seen(session).split())


@pytest.mark.parametrize(
    "text",
    [
        "1/(1+e^-0.3775)",
        "1/(1+e^(-net h1))",
        "σ(net h1)",
        "sigmoid(0,3775)",
        "(1 + e^-net_h1)^(-1)",
    ],
)
def test_a_sigmoid_may_be_written_as_on_paper(text: str) -> None:
    session = answered(predicting(shipped("mazur")), "0.3775", text)
    assert outcomes(session) == [Outcome.RIGHT, Outcome.RIGHT]


def test_a_review_does_not_begin_with_the_answer_that_was_told() -> None:
    session = after(answered(predicting(shipped("mazur")), "0.3825"), c.Enter())
    assert "net_h₁ = 0.3775, not 0.3825" in seen(session)
    again = predicting(after(session, c.Close(), c.Close()), "review")
    assert asked(again) == "a number net h1 at 1 forward"
    assert "0.3775" not in seen(again)


def test_a_wrong_direction_is_counted_as_one() -> None:
    session = predicting(stepped(shipped("mazur"), 1), "directions")
    session = answered(session, "falls", "+", "-")
    assert outcomes(session) == [Outcome.AGAIN, Outcome.RIGHT]
    assert session.predicting is not None
    assert session.predicting.slips == {"the wrong direction": 1}


def test_arithmetic_is_as_fine_as_the_numbers_in_it() -> None:
    """0.593 for 0.593269992 is rounded: what follows from it is right as far as it goes."""
    session = predicting(shipped("mazur"))
    for _ in range(4):
        session = rightly(session)
    assert asked(session) == "a number net o1 at 1 forward"
    assert outcomes(answered(session, "0.4*0.593 + 0.45*0.597 + 0.6"))[-1] is Outcome.RIGHT
    assert len(outcomes(answered(session, "0.4*0.603 + 0.45*0.597 + 0.6"))) == 4


def test_an_old_weight_and_the_learning_rate_can_be_named() -> None:
    session = predicting(stepped(shipped("mazur"), 2))
    assert asked(session) == "a number w1 at 1 update"
    assert outcomes(answered(session, "w1 - eta * dE/dw1")) == [Outcome.RIGHT]


@pytest.mark.parametrize(
    ("steps", "text", "words"),
    [
        (0, "0.0275", "b₁ is left out of the sum"),
        (0, "-0.3775", "the sign is wrong"),
        (2, "0.2325", "the learning rate is missing"),
    ],
)
def test_a_wrong_answer_is_told_its_slip(steps: int, text: str, words: str) -> None:
    session = predicting(stepped(shipped("mazur"), steps))
    if steps == 2:
        old, slope = (session.timeline.state(Moment(2)) for _ in range(2))
        text = f"{old.before[0] - slope.backward.gradient[0]:.6f}"  # type: ignore[union-attr]
    session = answered(session, text)
    assert f"you get {text} if {words}" in " ".join(seen(session).split())
    assert session.predicting is not None
    assert sum(session.predicting.slips.values()) == 1


def test_nets_used_for_outs_are_named() -> None:
    session = predicting(shipped("mazur"))
    for _ in range(4):
        session = rightly(session)
    session = answered(session, "0.4*0.3775 + 0.45*0.3925 + 0.6")
    assert "net inputs are used in place of the outputs before" in " ".join(seen(session).split())


def test_a_slip_in_a_number_that_is_hidden_is_looked_for_there() -> None:
    """E is asked for with all of the forward phase hidden, and b2 left out of net o1."""
    session = predicting(shipped("mazur"), "one a phase")
    values = session.timeline.state(Moment(1)).forward
    assert values is not None
    net = float(values.nets[1][0, 0]) - 0.6
    out = 1 / (1 + exp(-net))
    loss = 0.5 * (out - 0.01) ** 2 + 0.5 * (float(values.outs[2][0, 1]) - 0.99) ** 2
    session = answered(session, f"{loss:.7f}")
    assert "in net_o₁, b₂ is left out of the sum" in " ".join(seen(session).split())


def test_another_try_is_right_and_comes_again() -> None:
    session = answered(predicting(shipped("mazur")), "0.5775", "0.3775")
    assert outcomes(session) == [Outcome.AGAIN]
    assert [str(q.quantity) for q in to_review(session)] == ["net h1"]


def test_a_kept_answer_is_followed_through() -> None:
    session = answered(predicting(shipped("mazur")), "0.4775")
    kept = after(session, c.Enter())
    assert outcomes(kept) == [Outcome.KEPT]
    # 1 / (1 + exp(-0.4775))
    session = answered(kept, "0.617157")
    assert outcomes(session) == [Outcome.KEPT, Outcome.FOLLOWS]
    assert "follows from your earlier answers" in seen(session)
    assert outcomes(answered(kept, "0.593270"))[-1] is Outcome.RIGHT


def test_hints_are_the_formula_then_its_numbers_then_the_answer() -> None:
    session = predicting(shipped("mazur"))
    assert not re.search(r"w₁ +× +i₁", seen(session))
    session = told(session, c.Hint())
    assert "w₁ × i₁ + w₂ × i₂ + b₁" in seen(session)
    session = told(session, c.Hint())
    assert "0.15 × 0.05 + 0.2 × 0.1 + 0.35" in seen(session)
    assert outcomes(answered(session, "0.3775")) == [Outcome.HINTED]
    session = told(session, c.Hint())
    assert outcomes(session) == [Outcome.SHOWN]
    assert "0.3775" in seen(session)


def test_directions_are_words() -> None:
    session = predicting(shipped("mazur"), "directions")
    assert "up or down" in " ".join(seen(answered(session, "left")).split())
    session = answered(session, "down")
    assert outcomes(session) == []
    assert "not down" in seen(session)
    session = answered(session, "up")
    for _ in range(3):
        session = rightly(session)
    assert "moves most" in seen(session)
    assert "no parameter" in seen(answered(session, "w99"))
    assert "not w1" in seen(answered(session, "w1"))


# nothing leaks


NUMBER = re.compile(r"-?\d*\.?\d+(?:e[-+]?\d+)?")


def leaks(session: Session, text: str) -> set[str]:
    """Return the numbers on the screen that only what is hidden gives."""
    found, question = current(session)
    hidden = computed_between(session.setup, found.begin, found.end) - {*session.opened}
    iteration = question.moment.iteration
    state = session.timeline.state(Moment.of(iteration, question.moment.phase))  # type: ignore[arg-type]
    values = Values(state)
    secret = [values.get(quantity) for quantity in hidden]
    known = [session.value(quantity) for quantity in all_quantities(session.setup)]
    known += [session.setup.rule.learning_rate, 0.0, 1.0]
    out = set()
    for token in NUMBER.findall(text):
        digits = token.partition("e")[0].lstrip("-0.").replace(".", "").rstrip("0")
        if len(digits) < 4 or "." not in token:
            continue
        unit = 10.0 ** -len(token.partition("e")[0].partition(".")[2])
        unit *= float("1" + (token[token.index("e") :] if "e" in token else ""))

        def gives(number: float | None, shown: float = float(token), unit: float = unit) -> bool:
            return number is not None and abs(abs(number) - abs(shown)) <= unit

        if any(map(gives, secret)) and not any(map(gives, known)):
            out.add(token)
    return out


@pytest.mark.parametrize(
    ("name", "which"),
    [("mazur", "every number"), ("mazur", "one a phase"), ("mazur", "directions"),
     ("xor", "one a neuron"), ("adam", "one a phase")],
)  # fmt: skip
def test_nothing_on_the_screen_tells_what_is_asked(name: str, which: str) -> None:
    session = session_of("xor") if name == "xor" else shipped(name)
    # iterations that were run before are in the chart and in the history
    ran = done(session, c.Prompt(Ask.RUN), c.Type("9"), c.Enter())
    session = predicting(done(ran, c.Travel(-6)), which)
    parameters = session.setup.network.parameters
    for step in range(9):
        assert not leaks(session, seen(session, 170, 50)), (step, asked(session))
        for place, panel in enumerate(Panel):
            size = (80, 24) if place % 2 else (120, 40)
            for subject in (session.selected, parameters[step % len(parameters)].name):
                there = after(replace(session, size=size), c.Show(panel), c.Select(subject))
                text = seen(there, *size)
                assert "failed" not in text
                assert not leaks(there, text), (step, panel, subject, asked(session))
        session = rightly(session)


def test_pictures_of_what_comes_next_are_not_drawn() -> None:
    session = done(shipped("mazur"), c.Prompt(Ask.RUN), c.Type("9"), c.Enter(), c.Travel(-6))
    for picture in Picture:
        text = seen(replace(predicting(session), picture=picture), 170, 50)
        assert not any(word in text for word in (" against ", " over ", "gradient flow"))
    assert predicting(session).charted == 3


def test_a_card_does_not_tell_what_the_steps_so_far_do_to_the_loss() -> None:
    session = predicting(stepped(shipped("mazur"), 2))
    for _ in range(7):
        session = rightly(session)
    there = after(session, c.Show(Panel.INSPECTOR), c.Select("w5"))
    assert "0.358916480" in seen(there)
    assert "0.29" not in seen(there).replace("0.298371", "").replace("0.2995", "")


def test_there_is_a_question_mark_for_each_hidden_number() -> None:
    text = seen(predicting(shipped("mazur"), "one a phase"), 120, 40)
    assert text.count("?") >= 8
    rows = with_glyphs(screen(predicting(shipped("mazur")), 80, 24), "ascii")
    assert to_text(rows).isascii()


# around it


def test_keys_look_around_while_a_number_is_asked_for() -> None:
    session = predicting(shipped("mazur"))

    def pressed(key: str, character: str = "") -> Session:
        return told(session, message_of(session, key, character))

    assert pressed("tab").panel is Panel.INSPECTOR
    assert pressed("down").selected == "h2"
    assert pressed("question_mark", "?").predicting.hints == 1  # type: ignore[union-attr]
    assert outcomes(pressed("space", " ")) == [Outcome.SKIPPED]
    assert pressed("n", "n").prompt.text == "n"  # type: ignore[union-attr]
    assert told(session, c.Step(1)).moment == session.moment
    assert told(session, c.Toggle(Page.FIGURES)).page is None


def test_what_was_wrong_comes_again() -> None:
    session = after(answered(predicting(shipped("mazur")), "0.4775"), c.Enter())
    session = after(rightly(session), c.Close(), c.Close())
    assert session.position == 1
    assert not session.predicts
    session = predicting(session, "review")
    assert asked(session) == "a number net h1 at 1 forward"
    assert session.value(Quantity(Kind.NET, "h1")) is None
    session = answered(session, "0.3775")
    assert session.said == "Nothing left to review"
    assert session.page is Page.PREDICTIONS
    assert to_review(session) == ()


def test_the_page_counts_and_names_no_answer_to_review() -> None:
    session = answered(predicting(shipped("mazur")), "0.0275", "0.3775", "0.593270")
    text = seen(after(session, c.Close()))
    for part in ("2 questions", "1  right", "1  right after another try", "a term of a sum"):
        assert part in text
    assert "net_h₁  at 1 forward" in text
    assert "0.3775" not in text


def test_leaving_stands_between_whole_steps_and_coming_back_goes_on() -> None:
    session = after(answered(predicting(shipped("mazur")), "0.3775"), c.Close(), c.Close())
    assert (str(session.moment), session.left) == ("start", 0)
    session = predicting(session)
    assert asked(session) == "a number net h1 at 1 forward"


def test_a_large_network_is_not_asked_about() -> None:
    session = predicting(session_of("wide"))
    assert "too many to ask about" in session.said
    assert not session.predicts


def kept(session: Session) -> Session:
    first = record(state_of(session), None, 0)
    assert first is not None
    return restored([head_of(session), first])


@pytest.mark.parametrize("texts", [(), ("0.3775",), ("0.3775", "0.7")])
def test_a_kept_session_goes_on_asking(texts: tuple[str, ...]) -> None:
    session = answered(predicting(shipped("mazur")), *texts)
    again = kept(session)
    assert seen(again) == seen(session)
    assert again.predicting == session.predicting


@pytest.mark.parametrize("change", [{"done": 5}, {"asking": "review"}, {"on": False}])
def test_a_damaged_session_shows_no_question_that_is_not_there(change: dict[str, object]) -> None:
    session = answered(predicting(shipped("mazur")), "0.3775")
    first = record(state_of(session), None, 0)
    assert first is not None
    first["predicting"] = {**first["predicting"], **change}
    again = restored([head_of(session), first])
    assert not again.predicts
    assert again.prompt is None
    assert seen(again)


def test_xor_is_asked_about_the_sample_shown() -> None:
    session = predicting(after(made(XOR), c.Sample(1)))
    assert asked(session) == "a number net h1 @2 at 1 forward"
    assert outcomes(answered(session, "w_a_h1*a + w_b_h1*b + b_h1")) == [Outcome.RIGHT]


def test_the_time_taken_is_told_without_breaks() -> None:
    clock = iter([0.0, 50.0, 75.0, 3675.0, 3676.0])
    watch = Stopwatch(lambda: next(clock))
    before = shipped("mazur")
    assert watch.counted(before, c.Step(1)) is before  # nothing is asked
    session = predicting(before)
    for message in (c.Type("0.3775"), c.Enter(), c.Type("0")):
        assert watch.counted(session, c.Tick()) is session  # nobody has done that
        counted = watch.counted(session, message)
        assert isinstance(counted, Session)
        session = after(counted, message)
    assert session.predicting is not None
    assert session.predicting.seconds == 25 + BREAK + 1
    assert kept(session).predicting == session.predicting
    assert "1 question answered in 2 min 26 s" in seen(after(session, c.Close()))
