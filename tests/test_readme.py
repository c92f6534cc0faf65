"""The README says what is so: its tables, picture and example come from the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bptui.audit.prepare import prepare
from bptui.cli import main, overview
from bptui.preset.find import shipped_presets
from bptui.preset.read import parse_preset, read_preset
from bptui.preset.topics import in_order
from bptui.view.help_page import MARKS
from bptui.view.key import signs
from bptui.view.key_table import KEYS
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import shipped, stepped

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "bptui.svg"


def keys_table() -> str:
    """Return the table of keys as the README has it."""
    cells = ((signs(key), key.help.replace("|", r"\|")) for key in KEYS)
    rows = [f"| `{keys}` | {told} |" for keys, told in cells]
    return "\n".join(["| key | what it does |", "|---|---|", *rows])


def marks_table() -> str:
    """Return the table of marks as the README has it."""
    rows = [f"| `{mark}` | {meaning} |" for mark, meaning in MARKS]
    return "\n".join(["| mark | what it means |", "|---|---|", *rows])


def presets_table() -> str:
    """Return the table of shipped presets as the README has it."""
    rows, above = [], ""
    for preset in in_order(map(read_preset, shipped_presets())):
        topic = "" if preset.topic == above else preset.topic
        above = preset.topic
        rows.append(f"| {topic} | `{preset.name}` | {preset.summary} | {preset.source} |")
    return "\n".join(
        ["| topic | name | what there is to learn | source |", "|---|---|---|---|", *rows]
    )


def generated() -> dict[str, str]:
    """Return what stands under each marker of the README."""
    picture = to_text(screen(stepped(shipped("mazur"), 2), 80, 24))
    return {
        "keys": keys_table(),
        "marks": marks_table(),
        "presets": presets_table(),
        "picture": f"```text\n{picture}\n```",
    }


def filled(text: str) -> str:
    """Return the README with what the program generates put in."""
    for name, part in generated().items():
        pattern = rf"(<!-- the {name} -->\n)(?:```text\n.*?```|(?:\|[^\n]*\n)*)"
        end = "" if part.endswith("```") else "\n"
        text = re.sub(pattern, lambda m, p=part, e=end: m[1] + p + e, text, flags=re.DOTALL)  # type: ignore[misc]
    return re.sub(
        r"(## Commands and JSON\n\n)```text\n.*?```",
        lambda m: f"{m[1]}```text\n{overview()}```",
        text,
        flags=re.DOTALL,
    )


def test_what_the_program_generates_is_up_to_date(request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        README.write_text(filled(text), encoding="utf-8")
    assert filled(README.read_text(encoding="utf-8")) == README.read_text(encoding="utf-8")


def test_the_picture_is_up_to_date(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["show", "mazur", "--at", "11 backward", "--select", "w5", "--size", "120x40"]
    assert main([*line, "--format", "svg"]) == 0
    if request.config.getoption("--update-golden"):
        PICTURE.write_text(capsys.readouterr().out, encoding="utf-8")
        return
    assert capsys.readouterr().out == PICTURE.read_text(encoding="utf-8")


def test_the_example_preset_is_valid() -> None:
    blocks = re.findall(r"\n```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    whole, figures = (block for block in blocks if "[keys]" not in block)
    prepare(parse_preset(whole, "README.toml"))
    mazur = shipped("mazur").setup.preset.text.partition("[expected.")[0]
    prepare(parse_preset(mazur + figures, "README.toml"))
