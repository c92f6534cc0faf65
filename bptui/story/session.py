"""All that a screen shows, as one frozen value, and the one function that makes the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from bptui.story import commands as c
from bptui.story.address import Kind, Quantity
from bptui.story.commands import Command, Panel
from bptui.story.moment import START, Moment, Phase
from bptui.story.problem import Problem
from bptui.story.quantities import Values
from bptui.story.subjects import facts, is_neuron, neighbour, next_parameter, subject_of
from bptui.story.timeline import State, Timeline


@dataclass(frozen=True, eq=False)
class Session:
    """What is looked at: a timeline, a moment in it, a subject, and how it is shown."""

    timeline: Timeline
    moment: Moment = START
    selected: str = ""
    """The selected neuron or parameter, by name."""
    fact: int = 0
    """Which of its quantities the inspector's cursor is on."""
    panel: Panel = Panel.DIAGRAM
    """The panel that has the keys."""
    second: Panel = Panel.TABLE
    """The panel beside the diagram where there is room for two."""
    sample: int = 1
    """Which sample of the batch is shown."""
    log: bool = False
    """Whether the loss chart is logarithmic."""
    help_line: int | None = None
    """The first line of the help page, None while it is closed."""

    @property
    def problem(self) -> Problem:
        """The problem that the timeline is of."""
        return self.timeline.problem

    @cached_property
    def state(self) -> State:
        """What is known at the moment."""
        return self.timeline.state(self.moment)

    @cached_property
    def values(self) -> Values:
        """The quantities at the moment."""
        return Values(self.state)

    @property
    def shown_sample(self) -> int:
        """The sample that addresses name: 0 where each batch has one."""
        return min(self.sample, len(self.state.batch.numbers)) if self._batched else 0

    @property
    def _batched(self) -> bool:
        return self.problem.batch_size > 1

    @property
    def facts(self) -> tuple[Quantity, ...]:
        """The quantities of the selected subject, as the inspector lists them."""
        return facts(self.problem.network, self.selected, self.shown_sample)

    def is_new(self, quantity: Quantity) -> bool:
        """Whether the last step computed or changed a quantity."""
        phase = self.moment.phase
        if phase is None:
            return False
        match quantity.kind:
            case Kind.PARAMETER:
                slot = self.problem.network.slots[quantity.parameter]
                after = self.state.after
                return after is not None and bool(after[slot] != self.state.before[slot])
            case Kind.INPUT | Kind.TARGET:
                first = self.moment == Moment.of(1, Phase.FORWARD)
                return phase == Phase.FORWARD and len(self.problem.batches) > 1 and not first
            case _:
                return quantity.form.known == phase


def open_session(problem: Problem) -> Session:
    """Return a session at the start, with the first computing neuron selected."""
    return _select(Session(Timeline(problem)), problem.network.layers[0].neurons[0])


def update(session: Session, command: Command) -> Session:
    """Return the session after a command: the only way from one to the next."""
    if session.help_line is not None:
        return _update_help(session, session.help_line, command)
    match command:
        case c.Step(phases):
            return replace(session, moment=session.moment.plus(phases))
        case c.Restart():
            return replace(session, moment=START)
        case c.Move(along, towards):
            return _move(session, along, towards)
        case c.Turn(panels):
            order = list(Panel)
            place = order.index(session.panel) + panels
            return _show(session, order[place % len(order)])
        case c.Show(panel):
            return _show(session, panel)
        case c.Select(address):
            network, size = session.problem.network, session.problem.batch_size
            subject = subject_of(network, address, size)
            return _select(session, subject) if subject else session
        case c.Sample(samples):
            count = len(session.state.batch.numbers)
            return replace(session, sample=(session.sample - 1 + samples) % count + 1)
        case c.ToggleLog():
            return replace(session, log=not session.log)
        case c.ToggleHelp():
            return replace(session, help_line=0)
        case _:
            return session


def _update_help(session: Session, line: int, command: Command) -> Session:
    match command:
        case c.ToggleHelp() | c.Close():
            return replace(session, help_line=None)
        case c.Move(along, _):
            return replace(session, help_line=max(0, line + along))
        case c.Step(phases):
            return replace(session, help_line=max(0, line + 10 * phases))
        case c.Restart():
            return replace(session, help_line=0)
        case _:
            return session


def _move(session: Session, along: int, towards: int) -> Session:
    network = session.problem.network
    if session.panel is Panel.INSPECTOR and along:
        fact = min(max(session.fact + along, 0), len(session.facts) - 1)
        return replace(session, fact=fact)
    if session.panel is Panel.TABLE and along:
        return _select(session, next_parameter(network, session.selected, along))
    return _select(session, neighbour(network, session.selected, along, towards))


def _select(session: Session, subject: str) -> Session:
    if subject == session.selected:
        return session
    return replace(session, selected=subject, fact=_telling_fact(session, subject))


def _telling_fact(session: Session, subject: str) -> int:
    """Return the place of the quantity of a subject that one wants to see first: net, or value."""
    network = session.problem.network
    if is_neuron(network, subject):
        kinds = [q.kind for q in facts(network, subject)]
        return kinds.index(Kind.NET) if Kind.NET in kinds else 0
    return 0


def _show(session: Session, panel: Panel) -> Session:
    second = session.second if panel is Panel.DIAGRAM else panel
    return replace(session, panel=panel, second=second)
