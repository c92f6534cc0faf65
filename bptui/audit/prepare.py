"""A preset made ready, its printed figures included: what every command begins with."""

from __future__ import annotations

from bptui.audit.budget import Budget
from bptui.audit.figures import is_known, parse_is, printed_error
from bptui.preset.errors import Fault, KeyPath, counted
from bptui.preset.find import find_preset
from bptui.preset.model import Figure, Preset
from bptui.preset.read import fault_in, read_preset
from bptui.story.address import AddressError, Kind, parse_quantity
from bptui.story.choices import check_loss
from bptui.story.conventions import ConventionError, parse_under
from bptui.story.moment import Moment, MomentError, parse_moment
from bptui.story.setup import Setup, build_setup


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
    except Fault as fault:
        raise fault_in(preset.text, preset.file, fault) from None
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
            path = (*path, printed.address)
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
        if quantity.kind not in (Kind.SHARE, Kind.LOSS):
            budget.add_by_hand(moment.iteration, path)
        _check_cause(printed.figure, moment, setup, path, budget)


def _check_cause(
    figure: Figure, moment: Moment, setup: Setup, path: KeyPath, budget: Budget
) -> None:
    preset = setup.preset
    causes = (figure.same_as is not None, figure.under is not None, figure.unexplained)
    if sum(causes) > 1:
        raise Fault(path, "give one cause only: is, under or unexplained")
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
