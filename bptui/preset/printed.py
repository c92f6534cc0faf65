"""The figures of a file, one by one: also those that it prints as a layer's matrix or vector."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bptui.preset.errors import Fault, KeyPath, listed, named
from bptui.preset.generate import check_matrix
from bptui.preset.limits import MAX_FIGURES, MAX_REPEATED
from bptui.preset.model import Entry, Expected, Figure, Preset, Printed
from bptui.preset.numbers import plain
from bptui.preset.validate import check_size

_One = tuple[str, str | Figure, KeyPath, str]
"""An address, its figure and where it stands; in a matrix, the address in the other layout."""
Tables = Mapping[str, Mapping[str, Mapping[str, Printed]]]
"""Figures by iteration, phase and address."""
_DASHES = ("", "-", "—", "...", "…")
"""What stands in a matrix for a figure that is not printed."""
_TAIL = r"(?P<tail>(?:\s+via\s+\S+)?(?:\s*@\s*\S+)?)\s*"
_PARAMETERS = re.compile(r"(?P<form>|.*\s|.*/[d∂]|[d∂])(?P<kind>[WwBb])")
"""`dE/dW`, `W`, `step b`, `db`: a form of address with W or b for a layer's parameters."""


def printed_figures(tables: Tables, preset: Preset) -> tuple[Expected, ...]:
    """The figures of a preset whose neurons and parameters have names.

    Raises:
        Fault: they are too many to be checked, or do not fit their layer.
    """
    found: list[Expected] = []
    layers = _Layers(preset)
    for iteration, phases in tables.items():
        for phase, figures in phases.items():
            for address, value in figures.items():
                path: KeyPath = ("expected", iteration, phase, address)
                for own, one, at, turned in layers.each(address, value, path):
                    if len(found) == MAX_FIGURES:
                        raise Fault(at, f"too many printed figures; the limit is {MAX_FIGURES}")
                    found.append(Expected(iteration, phase, own, _figure(one), at, turned))
    return tuple(found)


def _figure(value: str | Figure) -> Figure:
    figure = value if isinstance(value, Figure) else Figure(value)
    return replace(figure, printed=plain(figure.printed))


def _is_printed(value: object) -> bool:
    return not isinstance(value, str) or plain(value) not in _DASHES


class _Of(Struct, frozen=True):
    """What an address with the name of a layer means: a form for each of its numbers."""

    form: str
    """`net {}`, `dE/d{} @2`."""
    place: int
    """Of the layer."""
    kind: str
    """W or b; empty for its neurons."""


