"""TOML text -> Preset, or a PresetError with the line."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec
import tomli

from bptui.preset import validate
from bptui.preset.errors import Fault, KeyPath, PresetError, did_you_mean, named
from bptui.preset.generate import check_count, generate, name_neurons
from bptui.preset.limits import (
    MAX_BATCHES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_FIGURES,
    MAX_NOTES,
    MAX_REPEATED,
    MAX_WORK,
    too_much_to_read,
    work,
)
from bptui.preset.lines import line_of, line_of_depth
from bptui.preset.model import (
    Bias,
    Expected,
    Figure,
    Initializer,
    Layer,
    Notation,
    Note,
    Preset,
    Sample,
    Table,
    Training,
    Weight,
)
from bptui.preset.syntax import explain

_TABLES = (
    "title",
    "source",
    "training",
    "notation",
    "layers",
    "weights",
    "biases",
    "samples",
    "state",
    "expected",
    "notes",
)
_Table = TypeVar("_Table", bound=Table)


def read_preset(path: str | Path) -> Preset:
    """Read and validate a preset.

    Raises:
        PresetError: the file cannot be read, is not TOML, or does not describe a network.
    """
    return parse_preset(_text(path), str(path))


def parse_preset(text: str, file: str) -> Preset:
    """Validate a preset's text; `file` is what errors call it.

    Raises:
        PresetError: see `read_preset`.
    """
    document = _document(text, file)
    try:
        return _preset(document, text, file)
    except Fault as fault:
        raise fault_in(text, file, fault) from None


def fault_in(text: str, file: str, fault: Fault) -> PresetError:
    """Turn a fault at a key path into an error at a line."""
    return PresetError(fault.message, file, line_of(text, fault.path))


def _text(path: str | Path) -> str:
    file = str(path)
    try:
        with open(path, "rb", opener=_open_nonblocking) as stream:
            if not stat.S_ISREG(_mode(stream.fileno())):
                raise PresetError("not a regular file; give a preset in TOML", file)
            data = stream.read(MAX_BYTES + 1)
            if data is None:  # a file of the kernel that has nothing to say just now
                raise PresetError("there is nothing to read; give a preset in TOML", file)
    except FileNotFoundError:
        if Path(path).is_symlink():
            raise PresetError("a link to a file that is not there", file) from None
        raise PresetError(f"no such file; {_neighbours(Path(path))}", file) from None
    except IsADirectoryError:
        raise PresetError("a directory; give one of the presets in it", file) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PresetError(f"cannot be read: {reason}", file) from None
    return decoded(data, file)


def decoded(data: bytes, file: str) -> str:
    """Return the text of a preset that was read.

    Raises:
        PresetError: it is too large, or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise PresetError(f"too large; a preset has at most {MAX_BYTES // 2**20} MiB", file)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PresetError("not UTF-8; save the file in that encoding", file, line) from None


def _open_nonblocking(path: str, flags: int) -> int:
    """Open without waiting for the other end, should it be a FIFO."""
    import os

    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _mode(descriptor: int) -> int:
    import os

    return os.fstat(descriptor).st_mode


def _neighbours(path: Path) -> str:
    try:
        names = sorted(p.name for p in path.parent.glob("*.toml"))
    except OSError:
        names = []
    return did_you_mean(path.name, names) if names else "there are no presets beside it either"


def _document(text: str, file: str) -> dict[str, object]:
    if wrong := too_much_to_read(text):
        raise PresetError(wrong[1], file, wrong[0])
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        line, message = explain(error)
        raise PresetError(message, file, line) from None
    except RecursionError:
        told = f"nested too deeply; no key of a preset is {MAX_DEPTH} levels down"
        raise PresetError(told, file, line_of_depth(text, MAX_DEPTH)) from None
    except ValueError:  # an integer of thousands of digits
        longest = max(re.finditer(r"[\d_]+", text), key=lambda found: len(found[0]))
        line = text.count("\n", 0, longest.start()) + 1
        raise PresetError("a number of too many digits; shorten it", file, line) from None


