"""What a network is: named neurons in layers, and named parameters in one flat vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bptui.engine.functions import ACTIVATIONS, Activation, Array, Chosen, choose

IDENTITY = choose(ACTIVATIONS, "identity")
Slots = NDArray[np.intp]
"""Indices into the parameter vector; one past its end means that there is no such parameter."""
_NO_SLOTS: Slots = np.empty(0, dtype=np.intp)


class Parameter(Struct, frozen=True, gc=False):
    """A named weight or bias."""

    name: str
    targets: tuple[str, ...]
    """The neurons whose net input it adds to: one for a weight, one or more for a bias."""
    source: str | None = None
    """The neuron that a weight leads from; None for a bias."""
    trainable: bool = True
    threshold: bool = False
    """A bias that is subtracted: the weight of an input that is always -1."""

    @property
    def is_bias(self) -> bool:
        """Whether it is a bias."""
        return self.source is None

    @property
    def bias_feed(self) -> float:
        """What a bias is multiplied with."""
        return -1.0 if self.threshold else 1.0


class Layer(Struct, frozen=True, eq=False, dict=True):
    """A layer that computes: n neurons over the m of the layer before."""

    name: str
    neurons: tuple[str, ...]
    chosen: Chosen
    """The entry in the table of activations, with its parameters."""
    weights: Slots
    """(m, n): where each edge's weight stands in the parameter vector."""
    biases: Slots
    """(n,): where each neuron's bias stands in the parameter vector."""
    edges: NDArray[np.bool_]
    """(m, n): which neurons an edge joins."""
    bias_feed: float = 1.0
    """What its biases are multiplied with: -1 if they are thresholds."""

    @cached_property
    def table(self) -> Slots:
        """(m + 1, n): the weights, and below them the biases: the weights of one more input."""
        return np.vstack([self.weights, self.biases])

    @cached_property
    def table_edges(self) -> NDArray[np.bool_]:
        """(m + 1, n): between which neurons there is an edge; the biases' input leads to all."""
        return np.vstack([self.edges, np.full(len(self.neurons), True)])

    @property
    def activation(self) -> Activation:
        """The layer's entry in the table of activations."""
        entry: Activation = self.chosen.entry
        return entry

    @property
    def coupled(self) -> bool:
        """Whether each neuron's out depends on the nets of the whole layer."""
        return self.activation.other_slope is not None

    @cached_property
    def is_dense(self) -> bool:
        """Whether there is an edge between any two neurons."""
        return bool(self.edges.all())


