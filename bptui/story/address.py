"""Addresses: what every number is called, `net h1` or `dE/dw1 via o1 @2`; one parser, one format.

The table of forms is the whole grammar: the parser, the formatter and the list of a network's
quantities follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from bptui.engine.metrics import METRICS
from bptui.engine.network import Network
from bptui.engine.optimizers import Optimizer
from bptui.preset.errors import counted, did_you_mean, listed, offered, shortened
from bptui.story.moment import Phase

if TYPE_CHECKING:
    from bptui.story.setup import Setup


class Neurons(NamedTuple):
    """Some of a network's neurons."""

    what: str
    """What one of them is, in an error."""
    of: Callable[[Network], tuple[str, ...]]


_INPUTS = Neurons("an input", lambda network: network.inputs)
_OUTPUTS = Neurons("an output", lambda network: network.outputs)
_COMPUTING = Neurons(
    "a computing neuron", lambda net: tuple([n for layer in net.layers for n in layer.neurons])
)


def _sources(network: Network, neuron: str) -> tuple[str, ...]:
    return tuple([p.source for p in network.incoming(neuron) if p.source])


class Form(NamedTuple):
    """What belongs to a kind of address besides its words."""

    known: Phase | None
    """The phase that computes it; None for what is known from the start."""
    neurons: Neurons = _COMPUTING
    """Which neurons have one, if its words name a neuron."""
    sources: Callable[[Network, str], tuple[str, ...]] = lambda network, neuron: ()
    """The sources that a neuron has one for, if its words name a source."""
    sampled: bool = True
    """Whether each sample of a batch has its own."""
    total: bool = False
    """Whether there is one for the whole batch, too."""
    via: bool = False
    """Whether it has shares by the neurons that the error comes back through."""
    carried: bool = False
    """Whether an update changes it, and its value is carried into the next iteration."""

    @property
    def set_in(self) -> Phase | None:
        """The phase that gives it its value of an iteration; None for what is given."""
        return Phase.UPDATE if self.carried else self.known


_FORWARD, _BACKWARD, _UPDATE = Form(Phase.FORWARD), Form(Phase.BACKWARD), Form(Phase.UPDATE)


class Kind(Enum):
    """A form of address: its words and all that belongs to it."""

    INPUT = "input {neuron}", Form(None, _INPUTS)
    TARGET = "target {neuron}", Form(None, _OUTPUTS)
    NET = "net {neuron}", _FORWARD
    OUT = "out {neuron}", _FORWARD
    SHARE = "E {neuron}", _FORWARD._replace(neurons=_OUTPUTS)
    LOSS = "E", _FORWARD._replace(total=True)
    PENALTY = "penalty", _FORWARD._replace(sampled=False)
    METRIC = "{name}", _FORWARD._replace(sampled=False)
    DE_DOUT = "dE/dout {neuron}", _BACKWARD._replace(via=True)
    DOUT_DNET = "dout/dnet {neuron}", _BACKWARD
    DOUT_DNET_OF = "dout/dnet {neuron} {source}", _BACKWARD._replace(sources=Network.coupled)
    DE_DNET = "dE/dnet {neuron}", _BACKWARD._replace(via=True)
    ERROR = "Err {neuron}", _BACKWARD
    DNET_DOUT = (
        "dnet/dout {neuron} {source}",
        _BACKWARD._replace(sources=_sources, sampled=False),
    )
    DNET_DPARAMETER = "dnet/d{parameter} {neuron}", _BACKWARD
    DE_DPARAMETER = "dE/d{parameter}", _BACKWARD._replace(total=True, via=True)
    DE_DINPUT = "dE/dinput {neuron}", _BACKWARD._replace(neurons=_INPUTS, via=True)
    RATE = "eta {parameter}", _UPDATE._replace(sampled=False)
    STEP = "step {parameter}", _UPDATE._replace(sampled=False)
    PARAMETER = "{parameter}", Form(None, sampled=False, carried=True)
    KEPT = "{name} {parameter}", Form(None, sampled=False, carried=True)
    TERM = "{name} {parameter} ", _UPDATE._replace(sampled=False)

    _value_: str
    form: Form

    def __new__(cls, words: str, form: Form) -> Kind:
        kind = object.__new__(cls)
        kind._value_, kind.form = words, form
        return kind

    __hash__ = object.__hash__  # each is one object, and an enum's own is slow


class Quantity(NamedTuple):
    """The address of a number, valid in a network; make one with `parse_quantity`."""

    kind: Kind
    neuron: str = ""
    parameter: str = ""
    source: str = ""
    via: str = ""
    sample: int = 0
    """Which sample of the batch, from 1; 0 where there is one, or for the batch as a whole."""
    name: str = ""
    """Of a metric, or of what an optimizer keeps, or computes, for a parameter."""

    @property
    def form(self) -> Form:
        return self.kind.form

    def __str__(self) -> str:
        return _address(self)


@lru_cache(maxsize=4096)
def _address(quantity: Quantity) -> str:
    kind, neuron, parameter, source, via, sample, name = quantity
    text: str = kind.value.format(neuron=neuron, parameter=parameter, source=source, name=name)
    return text.rstrip() + (f" via {via}" if via else "") + (f" @{sample}" if sample else "")


