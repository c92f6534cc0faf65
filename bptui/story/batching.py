"""How samples become batches, in which order, and how their inputs are scaled, as conventions."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.preset.data import SCALES
from bptui.preset.errors import did_you_mean
from bptui.preset.limits import MAX_BATCHES, MAX_WORK, work
from bptui.preset.model import Preset


def with_training(preset: Preset, **changes: object) -> Preset:
    return replace(preset, training=replace(preset.training, **changes))


def batch_of(preset: Preset) -> str:
    size, total = preset.training.batch_size(len(preset.samples)), len(preset.samples)
    return {total: "full", 1: "online"}.get(size, str(size))


def with_batch(preset: Preset, value: str) -> Preset:
    size = int(value) if value.isdigit() else value
    return with_training(preset, batch=size)


def batch_choices(preset: Preset) -> tuple[str, ...]:
    sizes = {len(preset.samples): "full", 1: "online"}
    values = [name for size, name in sizes.items() if _works(preset, size)]
    return tuple(dict.fromkeys((*values, batch_of(preset))))


def wrong_batch(preset: Preset, text: str) -> str | None:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        return f'batch cannot be "{text}"; {did_you_mean(text, batch_choices(preset))}'
    if _works(preset, int(text)):
        return None
    return f"batches of {text} are too small or too large for this preset"


def _works(preset: Preset, size: int) -> bool:
    """Whether batches of a size are ones that a preset may have."""
    total = len(preset.samples)
    load = work(layer_sizes(preset), min(size, total))
    return -(-total // size) <= MAX_BATCHES and load <= MAX_WORK


def layer_sizes(preset: Preset) -> list[int]:
    """How many neurons each layer has; reading a preset has named them."""
    return [len(layer.neurons) for layer in preset.layers if isinstance(layer.neurons, tuple)]


def has_several(preset: Preset) -> bool:
    return len(preset.samples) > 1


def has_epochs(preset: Preset) -> bool:
    """Whether an epoch has several batches."""
    samples = len(preset.samples)
    return preset.training.batch_size(samples) < samples


def batch_label(preset: Preset) -> tuple[str, ...]:
    size = preset.training.batch_size(len(preset.samples))
    return (f"batch {size}, {preset.training.reduction}",) if has_several(preset) else ()


def shuffle_of(preset: Preset) -> str:
    seed = preset.training.shuffle
    return "off" if seed is None else str(seed)


def another_shuffle(preset: Preset) -> tuple[str, ...]:
    return (str((preset.training.shuffle or 0) + 1),)


def shuffle_label(preset: Preset) -> tuple[str, ...]:
    return ("shuffled",) if has_epochs(preset) and preset.training.shuffle is not None else ()


def wrong_shuffle(preset: Preset, text: str) -> str | None:
    if text == "off" or (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return f'shuffle cannot be "{text}"; give a seed, such as 7, or off'


def scale_of(preset: Preset) -> str:
    return preset.data.scale if preset.data is not None else "none"


def scale_label(preset: Preset) -> tuple[str, ...]:
    scale = SCALES.get(scale_of(preset))
    return (f"inputs {scale.label}", scale.label) if scale is not None else ()
