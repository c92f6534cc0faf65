"""What libraries have by name: a function or optimizer is one entry, with what it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bptui.engine.functions import Chosen
from bptui.view.code_formula import Language, number


def differentiated(ops: str, number: Callable[[float], str] = number, **of_layers: str) -> Language:
    """Return the formulas' language of a library that differentiates them by itself."""
    functions = {
        "ln": f"{ops}.log({{0}})",
        # at equal sides the slope is that of the first, which is the constant, if one is
        "max": f"{ops}.where({{1}} > {{0}}, {{1}}, {{0}})",
        "min": f"{ops}.where({{1}} < {{0}}, {{1}}, {{0}})",
        "weighted": "weighted({0}, {1})",
        "share_of": "share_of({0}, {1})",
    }
    choose = f"{ops}.where({{}}, {{}}, {{}})"
    return Language(functions | of_layers, f"{ops}.{{}}", choose, "{} ** {}", number)


def _always(**_: float) -> bool:
    return True


class Known(NamedTuple):
    """How a library's user writes a function; the names of its parameters in braces."""

    text: str
    fits: Callable[..., bool] = _always
    """Whether the library's is the same, with these parameters."""


Table = Mapping[str, Known]
"""By the name of the table's entry, with the form after a blank where that is not the usual one."""


def known(table: Table, chosen: Chosen, over: str = "", **more: float) -> str | None:
    """Return what a library has for a function of ours, but for quantities; None if nothing.

    `over` is the activation that a loss is over; an entry for that comes before one for all.
    """
    name = " ".join(filter(None, (chosen.name, chosen.form)))
    entry = table.get(f"{name} of {over}") or table.get(name)
    if entry is None or not entry.fits(**chosen.parameters, **more):
        return None
    text = entry.text
    for key, value in {**chosen.parameters, **more}.items():
        text = text.replace(f"{{{key}}}", repr(value))
    return text


def betas_fit(*, eta: float, beta1: float, beta2: float, **others: float) -> bool:
    """Return whether libraries accept the parameters of Adam."""
    return eta >= 0 and 0 <= beta1 < 1 and 0 <= beta2 < 1 and all(v >= 0 for v in others.values())