class AddressError(ValueError):
    """Not an address, or not of this network; the message says what would be right."""


class FormError(AddressError):
    """It has no form that any address has."""


_TAIL = re.compile(r"(?:\s+via\s+(?P<via>[^\s@]+))?(?:\s*@\s*(?P<sample>\S+))?$")
_PATTERNS = {
    kind: re.compile(
        re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^\\s/@]+)", re.escape(kind.value)).replace(r"\ ", r"\s+")
    )
    for kind in Kind
    if kind is not Kind.TERM  # which is written like what is kept
}


_LONGEST = 500
"""Characters of an address; names have at most 60."""


def parse_quantity(text: str, where: Setup) -> Quantity:
    """The quantity that an address means in a setup, in whatever spelling.

    Raises:
        AddressError: it has no known form, or names what is not there.
    """
    from bptui.story.spellings import spellings  # which is about these addresses

    if len(text) > _LONGEST:
        raise AddressError(f'"{shortened(text)}" is too long for the address of a quantity')
    told: AddressError | None = None
    for spelling in chain((text,), spellings(text, where)):  # others only if it needs them
        try:
            return _parsed(spelling, where)
        except FormError as error:
            told = told or error
        except AddressError as error:  # it says more: which name is not there
            told = error
    assert told is not None
    raise told


def _parsed(text: str, where: Setup) -> Quantity:
    tail = _TAIL.search(text.strip())
    assert tail is not None  # every part of the pattern is optional
    head = text.strip()[: tail.start()].rstrip()
    if re.fullmatch(r"dnet/dout\s+\S+", head):
        raise AddressError(f'"{text}" needs a second neuron, as in dnet/dout o1 h1')
    for kind, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(head):
            quantity = Quantity(kind)._replace(**found.groupdict())  # type: ignore[arg-type]
            if kind is Kind.TARGET and not where.has_targets:
                raise AddressError(no_target(where))
            if kind is Kind.METRIC:
                if (name := _metric(head, where)) is None:
                    continue
                quantity = Quantity(kind, name=name)
            if kind is Kind.KEPT and quantity.name not in _optimizer(where).named:
                break
            if kind is Kind.KEPT and quantity.name not in _optimizer(where).kept:
                quantity = quantity._replace(kind=Kind.TERM)
            _check_names(quantity, where.network)
            if kind is Kind.PENALTY and not _has_penalty(where):
                raise AddressError("E has no penalty here; [training] has none that adds to it")
            return _with_tail(quantity, tail["via"], tail["sample"], where)
    forms = "net h1, out h1, E, E o1, dE/dout o1, dE/dnet o1, dE/dw5, w5, step w5"
    forms += "".join(f", {name} w5" for name in _optimizer(where).named)
    raise FormError(f'"{text}" is not the address of a quantity; addresses look like {forms}')


def no_target(where: Setup) -> str:
    """Say why there is no target where the loss has no use for one."""
    return f'the loss "{where.rule.loss.name}" compares with no target'


def _metric(text: str, where: Setup) -> str | None:
    """The metric that a word means, in any case; None if it is a parameter's name, or no metric."""
    name = next((name for name in METRICS if name.casefold() == text.casefold()), None)
    if name is None or text in where.network.slots:
        return None
    if name not in where.metrics:
        raise AddressError(f"{name} needs {METRICS[name].needs}")
    return name


def _optimizer(where: Setup) -> Optimizer:
    optimizer: Optimizer = where.rule.optimizer.entry
    return optimizer


def _has_penalty(where: Setup) -> bool:
    """Whether a penalty is part of E."""
    penalty = where.rule.penalty
    return penalty is not None and penalty.chosen.entry.value is not None


_LISTED: dict[Kind, Callable[[Setup], bool]] = {
    # it says nothing that dE/dnet does not
    Kind.ERROR: lambda where: where.preset.notation.error is not None,
    Kind.TARGET: lambda where: where.has_targets,
    Kind.PENALTY: _has_penalty,
    Kind.RATE: lambda where: where.rule.rates is not None,
}
"""Kinds that say something in some setups only: in which."""
SELDOM = frozenset(_LISTED) - {Kind.TARGET}


def unlisted(where: Setup) -> frozenset[Kind]:
    """The kinds of which a setup's quantities are not listed."""
    return frozenset(kind for kind, says in _LISTED.items() if not says(where))


def _check_names(quantity: Quantity, network: Network) -> None:
    if quantity.parameter and quantity.parameter not in network.slots:
        raise AddressError(_no_parameter(quantity, network))
    if quantity.neuron:
        what, names = quantity.form.neurons
        _check_neuron(quantity.neuron, names(network), network, what)
    if quantity.kind is Kind.DNET_DPARAMETER:
        targets = network.parameter(quantity.parameter).targets
        if quantity.neuron not in targets:
            raise AddressError(
                f"{quantity.parameter} does not lead to {quantity.neuron}; "
                f"it leads to {listed(targets)}"
            )
    if quantity.kind is Kind.DOUT_DNET_OF:
        others = network.coupled(quantity.neuron)
        if not others:
            raise AddressError(
                f"out {quantity.neuron} depends on its own net only (softmax is what couples "
                f"neurons); say dout/dnet {quantity.neuron}"
            )
        if quantity.source not in others:
            _check_neuron(quantity.source, others, network, f"beside {quantity.neuron}")
    if quantity.kind is Kind.DNET_DOUT:
        sources = _sources(network, quantity.neuron)
        if quantity.source not in sources:
            raise AddressError(
                f"no edge leads from {quantity.source} to {quantity.neuron}; "
                f"{quantity.neuron} has edges from {listed(sources)}"
            )


