"""Where a number comes from: for each quantity its formula, over quantities that have theirs.

Written from the definitions (Rumelhart, Hinton and Williams 1986) name by name, with no matrices
and no look at the engine; a test holds the two books together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache, partial

from msgspec import Struct

from bptui.engine.functions import Chosen, Loss
from bptui.story.address import Kind, Quantity, ways
from bptui.story.formula import (
    Const,
    Formula,
    Minus,
    Product,
    Quotient,
    Ref,
    Sum,
    evaluate,
    references,
)
from bptui.story.given import metric_formula, origin_of
from bptui.story.moment import START, Moment, Phase
from bptui.story.rule_formulas import (
    parameters_of,
)
from bptui.story.symbols import is_close, taught, written
from bptui.story.timeline import Timeline
from bptui.story.update_deriver import UpdateDeriver
from bptui.story.values import values_at

BY_HAND = "your what-if value"
FIRST = "before the first update"


class Derivation(Struct, frozen=True, dict=True):
    """Where a quantity's value at a moment comes from."""

    quantity: Quantity
    moment: Moment
    formula: Formula | None
    """None for what is given: inputs, targets, first parameters."""
    given: str = ""
    """Where what is given stands, or what its formula begins with."""
    paths: Formula | None = None
    """The same value as a sum over the ways that the error comes back, if there are several."""

    @cached_property
    def parts(self) -> tuple[Ref, ...]:
        """The quantities it is computed from, each once, those of the paths last."""
        found: dict[tuple[Quantity, Moment], Ref] = {}
        for formula in (self.formula, self.paths):
            for ref in references(formula) if formula is not None else ():
                found.setdefault((ref.quantity, ref.moment), ref)
        return tuple(found.values())

    def value(self) -> float | None:
        """What the formula gives in floats, None for what is given."""
        return None if self.formula is None else evaluate(self.formula)


@lru_cache(maxsize=256)
def derive(timeline: Timeline, quantity: Quantity, moment: Moment) -> Derivation:
    return _Deriver(timeline, moment).derive(quantity)


