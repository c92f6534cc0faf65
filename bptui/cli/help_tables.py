"""What the program knows, for the pages of the help: `{name}` in a page is one entry of a table.

Each is a function that returns Markdown: a table, or words within a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from bptui.cli.help_formulas import typed
from bptui.engine.trace import Formula


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows of cells as a table of Markdown."""
    heads = [*head]
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, cells))} |" for cells in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _code(text: str) -> str:
    return f"`{text}`"


def _words(names: Iterable[str], before_last: str = "or") -> str:
    *most, last = [_code(name) for name in names]
    return f"{', '.join(most)} {before_last} {last}"


def _numbers(parameters: Mapping[str, Any]) -> str:
    """Parameters with their defaults; a list has none."""
    return ", ".join(f"{name} = {value:.12g}" for name, value in parameters.items() if value != ())


# the app


def _keys() -> str:
    from bptui.session.key import signs
    from bptui.session.keys import groups_of
    from bptui.session.parts import Preferences

    return "\n\n".join(
        f"## {group}\n\n{table(('key', 'what it does'), rows)}"
        for group, keys in groups_of(Preferences()).items()
        for rows in [[(_code(signs(key)), key.help) for key in keys]]
    )


def _marks() -> str:
    from bptui.view.help_page import MARKS

    return table(("mark", "what it means"), [(_code(mark), told) for mark, told in MARKS])


def _pictures() -> str:
    from bptui.session.messages import Picture

    return "\n".join(f"- {picture.value}" for picture in Picture)


def _settings() -> str:
    from bptui.tui.configuration_text import SETTINGS

    rows = ((_code(key), ", ".join(str(c).lower() for c in SETTINGS[key])) for key in SETTINGS)
    return table(("setting", "one of"), rows)


def _actions() -> str:
    from bptui.session.key import signs
    from bptui.session.keys import KEYS

    rows = ((_code(key.action), _code(signs(key))) for key in KEYS)
    return table(("action", "its usual keys"), rows)


def _roles() -> str:
    from bptui.tui.palette import RGB

    return _words(RGB)


def _smallest() -> str:
    from bptui.view.screen import MIN_HEIGHT, MIN_WIDTH

    return f"{MIN_WIDTH}x{MIN_HEIGHT}"


def _days() -> str:
    from bptui.tui.session_file import OLDEST

    return f"{OLDEST / 86_400:g}"


def _frames() -> str:
    from bptui.terminal import FRAMES

    return FRAMES


# out of the app


def _formats() -> str:
    from bptui.tui.export import FORMATS

    return _words(FORMATS)


def _palettes() -> str:
    from bptui.cli.looks import PALETTES

    return _words(PALETTES)


def _panels() -> str:
    from bptui.cli.show import PANELS

    return _words(PANELS)


def _copies() -> str:
    from bptui.view.copying import COPIES

    return table(("then", "copies"), [(_code(key), form.word) for key, form in COPIES.items()])


def _reports() -> str:
    from bptui.cli.explain import FORMATS

    return _words(FORMATS)


def _languages() -> str:
    from bptui.view.code import TARGETS

    return _words(TARGETS)


# numbers


def _comparisons() -> str:
    from bptui.story.conditions import COMPARISONS

    return _words(COMPARISONS)


def _metrics() -> str:
    from bptui.engine.metrics import METRICS

    rows = ((_code(name), entry.summary) for name, entry in METRICS.items())
    return table(("metric", "what it is"), rows)


def _conventions() -> str:
    """Each convention and its choices; some have them only beside others, as a form has."""
    from bptui.preset.find import find_preset
    from bptui.preset.read import read_preset
    from bptui.story.conventions import CONVENTIONS

    first = read_preset(find_preset("xor"))
    there = [entry for entry in CONVENTIONS.values() if entry.applies(first)]
    presets = [first, *(entry.set(first, to) for entry in there for to in entry.choices(first))]
    rows = []
    for name, entry in CONVENTIONS.items():
        choices = dict.fromkeys(word for preset in presets for word in entry.choices(preset))
        number = {"a number": None} if int in entry.types else {}
        rows.append((_code(name), entry.meaning, ", ".join(choices | number)))
    return table(("convention", "what it decides", "choices"), rows)


def _slips() -> str:
    from bptui.audit.slips import SLIPS

    return "\n".join(f"- {label}" for label in dict.fromkeys(slip.label for slip in SLIPS))


def _answer_forms() -> str:
    from bptui.preset.sheets import FORMS

    return table(("form", "recognized by"), [(form.told, form.seen) for form in FORMS.values()])


def _answer_verdicts() -> str:
    from bptui.audit.judging import Stands
    from bptui.view.mark_report import SIGNS

    rows = [(_code(SIGNS[how]) if SIGNS[how] else "", how.value, how.means) for how in Stands]
    return table(("", "verdict", "what it means"), rows)


def _precisions() -> str:
    from bptui.audit.scheme import PRECISIONS

    rows = [
        (_code(key), _code(f"{key} = {precision.example}"), precision.told)
        for key, precision in PRECISIONS.items()
    ]
    return table(("key", "for example", "how exact an answer must be"), rows)