def _preset(document: dict[str, object], text: str, file: str) -> Preset:
    _check_keys(document, _TABLES, (), ())
    validate.check_values(document)
    _check_keys(document, _TABLES, ("training", "layers", "samples"), ())
    layers = tuple(_tables(document, "layers", Layer))
    validate.check_layers(layers)
    neurons = name_neurons(layers)
    weights, biases = _parameters(document, layers, neurons)
    samples = tuple(_tables(document, "samples", Sample))
    validate.check_samples(samples, neurons)
    training = _convert(document["training"], Training, ("training",))
    _check_training(training, len(samples), {**weights, **biases})
    _check_work(training, len(samples), neurons)
    notation = _convert(document.get("notation", {}), Notation, ("notation",))
    validate.check_notation(notation)
    return Preset(
        title=_string(document, "title") or Path(file).stem,
        source=_string(document, "source"),
        training=training,
        notation=notation,
        layers=tuple(
            msgspec.structs.replace(layer, neurons=named)
            for layer, named in zip(layers, neurons, strict=True)
        ),
        weights=weights,
        biases=biases,
        samples=samples,
        state=_state(document, {**weights, **biases}),
        expected=_figures(document),
        notes=_notes(document),
        file=file,
        text=text,
    )


def _parameters(
    document: dict[str, object], layers: tuple[Layer, ...], neurons: validate.Neurons
) -> tuple[dict[str, Weight], dict[str, Bias]]:
    """Return the named weights and biases and those that matrices and initializers make."""
    weights = _named(document, "weights", Weight)
    biases = _named(document, "biases", Bias)
    check_count(len(weights), ("weights",))
    names = validate.Names()
    for place, layer in enumerate(neurons):
        for index, name in enumerate(layer):
            names.take(name, "neuron", ("layers", place, "neurons", index))
    made_weights: dict[str, Weight] = {}
    made_biases: dict[str, Bias] = {}
    for place in range(1, len(layers)):
        path: KeyPath = ("layers", place)
        made = generate(layers[place], neurons[place - 1], neurons[place], path)
        for kind, table in (("weight", made[0]), ("bias", made[1])):
            for name in table:
                names.take(name, kind, path)
        made_weights |= made[0]
        made_biases |= made[1]
        check_count(len(weights) + len(made_weights), path)
    for name in weights:
        names.take(name, "weight", ("weights", name))
    for name in biases:
        names.take(name, "bias", ("biases", name))
    validate.check_weights(weights, neurons, {edge.to for edge in made_weights.values()})
    validate.check_reached(weights | made_weights, neurons)
    validate.check_biases(made_biases | biases, neurons)
    return weights | made_weights, biases | made_biases


def _state(
    document: dict[str, object], parameters: Mapping[str, object]
) -> dict[str, dict[str, float]]:
    """What the optimizer keeps to begin with: [state.v], then a number for each parameter."""
    state = document.get("state", {})
    if not isinstance(state, dict):
        raise Fault(("state",), '"state" must be a table: [state.v], then a number for each weight')
    for name, numbers in state.items():
        path: KeyPath = ("state", name)
        if not isinstance(numbers, dict):
            raise Fault(path, f'"{name}" must be a table: [state.{name}], then w1 = 0.1')
        for parameter, number in numbers.items():
            if parameter not in parameters:
                hint = did_you_mean(parameter, parameters)
                raise Fault((*path, parameter), f'no parameter "{parameter}"; {hint}')
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise Fault((*path, parameter), f'"{parameter}" must be a number')
    return {n: {p: float(v) for p, v in numbers.items()} for n, numbers in state.items()}


def _figures(document: dict[str, object]) -> tuple[Expected, ...]:
    """Return the printed figures, which must not be too many."""
    found: list[Expected] = []
    for figure in _expected(document):
        if len(found) == MAX_FIGURES:
            path: KeyPath = ("expected", figure.iteration, figure.phase, figure.address)
            raise Fault(path, f"too many printed figures; at most {MAX_FIGURES} can be checked")
        found.append(figure)
    return tuple(found)