class Network(Struct, frozen=True, eq=False, dict=True):
    """Named structure, without values; the values are a vector in the order of `parameters`."""

    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    parameters: tuple[Parameter, ...]

    @cached_property
    def neurons(self) -> tuple[tuple[str, ...], ...]:
        """Each layer's neurons, the inputs first."""
        return (self.inputs, *(layer.neurons for layer in self.layers))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The last layer's neurons."""
        return self.layers[-1].neurons

    @cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """Each neuron's (layer, index in it); the inputs are layer 0."""
        return {
            name: (layer, index)
            for layer, names in enumerate(self.neurons)
            for index, name in enumerate(names)
        }

    @cached_property
    def slots(self) -> dict[str, int]:
        """Each parameter's index in the vector."""
        return {p.name: slot for slot, p in enumerate(self.parameters)}

    @cached_property
    def trainable(self) -> NDArray[np.bool_]:
        """(parameters,): which of them an update changes."""
        return np.array([p.trainable for p in self.parameters], dtype=bool)

    @cached_property
    def gradient_slots(self) -> tuple[Slots, ...]:
        """For each number of last layers, where the gradients of their tables (W, b) stand.

        The very last layer's come first.
        """
        tables = [layer.table.ravel() for layer in reversed(self.layers)]
        return tuple(np.concatenate(tables[: k + 1]) for k in range(len(tables)))

    @cached_property
    def is_whole(self) -> bool:
        """Whether an update changes every parameter."""
        return bool(self.trainable.all())

    def parameter(self, name: str) -> Parameter:
        """A parameter by name; KeyError if there is none."""
        return self.parameters[self.slots[name]]

    @cached_property
    def biases(self) -> tuple[Parameter, ...]:
        """Its biases, each once."""
        return self._at(np.unique(np.concatenate([layer.biases for layer in self.layers])))

    @cached_property
    def _incoming(self) -> dict[str, tuple[Parameter, ...]]:
        return {}

    @cached_property
    def _outgoing(self) -> dict[str, tuple[Parameter, ...]]:
        return {}

    def _at(self, slots: Slots) -> tuple[Parameter, ...]:
        """The parameters at some slots, without those that are not there."""
        none = len(self.parameters)
        return tuple([self.parameters[slot] for slot in slots.tolist() if slot != none])

    @cached_property
    def _downstream(self) -> dict[str, tuple[str, ...]]:
        return {}

    def downstream(self, neuron: str) -> tuple[str, ...]:
        """The neurons of later layers that a neuron leads to, in their order."""
        if neuron not in self._downstream:
            reached: set[str] = set()
            edge = {neuron}
            while edge:
                edge = {p.targets[0] for name in edge for p in self.outgoing(name)}
                reached |= edge
            ordered = tuple(sorted(reached, key=self.places.__getitem__))
            self._downstream[neuron] = ordered
        return self._downstream[neuron]

    def coupled(self, neuron: str) -> tuple[str, ...]:
        """The other neurons of its layer whose outs change with a neuron's net."""
        layer = self.layers[self.places[neuron][0] - 1]
        return tuple(n for n in layer.neurons if n != neuron) if layer.coupled else ()

    def incoming(self, neuron: str) -> tuple[Parameter, ...]:
        """The weights that lead to a neuron, by source, then its bias."""
        if neuron not in self._incoming:
            place, index = self.places[neuron]
            slots = self.layers[place - 1].table[:, index] if place else _NO_SLOTS
            self._incoming[neuron] = self._at(slots)
        return self._incoming[neuron]

    def outgoing(self, neuron: str) -> tuple[Parameter, ...]:
        """The weights that lead from a neuron, by target."""
        if neuron not in self._outgoing:
            place, index = self.places[neuron]
            is_output = place == len(self.layers)
            slots = _NO_SLOTS if is_output else self.layers[place].weights[index]
            self._outgoing[neuron] = self._at(slots)
        return self._outgoing[neuron]


def frozen(array: Array) -> Array:
    """Make an array read-only and return it."""
    array.setflags(write=False)
    return array


def build_network(
    layers: Sequence[tuple[str, tuple[str, ...], Chosen | None]], parameters: Iterable[Parameter]
) -> Network:
    """Build a network from (name, neurons, activation) of each layer and its parameters.

    Edges must lead from a neuron to one of the next layer, and a layer's biases must be all added
    or all thresholds. KeyError for an unknown name.
    """
    parameters = tuple(parameters)
    none = len(parameters)
    neurons = [names for _, names, _ in layers]
    place = {name: (k, i) for k, names in enumerate(neurons) for i, name in enumerate(names)}
    weights = [np.full((len(a), len(b)), none, dtype=np.intp) for a, b in pairwise(neurons)]
    biases = [np.full(len(names), none, dtype=np.intp) for names in neurons[1:]]
    feeds = [1.0 for _ in neurons[1:]]
    for slot, parameter in enumerate(parameters):
        for target in parameter.targets:
            layer, index = place[target]
            if parameter.source is None:
                biases[layer - 1][index] = slot
                feeds[layer - 1] = parameter.bias_feed
            else:
                weights[layer - 1][place[parameter.source][1], index] = slot
    for array in (*weights, *biases):
        array.setflags(write=False)
    return Network(
        inputs=neurons[0],
        layers=tuple(
            Layer(name, names, chosen or IDENTITY, w, b, w < none, feed)
            for (name, names, chosen), w, b, feed in zip(
                layers[1:], weights, biases, feeds, strict=True
            )
        ),
        parameters=parameters,
    )