# presets


def _activations() -> str:
    from bptui.engine.functions import ACTIVATIONS

    return _in_forms(
        ("activation", "form", "out, and its slope"),
        ACTIVATIONS,
        lambda entry: {"out = {}": entry.out, "dout/dnet = {}": entry.slope},
    )


def _losses() -> str:
    from bptui.engine.functions import LOSSES

    rows = (
        (_code(name), f"{_code(typed(entry.share))}{f', with {given}' if given else ''}")
        for name, entry in LOSSES.items()
        for given in [_numbers(entry.parameters)]
    )
    return table(("loss", "E of an output"), rows)


def _optimizers() -> str:
    from bptui.engine.optimizers import OPTIMIZERS

    return _in_forms(
        ("optimizer", "form", "computes"),
        OPTIMIZERS,
        lambda entry: {f"{name} = {{}}": formula for name, formula in entry.formulas.items()},
    )


def _schedules() -> str:
    from bptui.engine.schedules import SCHEDULES

    heads = ("schedule", "form", "the rate")
    return _in_forms(heads, SCHEDULES, lambda entry: {"{}": entry.rate})


def _penalties() -> str:
    from bptui.engine.penalties import PENALTIES

    return _in_forms(
        ("penalty", "form", "what it does"),
        PENALTIES,
        lambda entry: {
            "E has {}": entry.value,
            "g = {}, in the place of dE/dw": entry.gradient,
            "w less {}": entry.taken,
        },
    )


def _in_forms(
    heads: Iterable[str],
    entries: Mapping[str, Any],
    formulas: Callable[[Any], Mapping[str, Formula | None]],
) -> str:
    """Entries in each of their forms, a row for each formula; `{}` is where it stands."""
    rows = []
    for name, entry in entries.items():
        for form, one in (entry.forms or {"": entry}).items():
            told = [
                words.format(_code(typed(formula)))
                for words, formula in formulas(one).items()
                if formula is not None
            ]
            told += [f"with {given}" for given in [_numbers(one.parameters)] if given]
            rows.append((_code(name) if one is entry else "", _code(form) if form else "", told[0]))
            rows += [("", "", line) for line in told[1:]]
    return table(heads, rows)


def _initializers() -> str:
    from bptui.preset.initializers import INITIALIZERS

    return _words(INITIALIZERS)


def _scales() -> str:
    from bptui.preset.data import SCALES

    rows = ((_code(f'"{name}"'), _code(typed(entry.formula))) for name, entry in SCALES.items())
    return table(("scale", "of a number x"), rows)


def _limits() -> str:
    from bptui.preset import limits

    numbers = {
        "layers": limits.MAX_LAYERS,
        "neurons": limits.MAX_NEURONS,
        "weights": limits.MAX_PARAMETERS,
        "samples": limits.MAX_SAMPLES,
        "batches": limits.MAX_BATCHES,
        "printed figures": limits.MAX_FIGURES,
        "notes": limits.MAX_NOTES,
        "rows of a CSV file": limits.MAX_ROWS,
    }
    rows = [(f"{number:,}", noun) for noun, number in numbers.items()]
    size = f"{limits.MAX_BYTES // 2**20} MiB"
    return table(("at most", "of"), [(size, "text, and as much in a CSV file"), *rows])


def _number(module: str, name: str) -> Callable[[], str]:
    """A limit that a module has."""
    return lambda: f"{getattr(import_module(f'bptui.{module}'), name):,}"


def _listed() -> str:
    from bptui.cli.list_presets import KEYS

    return _words(KEYS, "and")


PLACEHOLDERS: dict[str, Callable[[], str]] = {
    "keys": _keys,
    "marks": _marks,
    "pictures": _pictures,
    "settings": _settings,
    "actions": _actions,
    "roles": _roles,
    "frames": _frames,
    "smallest": _smallest,
    "kept": _number("tui.session_file", "MOST"),
    "days": _days,
    "reports_kept": _number("crash", "MOST"),
    "formats": _formats,
    "palettes": _palettes,
    "panels": _panels,
    "copies": _copies,
    "reports": _reports,
    "languages": _languages,
    "comparisons": _comparisons,
    "metrics": _metrics,
    "conventions": _conventions,
    "slips": _slips,
    "answer_forms": _answer_forms,
    "answer_verdicts": _answer_verdicts,
    "precisions": _precisions,
    "activations": _activations,
    "losses": _losses,
    "optimizers": _optimizers,
    "schedules": _schedules,
    "penalties": _penalties,
    "initializers": _initializers,
    "scales": _scales,
    "limits": _limits,
    "listed": _listed,
    "reach": _number("preset.limits", "MAX_REACH"),
    "iterations": _number("story.moment", "LARGEST"),
    "searched": _number("session.jobs", "LIMIT"),
    "traced": _number("cli.trace", "MOST"),
    "cards": _number("cli.explain", "MOST"),
}
"""What a page may name, and what stands there when it is printed."""