class _Deriver(UpdateDeriver):
    def derive(self, quantity: Quantity) -> Derivation:
        phase = quantity.form.known
        moment = self._at(phase) if phase is not None else self.moment
        match quantity.kind:
            case Kind.INPUT | Kind.TARGET:
                return self._sample(quantity, moment)
            case Kind.METRIC:
                return self._metric(quantity, moment)
            case Kind.PARAMETER | Kind.KEPT:
                return self._parameter(quantity)
            case Kind.RATE:
                rate = self._rate(quantity)
                return Derivation(quantity, moment, rate, "" if rate else "from the preset")
            case Kind.DNET_DPARAMETER if self.network.parameter(quantity.parameter).is_bias:
                threshold = self.network.parameter(quantity.parameter).threshold
                given = "a threshold is subtracted" if threshold else "a bias is added"
                return Derivation(quantity, moment, None, given)
            case Kind.TERM if not self.network.parameter(quantity.parameter).trainable:
                given = f"what it would be if {quantity.parameter} were not frozen"
                return Derivation(quantity, moment, None, given)
        formula = _FORMULAS[quantity.kind](self, quantity)
        return Derivation(quantity, moment, formula, paths=self._paths(quantity))

    def _sample(self, quantity: Quantity, moment: Moment) -> Derivation:
        number = self.setup.batch(moment.iteration).numbers[max(quantity.sample - 1, 0)]
        place = self.network.places[quantity.neuron][1]
        formula, given = origin_of(self.setup, quantity.kind, number, place)
        return Derivation(quantity, moment, formula, given or BY_HAND)

    def _metric(self, quantity: Quantity, moment: Moment) -> Derivation:
        """A metric over the total of its shares, which are too many to be written one by one."""
        shares = values_at(self.timeline, moment).shares(quantity.name)
        return Derivation(quantity, moment, *metric_formula(quantity.name, *shares))

    def _weighted(self, quantity: Quantity) -> Ref:
        """What a weight multiplies: an input or an output."""
        source = self.network.parameter(quantity.parameter).source
        assert source is not None
        kind = Kind.INPUT if source in self.network.inputs else Kind.OUT
        return self._ref(kind, neuron=source, sample=quantity.sample)

    def _reduced(self, formula: Formula) -> Formula:
        divisor = self.rule.divisor(self.samples)
        return Quotient(formula, Const(divisor)) if divisor != 1 else formula

    def _parameter(self, quantity: Quantity) -> Derivation:
        """The update that a parameter's value comes from, which may be an earlier one."""
        trainable = self.network.parameter(quantity.parameter).trainable
        moment, iteration = self.moment, self.moment.iteration
        by_hand = partial(self.timeline.set_by_hand, str(quantity))
        if moment.phase is Phase.UPDATE and by_hand(moment):
            return Derivation(quantity, moment, None, BY_HAND)
        if moment.phase is Phase.UPDATE and trainable:
            return Derivation(quantity, moment, self._updated(quantity))
        first = iteration if trainable else self.timeline.begun(iteration)
        begun = Moment.of(first, Phase.FORWARD)
        if by_hand(begun) and moment != START:
            return Derivation(quantity, begun, None, BY_HAND)
        before = Moment.of(first - 1, Phase.UPDATE) if first > 1 else START
        kept = self.timeline.setup_at(before).kept
        if quantity.kind is Kind.KEPT and quantity.name not in kept:
            return Derivation(quantity, begun, None, FIRST)  # another optimizer has come
        if first > 1:
            return _Deriver(self.timeline, before).derive(quantity)
        given = "from the preset" if trainable else "from the preset, frozen"
        if by_hand(START):
            given = BY_HAND
        elif quantity.kind is Kind.KEPT and not self._known(quantity, START).value:
            given = FIRST
        return Derivation(quantity, START, None, given)

    # forward

    def _net(self, quantity: Quantity) -> Formula:
        terms: list[Formula] = []
        for parameter in self.network.incoming(quantity.neuron):  # its bias comes last
            weight = self._old(parameter.name)
            if parameter.threshold:
                return Minus(Sum(tuple(terms)), weight)
            if parameter.is_bias:
                terms.append(weight)
            else:
                terms.append(
                    Product((weight, self._weighted(quantity._replace(parameter=parameter.name))))
                )
        return Sum(tuple(terms))

    def _out(self, quantity: Quantity) -> Formula:
        chosen = self._activation(quantity.neuron)
        names = self._in_layer(chosen, quantity, {"net": Kind.NET})
        others = [f for key, f in chosen.entry.computed.items() if key == "out"]
        value = self._known(quantity, self._at(Phase.FORWARD)).value
        return taught(names, value, chosen.entry.out, *others)

    def _in_layer(
        self, chosen: Chosen, quantity: Quantity, kinds: dict[str, Kind]
    ) -> dict[str, Formula | list[Formula]]:
        """What a function's formulas may use: a neuron's numbers, and those of its whole layer."""
        layer = self.network.neurons[self.network.places[quantity.neuron][0]]
        names: dict[str, Formula | list[Formula]] = {**parameters_of(chosen)}
        for name, kind in kinds.items():
            own = [self._ref(kind, neuron=n, sample=quantity.sample) for n in layer]
            names[name], names[f"{name}s"] = own[layer.index(quantity.neuron)], [*own]
        return names

    def _activation(self, neuron: str) -> Chosen:
        return self.network.layers[self.network.places[neuron][0] - 1].chosen

    def _at_output(self, quantity: Quantity) -> dict[str, Formula | list[Formula]]:
        kinds = {"net": Kind.NET, "out": Kind.OUT}
        if self.rule.loss.entry.has_targets:
            kinds["target"] = Kind.TARGET
        names = self._in_layer(self.rule.loss, quantity, kinds)
        return {**names, "outputs": Const(float(len(self.network.outputs)))}

    def _taught_loss(self, about: str, quantity: Quantity, divisor: float = 1.0) -> Formula:
        """The loss's formula of a share, or of its slope, before it is divided by the samples."""
        entry: Loss = self.rule.loss.entry
        from_nets = entry.from_nets.get(self._activation(quantity.neuron).name)
        computed = entry.computed.get(about) if from_nets is None else getattr(from_nets, about)
        others = [] if computed is None else [computed]
        phase = Phase.FORWARD if about == "share" else Phase.BACKWARD
        value = self._known(quantity, self._at(phase)).value * divisor
        return taught(self._at_output(quantity), value, getattr(entry, about), *others)

    def _loss(self, quantity: Quantity) -> Formula:
        loss, penalty = self._data_loss(quantity), self.rule.penalty
        if quantity.sample or penalty is None or penalty.chosen.entry.value is None:
            return loss
        terms = loss.terms if isinstance(loss, Sum) else (loss,)
        return Sum((*terms, self._ref(Kind.PENALTY, sample=0)))

    def _data_loss(self, quantity: Quantity) -> Formula:
        if not quantity.sample and self.setup.batch_size > 1:
            each = [self._ref(Kind.LOSS, sample=k + 1) for k in range(self.samples)]
            return self._reduced(Sum(tuple(each)))
        outputs, sample = self.network.outputs, quantity.sample
        return Sum(tuple([self._ref(Kind.SHARE, neuron=name, sample=sample) for name in outputs]))

    # backward

    def _delta(self, quantity: Quantity) -> Formula:
        """The chain rule's product, unless only what is left when it cancels is a number."""
        neuron, via, sample = quantity.neuron, quantity.via, quantity.sample
        if self.network.coupled(neuron):
            chain = self._over_outs(neuron, sample)
        else:
            by_out = self._ref(Kind.DE_DOUT, neuron=neuron, via=via, sample=sample)
            chain = Product((by_out, self._ref(Kind.DOUT_DNET, neuron=neuron, sample=sample)))
        from_nets = self.rule.loss.entry.from_nets.get(self._activation(neuron).name)
        if via or neuron not in self.network.outputs or from_nets is None:
            return chain
        if is_close(evaluate(chain), self._known(quantity, self._at(Phase.BACKWARD)).value):
            return chain
        short = written(from_nets.delta, self._at_output(quantity))
        return chain if short is None else self._reduced(short)

    def _dE_dout(self, quantity: Quantity) -> Formula:  # noqa: N802
        """The loss's slope; of another neuron its shares via the neurons of the next layer.

        A share via a later neuron is the sum over all steps to it.
        """
        neuron, via, sample = quantity.neuron, quantity.via, quantity.sample
        if not via and neuron in self.network.outputs:
            divisor = self.rule.divisor(self.samples)
            return self._reduced(self._taught_loss("slope", quantity, divisor))
        followers = self._followers(neuron)
        if not via:
            return Sum(self._shares(quantity, followers)) if followers else Const(0.0)
        terms = [
            Product((delta, self._ref(Kind.DNET_DOUT, neuron=name, source=neuron, sample=0)))
            for name in followers
            if (delta := self._delta_via(name, via, sample)) is not None
        ]
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _shares(self, quantity: Quantity, names: tuple[str, ...]) -> tuple[Ref, ...]:
        """The shares of a derivative via some neurons."""
        moment = self._at(Phase.BACKWARD)
        return tuple([self._known(quantity._replace(via=name), moment) for name in names])

    def _delta_via(self, neuron: str, via: str, sample: int) -> Ref | None:
        """A neuron's delta, or its share via a later one; None if no path leads there."""
        via = "" if via == neuron else via
        if via and via not in ways(Quantity(Kind.DE_DNET, neuron=neuron), self.network):
            return None
        return self._ref(Kind.DE_DNET, neuron=neuron, via=via, sample=sample)

    def _followers(self, neuron: str) -> tuple[str, ...]:
        return tuple(p.targets[0] for p in self.network.outgoing(neuron))

    def _over_outs(self, neuron: str, sample: int) -> Formula:
        """A softmax layer's delta: over all outs that the neuron's net changes."""
        terms = []
        for name in self.network.neurons[self.network.places[neuron][0]]:
            kind, source = (Kind.DOUT_DNET_OF, neuron) if name != neuron else (Kind.DOUT_DNET, "")
            by_out = self._ref(Kind.DE_DOUT, neuron=name, sample=sample)
            slope = self._ref(kind, neuron=name, source=source, sample=sample)
            terms.append(Product((by_out, slope)))
        return Sum(tuple(terms))

    def _slope(self, quantity: Quantity) -> Formula:
        chosen, sample = self._activation(quantity.neuron), quantity.sample
        names: dict[str, Formula | list[Formula]] = {**parameters_of(chosen)}
        formulas = [chosen.entry.slope]
        formulas += [f for key, f in chosen.entry.computed.items() if key == "slope"]
        if quantity.source:
            names["other"] = self._ref(Kind.OUT, neuron=quantity.source, sample=sample)
            formulas = [chosen.entry.other_slope]
        for name, kind in (("net", Kind.NET), ("out", Kind.OUT)):
            names[name] = self._ref(kind, neuron=quantity.neuron, sample=sample)
        value = self._known(quantity, self._at(Phase.BACKWARD)).value
        return taught(names, value, *formulas)

    def _carrier(self, quantity: Quantity) -> Formula:
        """The weight that a delta is carried back through: old, or new if sequential."""
        edges = self.network.incoming(quantity.neuron)
        name = next(p.name for p in edges if p.source == quantity.source)
        trainable = self.network.parameter(name).trainable
        if trainable and self.rule.update == "sequential":
            return self._new(Quantity(Kind.PARAMETER, parameter=name), "new")
        return self._old(name, "old" if trainable else "")

    def _gradient(self, quantity: Quantity) -> Formula:
        formula = self._of_the_loss(quantity)
        if quantity.via or quantity.sample:
            return formula
        return self.with_slope(formula, quantity.parameter)

    def _of_the_loss(self, quantity: Quantity) -> Formula:
        """The gradient without what a penalty adds to it."""
        moment = self._at(Phase.BACKWARD)
        if not quantity.sample and self.setup.batch_size > 1:
            each = [quantity._replace(sample=k + 1) for k in range(self.samples)]
            return Sum(tuple([self._known(one, moment) for one in each]))
        targets = self.network.parameter(quantity.parameter).targets
        if len(targets) == 1:
            return self._three_factors(quantity, targets[0])
        if quantity.via in targets and not self._in_turn(targets):
            return self._three_factors(quantity, quantity.via)
        return self._shared(quantity, targets)

    def _paths(self, quantity: Quantity) -> Formula | None:
        """A gradient as the sum over the neurons that the error comes back through."""
        whole = not quantity.sample and self.setup.batch_size > 1
        if quantity.kind is not Kind.DE_DPARAMETER or quantity.via or whole:
            return None
        targets = self.network.parameter(quantity.parameter).targets
        followers = self._followers(targets[0])
        if len(targets) > 1 or len(followers) < 2:
            return None
        shares = Sum(self._shares(quantity, followers))
        return shares if quantity.sample else self.with_slope(shares, quantity.parameter)

    def _in_turn(self, targets: tuple[str, ...]) -> bool:
        """Whether one of a bias's neurons comes after another, in a later layer."""
        reached = {n for t in targets for n in ways(Quantity(Kind.DE_DNET, neuron=t), self.network)}
        return not reached.isdisjoint(targets)

    def _shared(self, quantity: Quantity, targets: tuple[str, ...]) -> Formula:
        """A shared bias's gradient: the sum over its neurons, or of their shares via one."""
        via, sample = quantity.via, quantity.sample
        if not via and not self._in_turn(targets):
            return Sum(self._shares(quantity, targets))
        deltas = [self._delta_via(target, via or target, sample) for target in targets]
        total = Sum(tuple([delta for delta in deltas if delta is not None]))
        return Minus(None, total) if self.network.parameter(quantity.parameter).threshold else total

    def _three_factors(self, quantity: Quantity, target: str) -> Formula:
        """The chain rule's product for a parameter of one neuron.

        Via a neuron of the next layer, its first factor is itself taken apart, so that the whole
        path stands in one line.
        """
        via = "" if quantity.via == target else quantity.via
        sample, coupled = quantity.sample, self.network.coupled(target)
        factors: list[Formula] = []
        if via and via in self._followers(target):
            factors.append(self._ref(Kind.DE_DNET, neuron=via, sample=sample))
            factors.append(self._ref(Kind.DNET_DOUT, neuron=via, source=target, sample=0))
        elif not coupled:
            factors.append(self._ref(Kind.DE_DOUT, neuron=target, via=via, sample=sample))
        own = Kind.DE_DNET if coupled else Kind.DOUT_DNET
        factors.append(self._ref(own, neuron=target, sample=sample))
        feed = self._ref(
            Kind.DNET_DPARAMETER, neuron=target, parameter=quantity.parameter, sample=sample
        )
        return Product((*factors, feed))


_FORMULAS: dict[Kind, Callable[[_Deriver, Quantity], Formula]] = {
    Kind.NET: _Deriver._net,
    Kind.OUT: _Deriver._out,
    Kind.SHARE: lambda deriver, quantity: deriver._taught_loss("share", quantity),
    Kind.LOSS: _Deriver._loss,
    Kind.PENALTY: _Deriver._penalty,
    Kind.DE_DOUT: _Deriver._dE_dout,
    Kind.DOUT_DNET: _Deriver._slope,
    Kind.DOUT_DNET_OF: _Deriver._slope,
    Kind.DE_DNET: _Deriver._delta,
    Kind.ERROR: lambda deriver, q: Minus(
        None, deriver._ref(Kind.DE_DNET, neuron=q.neuron, sample=q.sample)
    ),
    Kind.DNET_DOUT: _Deriver._carrier,
    Kind.DNET_DPARAMETER: _Deriver._weighted,
    Kind.DE_DPARAMETER: _Deriver._gradient,
    Kind.DE_DINPUT: _Deriver._dE_dout,
    Kind.STEP: _Deriver._step,
    Kind.TERM: _Deriver._updated,
}
