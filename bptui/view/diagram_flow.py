"""What the last step used of the network, and what arrives at the ends of those edges."""

from __future__ import annotations

from msgspec import Struct

from bptui.engine.network import Parameter
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.steps import Granularity

Key = tuple[str, str]
"""A parameter and the neuron that it leads to."""
_COARSE = (Granularity.PHASE, Granularity.ITERATION)


class Flow(Struct, frozen=True):
    phase: Phase | None
    coarse: bool
    """Whether a step uses the whole network, so that nothing of it stands out."""
    used: frozenset[Key]
    """The edges that the last step used."""
    told: frozenset[Key]
    """Those at whose end stands what arrives there."""
    making_room: frozenset[str]
    """The neurons whose edges have their labels further back, for what arrives behind them."""

    @property
    def role(self) -> str:
        """The role of what the last step used."""
        return f"edge {self.phase.label}" if self.phase is not None else "edge"


def is_coarse(session: Session) -> bool:
    """Whether a step uses the whole network."""
    return session.granularity in _COARSE


def flow_of(session: Session, *, arrivals: bool) -> Flow:
    """Return what the last step used of all edges, and with what arrives, if that is asked."""
    phase, coarse = session.moment.phase, is_coarse(session)
    edges = [(p, target) for p in session.setup.network.parameters for target in p.targets]
    used = [edge for edge in edges if _is_used(session, *edge)]
    told = [
        edge
        for edge in used * arrivals
        if not coarse or _is_selected(session, *edge)
        if arriving(session, *edge) is not None
    ]
    return Flow(phase, coarse, _keys(used), _keys(told), _making_room(session, told))


def _making_room(session: Session, told: list[tuple[Parameter, str]]) -> frozenset[str]:
    """Return the neurons at which something arrives: in the backward phase none."""
    back = session.moment.phase is Phase.BACKWARD
    return frozenset() if back else frozenset(target for _, target in told)


def _keys(edges: list[tuple[Parameter, str]]) -> frozenset[Key]:
    return frozenset((parameter.name, target) for parameter, target in edges)


def _is_used(session: Session, parameter: Parameter, target: str) -> bool:
    """Whether the last step went along an edge: out to a net, delta back to an out, or a step."""
    name, sample = parameter.name, session.shown_sample
    match session.moment.phase:
        case Phase.FORWARD:
            return session.is_new(Quantity(Kind.NET, neuron=target, sample=sample))
        case Phase.BACKWARD:
            gradient = Quantity(Kind.DE_DPARAMETER, parameter=name)
            return _comes_back(session, parameter) or session.is_new(gradient)
        case Phase.UPDATE:
            return session.is_new(Quantity(Kind.PARAMETER, parameter=name))
        case None:
            return False


def _comes_back(session: Session, parameter: Parameter) -> bool:
    source = parameter.source
    if source is None or source in session.setup.network.inputs:
        return False
    return session.is_new(Quantity(Kind.DE_DOUT, neuron=source, sample=session.shown_sample))


def _is_selected(session: Session, parameter: Parameter, target: str) -> bool:
    """Whether it is the selected edge, or what it brings arrives at the selected neuron."""
    back = session.moment.phase is Phase.BACKWARD
    return session.selected in (parameter.name, parameter.source if back else target)


def arriving(session: Session, parameter: Parameter, target: str) -> tuple[str, float] | None:
    """Return what arrives at an edge's end, after its address: out x w, delta x w or the step.

    out x w has no address of its own, and takes the edge's.
    """
    source, sample = parameter.source, session.shown_sample
    match session.moment.phase:
        case Phase.FORWARD if source is not None:
            kind = Kind.INPUT if source in session.setup.network.inputs else Kind.OUT
            out = session.value(Quantity(kind, neuron=source, sample=sample))
            weight = session.value(Quantity(Kind.PARAMETER, parameter=parameter.name))
            found = None if out is None or weight is None else out * weight
            return _told(parameter.name, found)
        case Phase.BACKWARD if source is not None and _comes_back(session, parameter):
            share = Quantity(Kind.DE_DOUT, neuron=source, via=target, sample=sample)
            return _told(str(share), session.value(share))
        case Phase.UPDATE:
            step = Quantity(Kind.STEP, parameter=parameter.name)
            return _told(str(step), session.value(step))
    return None


def _told(address: str, value: float | None) -> tuple[str, float] | None:
    return None if value is None else (address, value)