def _notes(document: dict[str, object]) -> tuple[Note, ...]:
    notes = document.get("notes", [])
    if isinstance(notes, list) and len(notes) > MAX_NOTES:
        raise Fault(("notes", MAX_NOTES), f"too many notes; at most {MAX_NOTES} fit")
    return tuple(_tables(document, "notes", Note))


def _expected(document: dict[str, object]) -> Iterator[Expected]:
    """Yield the printed figures: [expected.ITERATION.PHASE], then a line for each."""
    for iteration, phases in _items(document.get("expected", {}), ("expected",)):
        for phase, figures in _items(phases, ("expected", iteration)):
            path: KeyPath = ("expected", iteration, phase)
            for address, value in _items(figures, path):
                several = value if isinstance(value, list) else [value]
                if len(several) > MAX_REPEATED:
                    told = f"too many figures for one quantity; at most {MAX_REPEATED} fit"
                    raise Fault((*path, address, MAX_REPEATED), told)
                for one in several:
                    figure = _figure(one, address, (*path, address))
                    yield Expected(iteration, phase, address, figure)


def _figure(value: object, address: str, path: KeyPath) -> Figure:
    """Return a printed figure: a text, or a table that says more."""
    table = {"printed": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise Fault(path, f'the figure "{address}" must be in quotes, as it is printed: "0.3775"')
    return _convert(table, Figure, path)


def _items(value: object, path: KeyPath) -> Iterable[tuple[str, object]]:
    if not isinstance(value, dict):
        raise Fault(path, 'printed figures stand in tables, [expected.1.forward]: "net h1" = "..."')
    return value.items()


def _check_training(training: Training, samples: int, parameters: Mapping[str, object]) -> None:
    if training.learning_rate < 0:
        raise Fault(
            ("training", "learning_rate"),
            f"the learning rate {training.learning_rate} climbs the loss; give a positive one",
        )
    batches = training.batches(samples)
    if batches > MAX_BATCHES:
        told = f"an epoch of {batches} batches; at most {MAX_BATCHES} work: give a larger batch"
        raise Fault(("training", "batch"), told)
    if training.first_batch > batches:
        mend = f"give 1 to {batches}" if batches > 1 else "remove this line"
        raise Fault(
            ("training", "first_batch"),
            f'"first_batch" is {training.first_batch}, but an epoch has only '
            f"{batches} batch{'es' if batches > 1 else ''}; {mend}",
        )
    validate.check_known(training.frozen, parameters, ("training", "frozen"), "parameter")


def _check_work(training: Training, samples: int, neurons: validate.Neurons) -> None:
    """Refuse a network and a batch that together are too much to step through."""
    sizes, batch = [len(names) for names in neurons], training.batch_size(samples)
    if work(sizes, batch) <= MAX_WORK:
        return
    most = MAX_WORK // work(sizes, 1)  # some: layers are too small for more than that
    path: KeyPath = ("training", "batch") if training.batch != "full" else ("samples", most)
    told = f"a batch of {batch} samples is too much for a network of this size"
    raise Fault(path, f"{told}; give a [training] batch of at most {most}, or fewer samples")


def _string(document: dict[str, object], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise Fault((key,), f'"{key}" must be text in quotes')
    return value


def _tables(document: dict[str, object], key: str, kind: type[_Table]) -> list[_Table]:
    value = document.get(key, [])
    if not isinstance(value, list):
        raise Fault((key,), f'"{key}" must be written [[{key}]], once for each {key[:-1]}')
    return [_convert(item, kind, (key, place)) for place, item in enumerate(value)]


def _named(document: dict[str, object], key: str, kind: type[_Table]) -> dict[str, _Table]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise Fault((key,), f'"{key}" must be a table: [{key}], then a line for each')
    return {name: _convert(item, kind, (key, name)) for name, item in value.items()}


def _convert(value: object, kind: type[_Table], path: KeyPath) -> _Table:
    """Return a table of the file as its type, or say which key is wrong and what it may be."""
    known, required = _keys(kind)
    if not isinstance(value, dict):
        pairs = ", ".join(f"{key} = ..." for key in required or known)
        raise Fault(path, f"{_owner(path, {})} must be a table: {{ {pairs} }}")
    _check_keys(value, known, required, path)
    for key, nested in _NESTED.items():
        if key in known and isinstance(value.get(key), dict):
            _check_keys(value[key], *_keys(nested), (*path, key))
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        where, message = _translate(str(error))
        raise Fault((*path, *where), message) from None


@cache
def _keys(kind: type[Table]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys that a table may have, and those that it must."""
    required = tuple(f.encode_name for f in msgspec.structs.fields(kind) if f.required)
    return kind.__struct_encode_fields__, required


def _check_keys(
    table: Mapping[str, object], known: tuple[str, ...], required: tuple[str, ...], path: KeyPath
) -> None:
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known)
            raise Fault((*path, key), f'unknown key "{key}" in {_owner(path, table)}; {hint}')
    for key in required:
        if key not in table:
            raise Fault(path, _missing(key, path, table))


def _missing(key: str, path: KeyPath, table: Mapping[str, object]) -> str:
    if not path:
        return _ABSENT[key]
    if path[0] == "weights" and key == "value":
        return f"missing weight: {path[-1]} has no value; add value = ..."
    return f'{_owner(path, table)} has no "{key}"; add {key} = ...'


def _owner(path: KeyPath, table: Mapping[str, object]) -> str:
    """Say what an author calls a table: weights w3, layer "hidden", sample 2, [training]."""
    match path:
        case ():
            return "the preset"
        case ("layers", int()) if isinstance(table.get("name"), str):
            return f'layer "{table["name"]}"'
        case (str(key), int(place)):
            return f"{key[:-1]} {place + 1}"
        case (str(key), str(name)):
            return f"{key} {name}"
        case _:
            return f"[{path[0]}]" if len(path) == 1 else f'"{path[-1]}"'


_NESTED = {"initializer": Initializer}
_ABSENT = {
    "training": "no [training]; add it, with learning_rate = ... and loss = ...",
    "layers": "no layers; add [[layers]] with name = ... and neurons = [...]",
    "samples": "no samples; add [[samples]] with input = [...] and target = [...]",
}
_PLAIN = {
    "float": "a number",
    "int": "a whole number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
    "datetime": "a date",
    "date": "a date",
    "time": "a time",
}
_CHOICES = {
    "batch": '"full", "online" or a whole number from 1',
    "reduction": '"sum" or "mean"',
    "update": '"simultaneous" or "sequential"',
}


def _translate(message: str) -> tuple[KeyPath, str]:
    """Turn msgspec's message into a key path and an author's sentence.

    >>> _translate("Expected `float`, got `str` - at `$.input[1]`")
    (('input', 1), 'item 2 of "input" must be a number, not text in quotes')
    """
    reason, _, place = message.partition(" - at `$")
    path: KeyPath = tuple(
        int(index) if index else name
        for name, index in re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", place)
    )
    if path[-1] in _CHOICES:
        return path, f'"{path[-1]}" must be {_CHOICES[str(path[-1])]}'
    found = re.match(r"Expected `([^`]+)`(?: >= (\d+))?(?:, got `([^`]+)`)?", reason)
    if not found:
        return path, f"{named(path)}: {reason}"
    names = [name for name in found[1].split(" | ") if name != "null"]
    wanted = " or ".join(_PLAIN.get(name, name) for name in names)
    atleast = f" of at least {found[2]}" if found[2] else ""
    got = _PLAIN.get(found[3], found[3])
    if found[3] == "float":
        got = "a decimal number"
    return path, f"{named(path)} must be {wanted}{atleast}" + (f", not {got}" if got else "")
