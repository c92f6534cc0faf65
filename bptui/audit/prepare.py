"""A preset made ready, its printed figures included: what every command begins with."""

from __future__ import annotations

from bptui.audit.budget import Budget
from bptui.audit.claims import about
from bptui.audit.expressions import PRINTED, ExpressionError, parse_expression
from bptui.audit.figures import is_known, origin, parse_is, printed_error, printed_figures
from bptui.audit.graph import ENDS
from bptui.audit.scheme import check_marking
from bptui.preset.errors import Fault, KeyPath, counted
from bptui.preset.find import find_preset
from bptui.preset.limits import MAX_REACH
from bptui.preset.model import Figure, Preset
from bptui.preset.read import fault_in, read_preset
from bptui.story.address import AddressError, parse_quantity
from bptui.story.choices import check_loss
from bptui.story.conditions import ConditionError
from bptui.story.conventions import ConventionError
from bptui.story.formula import references
from bptui.story.moment import Moment, MomentError, parse_moment
from bptui.story.setup import Setup, build_setup
from bptui.story.under import parse_under


def open_preset(name: str) -> Setup:
    """What a command line's PRESET means, ready to calculate and to audit.

    Raises:
        PresetError: the preset does not exist, or is not valid.
    """
    return prepare(read_preset(find_preset(name)))


def prepare(preset: Preset) -> Setup:
    """A preset's setup, with figures that can be checked.

    Raises:
        PresetError: it asks for something that does not exist.
    """
    setup = build_setup(preset)
    try:
        check_figures(setup)
        check_claims(setup)
        check_marking(setup)
    except Fault as fault:
        raise fault_in(preset, fault) from None
    return setup


def check_figures(setup: Setup) -> None:
    """Refuse figures of what is not there, causes that mean nothing, and too much to check.

    Raises:
        Fault: the first of them.
    """
    preset, budget = setup.preset, Budget(setup.preset)
    for printed in preset.expected:
        path: KeyPath = ("expected", printed.iteration, printed.phase)
        try:
            moment = parse_moment(f"{printed.iteration} {printed.phase}")
            path = printed.path
            quantity = parse_quantity(printed.address, setup)
        except (AddressError, MomentError) as error:
            raise Fault(path, str(error)) from None
        if not is_known(quantity, moment):
            known = quantity.form.known
            assert known is not None  # what is given is known at any moment
            raise Fault(
                path,
                f"{quantity} is not known at {moment}; write it under "
                f"[expected.{printed.iteration}.{known.label}]",
            )
        if quantity.sample > (there := len(setup.batch(moment.iteration).numbers)):
            told = f"{quantity} is not there: the batch of iteration {moment.iteration} has only "
            raise Fault(path, told + counted(there, "sample"))
        if wrong := printed_error(printed.figure.printed):
            raise Fault(path, wrong)
        budget.add(moment.iteration, None, path)
        if quantity.kind not in ENDS:
            budget.add_by_hand(moment.iteration, path)
        _check_cause(printed.figure, moment, setup, path, budget)
    _check_arithmetic(setup, budget)


def _check_cause(
    figure: Figure, moment: Moment, setup: Setup, path: KeyPath, budget: Budget
) -> None:
    preset = setup.preset
    given = (figure.same_as, figure.under, figure.arithmetic)
    if sum(cause is not None for cause in given) + figure.unexplained > 1:
        raise Fault(path, "give one cause only: is, under, as or unexplained")
    if figure.misprint and figure.arithmetic is None:
        raise Fault((*path, "misprint"), 'misprint needs as = "...", which gives the right digits')
    try:
        if figure.same_as is not None:
            quantity, there = parse_is(figure.same_as, setup, moment)
            if not is_known(quantity, there):
                raise Fault((*path, "is"), f"{quantity} is not known at {there}")
            budget.add(there.iteration, None, (*path, "is"))
        if figure.under is not None:
            budget.add(moment.iteration, parse_under(figure.under, preset), (*path, "under"))
            if "loss" in figure.under:
                check_loss(preset, str(figure.under["loss"]), (*path, "under"))
    except (AddressError, MomentError) as error:
        raise Fault((*path, "is"), str(error)) from None
    except ConventionError as error:
        raise Fault((*path, "under"), str(error)) from None


def _check_arithmetic(setup: Setup, budget: Budget) -> None:
    """Refuse arithmetic over what is not there, not known by then, or not printed."""
    figures, network = printed_figures(setup), setup.network
    printed = {(f.quantity, origin(f.quantity, f.moment, network)) for f in figures}
    for said, figure in zip(setup.preset.expected, figures, strict=True):
        if (text := figure.figure.arithmetic) is None:
            continue
        path: KeyPath = (*said.path, "as")
        try:
            formula = parse_expression(text, setup, figure.moment)
        except ExpressionError as error:
            raise Fault(path, str(error)) from None
        for ref in references(formula):
            about, moment = ref.quantity, ref.moment
            budget.add(moment.iteration, None, path)
            if not is_known(about, moment):
                raise Fault(path, f"{about} is not known at {moment}")
            if ref.age == PRINTED and (about, origin(about, moment, network)) not in printed:
                raise Fault(path, f"no figure is printed for {about} at {moment}")


def check_claims(setup: Setup) -> None:
    """Refuse claims that mean nothing, or are about iterations that are too far.

    Raises:
        Fault: the first of them.
    """
    for place, claim in enumerate(setup.preset.claims):
        path: KeyPath = ("claims", place)
        if (claim.at is not None) + (claim.first is not None) + claim.never != 1:
            raise Fault(path, "say when it should hold: at, first or never = true")
        try:
            moment = about(claim, setup)[1]
        except ConditionError as error:
            raise Fault((*path, "holds"), str(error)) from None
        except MomentError as error:
            key = "at" if claim.at is not None else "first"
            raise Fault((*path, key), str(error)) from None
        if moment is not None and moment.iteration > MAX_REACH:
            told = f"iteration {moment.iteration} is too far to check; at most {MAX_REACH}"
            raise Fault(path, told)
