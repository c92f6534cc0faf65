"""The preset format as types: every table that a file may hold, and what its keys may be.

Defaults stand here; what types cannot say (that an edge leads to an existing neuron) is in
`validate`. Activations, losses and optimizers are tables of the engine, checked in `story/setup`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, Struct, field
from msgspec.structs import fields

from bptui.preset.errors import KeyPath

PositiveInt = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(title="a neuron's name")]
"""Text, or a whole number that is read as text: neurons may be called 1, 2, 3."""
Layout = Literal["in_out", "out_in"]
"""Whether a row of a matrix is a neuron of the layer before, or of the layer that has it."""
Named = str | dict[str, object]
"""A function by name, or a table of its `name` and its parameters."""


def name_of(value: Named) -> str:
    """The name of a function, with parameters or without."""
    return value if isinstance(value, str) else str(value.get("name"))


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file."""


class Training(Table, frozen=True):
    """`[training]`: the conventions on which textbooks differ."""

    learning_rate: float
    loss: Named
    batch: Literal["full", "online"] | PositiveInt = "full"
    """How many samples one iteration uses: all, one, or a number."""
    first_batch: PositiveInt = 1
    """Which batch of the epoch iteration 1 uses; the others follow in their order."""
    shuffle: Annotated[int, Meta(ge=0)] | None = None
    """A seed: the samples have another order in each epoch, if that has several batches."""
    first_epoch: PositiveInt = 1
    """Which epoch iteration 1 belongs to: on that the order depends."""
    reduction: Literal["sum", "mean"] = "sum"
    """How the losses of a batch's samples become one."""
    update: Literal["simultaneous", "sequential"] = "simultaneous"
    """`sequential`: a layer's weights change before the deltas of the layer below are computed."""
    optimizer: Named = "sgd"
    rates: dict[str, float] = {}
    """Other learning rates, by the names of layers and parameters."""
    schedule: Named | None = None
    """How the learning rates change in the course of training."""
    penalty: Named | None = None
    """What keeps weights small."""
    updates_before: Annotated[int, Meta(ge=0)] = 0
    """How many updates there were before iteration 1, for what counts them."""
    frozen: tuple[str, ...] = ()
    """Parameters that are never updated, besides those that say `trainable = false`."""

    def batch_size(self, samples: int) -> int:
        """The number of samples in one iteration; the last batch may have fewer."""
        match self.batch:
            case "full":
                return samples
            case "online":
                return 1
            case number:
                return min(number, samples)

    def batches(self, samples: int) -> int:
        """The number of batches in an epoch."""
        return -(-samples // self.batch_size(samples))


def words_of(key: str, table: type[Table] = Training) -> tuple[str, ...]:
    """The words that a key of a table chooses from, none if it does not."""
    kinds = [field.type for field in fields(table) if field.name == key]
    return tuple(word for kind in kinds for word in choices(kind))


def choices(kind: Any) -> tuple[str, ...]:
    """The words that a type chooses from, none if it does not."""
    parts = (kind, *get_args(kind))
    return tuple(word for part in parts if get_origin(part) is Literal for word in get_args(part))


class Initializer(Table, frozen=True):
    """A layer's `initializer`: weights drawn from a seeded generator; its biases are 0."""

    name: str
    seed: Annotated[int, Meta(ge=0)]


class Layer(Table, frozen=True):
    """One of the `[[layers]]`, inputs first."""

    name: str
    neurons: tuple[Name, ...] | PositiveInt
    """The neurons' names, or how many: they are then called h1, h2, ..."""
    activation: Named | None = None
    weights: tuple[tuple[float, ...], ...] | None = None
    """In the `layout` of the preset."""
    biases: tuple[float, ...] | None = None
    initializer: Initializer | None = None


class Weight(Table, frozen=True, gc=False):
    """One of the `[weights]`: an edge between neurons of neighbouring layers."""

    source: Name = field(name="from")
    to: Name
    value: float
    trainable: bool = True


class Bias(Table, frozen=True):
    """One of the `[biases]`, of one neuron or shared by several."""

    to: Name | tuple[Name, ...]
    value: float
    trainable: bool = True
    threshold: bool = False
    """It is subtracted: net = sum - threshold."""

    @property
    def neurons(self) -> tuple[str, ...]:
        """The neurons that it is added to."""
        return (self.to,) if isinstance(self.to, str) else self.to


class Sample(Table, frozen=True):
    """One of the `[[samples]]`: a number for each input neuron and each output neuron."""

    input: tuple[float, ...]
    target: tuple[float, ...] | None = None
    """None if it has none, which only a loss without targets allows."""


Column = str | PositiveInt
"""A column of a CSV file, by its name or by its number from 1."""


class Data(Table, frozen=True):
    """`[data]`: samples that stand in a CSV file, a row each."""

    csv: str
    """The file, from the folder of the preset."""
    input: tuple[Column, ...]
    """A column for each input neuron."""
    target: Column | tuple[Column, ...]
    """A column for each output neuron, or one of classes."""
    header: bool | None = None
    """Whether the first row names the columns; if it does not say, a row without a number does."""
    classes: tuple[str | float, ...] | None = None
    """The classes in the order of the output neurons; else they are sorted."""
    scale: Literal["none", "standard", "min_max"] = "none"
    """What is done to each input column."""
    rows: tuple[PositiveInt, PositiveInt] | None = None
    """The first and the last row that are samples, without the header."""


class Rows(Struct, frozen=True, eq=False):
    """Where samples of `[data]` come from."""

    file: str
    """The CSV file, from where bptui was started."""
    text: str
    lines: tuple[int, ...]
    """The line of each sample."""
    columns: tuple[str, ...]
    """What the input columns are called."""
    inputs: tuple[tuple[float, ...], ...]
    """The input columns' numbers as they are in the file."""
    classes: tuple[str, ...] = ()
    """Each sample's class, if there are classes."""


class Notation(Table, frozen=True):
    """`[notation]`: how the article writes things.

    A word replaces ours (`z`: z h1); with `{}` it is the whole of it (`a_{}`: a_h1).
    """

    net: str = "net"
    out: str = "out"
    hidden: str | None = None
    """The outputs of hidden neurons, where they are written otherwise."""
    outputs: tuple[str, ...] | None = None
    """The outputs of the last layer, each by a name of its own."""
    target: str | tuple[str, ...] = "target"
    loss: str = "E"
    learning_rate: str = "η"
    delta: str | None = None
    """dE/dnet, where it is not written as a derivative."""
    error: str | None = None
    """-dE/dnet, where the article works with that."""
    new: str | None = None
    """What an update makes of a weight: `{}⁺`."""


class Figure(Table, frozen=True):
    """A figure that the article prints, where a string alone does not say enough of it."""

    printed: str
    """As it is printed, so that its precision is kept."""
    same_as: str | None = field(name="is", default=None)
    """It is really this other quantity."""
    under: dict[str, object] | None = None
    """It is right under these other conventions."""
    arithmetic: str | None = field(name="as", default=None)
    """An expression over numbers and addresses that gives it."""
    misprint: bool = False
    """Whether one digit of what that gives was then lost, added, changed or swapped."""
    because: str | None = None
    unexplained: bool = False


Entry = str | Figure | tuple[str | Figure, ...]
"""A figure as the file has it; several if the article prints a quantity more than once."""
Printed = str | Figure | tuple[str | Figure | tuple[Entry, ...], ...]
"""The same, or of a layer a list with an entry for each neuron or bias, or a matrix of them."""


class Expected(Struct, frozen=True):
    """A printed figure, and where it belongs."""

    iteration: str
    phase: str
    address: str
    figure: Figure
    path: KeyPath = ()
    """Where the file has it."""
    turned: str = ""
    """Its address if the square matrix that it is from is read the other way round."""


class Note(Table, frozen=True):
    """One of the `[[notes]]`: what the author has to say of a quantity at a moment."""

    moment: str
    """`1 backward`, or `start`."""
    quantity: str
    text: str


class Claim(Table, frozen=True):
    """One of the `[[claims]]`: what the article says in words, as a condition."""

    text: str
    holds: str
    """`E < 0.1`."""
    at: str | None = None
    """When it should hold: `2000 forward`, `2000`."""
    first: str | None = None
    """When it should hold for the first time."""
    never: bool = False
    wrong: bool = False
    """Whether the author of the preset knows that it is wrong."""
    because: str | None = None


class Marking(Table, frozen=True):
    """`[marking]`: which numbers an exercise asks for, how exactly, and what they are worth."""

    ask: tuple[str, ...] = ()
    """Addresses, `E at 2 forward`; if there are none, whatever is answered is asked for."""
    points: dict[str, float] = {}
    """By address as in `ask`; the others have 1."""
    follow_through: bool = True
    """Whether what follows rightly from a wrong answer has its points."""
    digits: PositiveInt | None = None
    """How many digits are needed, without zeros in front; more are rounded off."""
    decimals: PositiveInt | None = None
    """How many digits after the point are needed; more are rounded off."""
    absolute: float | None = None
    """How far off an answer may be."""
    relative: float | None = None
    """How far off it may be, as a part of the right number, or of the answer if that is larger."""


class Preset(Struct, frozen=True, kw_only=True):
    """A valid preset: everything that its file says, and the file, for errors found later."""

    title: str = ""
    source: str = ""
    topic: str = ""
    """What lists group it under."""
    summary: str = ""
    """What there is to learn from it, in one line."""
    layout: Layout = "in_out"
    training: Training
    notation: Notation = Notation()
    layers: tuple[Layer, ...]
    weights: dict[str, Weight] = {}
    biases: dict[str, Bias] = {}
    samples: tuple[Sample, ...]
    data: Data | None = None
    rows: Rows | None = None
    """Where the samples come from, if that is `data`."""
    state: dict[str, dict[str, float]] = {}
    """What the optimizer keeps to begin with, by its name and the parameter's."""
    expected: tuple[Expected, ...] = ()
    claims: tuple[Claim, ...] = ()
    notes: tuple[Note, ...] = ()
    marking: Marking = Marking()
    file: str
    text: str

    @property
    def name(self) -> str:
        """What it is called on the command line: its file's name without `.toml`."""
        return self.file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".toml")

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of neurons in each layer, inputs first."""
        return tuple(n if isinstance(n := layer.neurons, int) else len(n) for layer in self.layers)