def _check_neuron(name: str, valid: tuple[str, ...], net: Network, what: str) -> None:
    if name in valid:
        return
    if name in net.places:
        raise AddressError(f"{name} is not {what}; {offered(valid)}")
    raise AddressError(f"no neuron {name}; {did_you_mean(name, valid)}")


def _no_parameter(quantity: Quantity, network: Network) -> str:
    name = quantity.parameter
    if quantity.kind is Kind.PARAMETER and name in network.places:
        what = "input" if name in network.inputs else "net"
        return f"{name} is a neuron; name one of its numbers, as in {what} {name}"
    what = "parameter" if quantity.kind is not Kind.PARAMETER else "quantity or parameter"
    return f"no {what} {name}; {did_you_mean(name, network.slots)}"


def _with_tail(quantity: Quantity, via: str | None, sample: str | None, where: Setup) -> Quantity:
    form, batch_size = quantity.form, where.batch_size
    if via:
        if not form.via:
            raise AddressError(f"{quantity} takes no via; only dE/d... does")
        valid = ways(quantity, where.network)
        if via not in valid:
            raise AddressError(f"{quantity} does not come via {via}; it comes via {listed(valid)}")
        quantity = quantity._replace(via=via)
    number = _sample_number(sample, batch_size)
    if number and not form.sampled:
        raise AddressError(f"{quantity} is the same for all samples; leave out @{number}")
    if not number and batch_size > 1 and form.sampled and not form.total:
        raise AddressError(
            f"each of the {batch_size} samples has its own {quantity}; say {quantity} @1"
        )
    return quantity._replace(sample=number if batch_size > 1 else 0)


def _sample_number(sample: str | None, batch_size: int) -> int:
    if sample is None:
        return 0
    number = int(sample) if sample.isascii() and sample.isdigit() and len(sample) < 10 else 0
    if not 1 <= number <= batch_size:
        raise AddressError(f"no sample @{sample}; the batch has {counted(batch_size, 'sample')}")
    return number


def ways(quantity: Quantity, network: Network) -> tuple[str, ...]:
    """The neurons that the error can come back through on its way to a dE/d... quantity.

    For a neuron those of later layers that it leads to; for a parameter its own neurons, too.
    """
    if quantity.parameter:
        targets = network.parameter(quantity.parameter).targets
        reached = {*targets}.union(*map(network.downstream, targets))
        return tuple(sorted(reached, key=network.places.__getitem__))
    return network.downstream(quantity.neuron)


def all_quantities(where: Setup) -> tuple[Quantity, ...]:
    """Every quantity of a setup, in the order of a calculation by hand."""
    return tuple(_each_quantity(where))


def has_at_most(where: Setup, most: int) -> bool:
    """Whether a setup has no more quantities than that; what is over is not listed."""
    return next(islice(_each_quantity(where), most, None), None) is None


def _each_quantity(where: Setup) -> Iterator[Quantity]:
    left_out = unlisted(where)
    for kind in Kind:
        if kind in left_out:
            continue
        if kind is Kind.METRIC:
            continue  # it is not of the iteration's batch
        for quantity in _of_kind(kind, where):
            yield from _samples(quantity, where.batch_size)
            if quantity.form.via:
                for via in ways(quantity, where.network):
                    yield from _samples(quantity._replace(via=via), where.batch_size)


def _of_kind(kind: Kind, where: Setup) -> list[Quantity]:
    """All quantities of a kind, without samples and shares: for every name that its words need."""
    network, words, optimizer = where.network, kind.value, _optimizer(where)
    found = [Quantity(kind)]
    if "{name}" in words:
        kept = kind is Kind.KEPT
        names = [n for n in optimizer.named if (n in optimizer.kept) == kept]
        found = [q._replace(name=n) for q in found for n in names]
    if "{neuron}" in words:
        found = [q._replace(neuron=name) for q in found for name in kind.form.neurons.of(network)]
    if "{source}" in words:
        sources = kind.form.sources
        found = [q._replace(source=n) for q in found for n in sources(network, q.neuron)]
    if "{parameter}" in words:
        found = [
            q._replace(parameter=p.name)
            for q in found
            for p in (network.incoming(q.neuron) if q.neuron else network.parameters)
        ]
    return found


def _samples(quantity: Quantity, batch_size: int) -> list[Quantity]:
    form = quantity.form
    if batch_size == 1 or not form.sampled:
        return [quantity]
    each = [quantity._replace(sample=k + 1) for k in range(batch_size)]
    return [quantity, *each] if form.total else each