class _Layers:
    """Turns figures of layers into those of their neurons and parameters."""

    def __init__(self, preset: Preset) -> None:
        self._layers, self._layout = preset.layers, preset.layout
        self._weights, self._biased = preset.weights, preset.biases
        self._neurons = [tuple(layer.neurons) for layer in preset.layers]  # type: ignore[arg-type]
        names = sorted((layer.name for layer in preset.layers), key=len, reverse=True)
        either = "|".join(map(re.escape, names))
        self._address = re.compile(
            rf"(?P<form>.*?\S)[\s_]+(?P<layer>{either}){_TAIL}", re.DOTALL | re.I
        )

    def each(self, address: str, value: Printed, path: KeyPath) -> Iterator[_One]:
        """Yield each figure of an entry of the file: its own address, itself and its place."""
        of = self._of(address)
        if of is None:
            if isinstance(value, tuple) and any(isinstance(one, tuple) for one in value):
                told = f'"{address}" has rows of figures, but it names no layer\'s weights'
                raise Fault(path, f'{told}; write it like "dE/dW {self._layers[-1].name}"')
            yield from _repeated(address, value, path)
        elif of.kind == "W":
            yield from self._matrix(of, value, path)
        else:
            names = self._biases(of.place, path) if of.kind else self._neurons[of.place]
            for name, (one, at) in zip(names, _list(value, names, path), strict=True):
                if _is_printed(one):
                    yield from _repeated(of.form.format(name), one, at)

    def _of(self, address: str) -> _Of | None:
        found = self._address.fullmatch(address.strip())
        if found is None:
            return None
        layer, tail = found["layer"], found["tail"]
        names = [own.name for own in self._layers]
        if layer not in names:  # it is written with other capitals
            layer = next(name for name in names if name.casefold() == layer.casefold())
        place = names.index(layer)
        form = found["form"].replace("{", "{{").replace("}", "}}")
        if parameters := _PARAMETERS.fullmatch(form):
            form = {"d": "dE/d", "∂": "∂E/∂"}.get(parameters["form"], parameters["form"])
            return _Of(f"{form}{{}}{tail}", place, parameters["kind"].upper())
        if any(layer in names for names in self._neurons):  # it is that neuron's figure
            return None
        return _Of(f"{form} {{}}{tail}", place, "")

    def _biases(self, place: int, path: KeyPath) -> list[str]:
        """The biases of a layer, each once, in the order of its neurons."""
        of = {neuron: name for name, bias in self._biased.items() for neuron in bias.neurons}
        found = [of[neuron] for neuron in self._neurons[place] if neuron in of]
        if not found:
            raise Fault(path, f'layer "{self._layers[place].name}" has no biases; leave this out')
        return [*dict.fromkeys(found)]

    def _matrix(self, of: _Of, value: Printed, path: KeyPath) -> Iterator[_One]:
        if of.place == 0:
            to = self._layers[1].name
            raise Fault(path, f'no weights lead to the inputs; name the layer they lead to: "{to}"')
        sources, targets = self._neurons[of.place - 1], self._neurons[of.place]
        edges = {(edge.source, edge.to): name for name, edge in self._weights.items()}
        pairs = [(s, t) for s in sources for t in targets]
        if self._layout == "out_in":
            pairs = [(s, t) for t in targets for s in sources]
        there = dict(zip(sources, targets, strict=True)) if len(sources) == len(targets) else {}
        back = {target: source for source, target in there.items()}
        entries = self._entries(value, sources, targets, path)
        for (source, target), (one, at) in zip(pairs, entries, strict=True):
            if not _is_printed(one):
                continue
            if (source, target) not in edges:
                told = f'no weight leads from {source} to {target}; write "-" for its figure'
                raise Fault(at, told)
            turned = edges.get((back.get(target, ""), there.get(source, "")), "")
            address = of.form.format(edges[source, target])
            yield from _repeated(address, one, at, turned and of.form.format(turned))

    def _entries(
        self, value: Printed, sources: Sequence[str], targets: Sequence[str], path: KeyPath
    ) -> list[tuple[Printed, KeyPath]]:
        """The entries of a matrix, row by row; a single row or column may be a plain list."""
        rows = value if isinstance(value, tuple) else ()
        if not any(isinstance(row, tuple) for row in rows) and 1 in (len(sources), len(targets)):
            return _list(value, sources if len(targets) == 1 else targets, path)
        if not rows:
            told = f'"{path[-1]}" must be a list of rows: [["0.3775", ...], ...]'
            raise Fault(path, told)
        matrix: list[tuple[Entry, ...]] = []
        for place, row in enumerate(rows):
            if not isinstance(row, tuple):
                told = f'row {place + 1} of "{path[-1]}" must be a list in [ ]'
                raise Fault((*path, place), told)
            matrix.append(row)
        check_matrix(matrix, sources, targets, path, self._layout, "figure")
        return [
            (one, (*path, place, column))
            for place, row in enumerate(matrix)
            for column, one in enumerate(row)
        ]


def _list(value: Printed, names: Sequence[str], path: KeyPath) -> list[tuple[Printed, KeyPath]]:
    """The entries of a list with one for each name; of one name it may be a figure alone."""
    if not isinstance(value, tuple):
        if len(names) == 1:
            return [(value, path)]
        told = f'"{path[-1]}" must be a list in [ ], with a figure for each of {listed(names)}'
        raise Fault(path, told)
    check_size(value, names, path, "figure")
    return [(one, (*path, place)) for place, one in enumerate(value)]


def _repeated(address: str, value: Printed, path: KeyPath, turned: str = "") -> Iterator[_One]:
    """Yield the figures that are printed for one quantity."""
    if not isinstance(value, tuple):
        yield address, value, path, turned
        return
    if len(value) > MAX_REPEATED:
        told = f"too many figures for one quantity; the limit is {MAX_REPEATED}"
        raise Fault((*path, MAX_REPEATED), told)
    for place, one in enumerate(value):
        if isinstance(one, tuple):
            raise Fault((*path, place), f"{named(path)} has too many brackets; write one pair less")
        yield address, one, (*path, place), turned
