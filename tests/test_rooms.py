"""The one way that data flows: each room imports only what stands to its left."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bptui

PACKAGE = Path(bptui.__file__).parent
ORDER = ("preset", "engine", "story", "audit", "session", "view", "tui")
"""Each of these may import those before it, but the engine: that knows of no preset."""
ROOMS = {room: set(ORDER[: place + 1]) for place, room in enumerate(ORDER)} | {
    "engine": {"engine"},
    "terminal": set(),
    "state_folder": set(),
    "crash": {"state_folder"},
    "cli": {*ORDER, "terminal", "crash", "cli"},
}
ROOMS["tui"] |= {"terminal", "state_folder", "crash"}
ALLOWED = {
    "preset": {"msgspec", "tomli", "tomlkit"},
    "engine": {"numpy", "msgspec"},
    "story": {"numpy", "msgspec"},
    "audit": {"numpy", "msgspec"},
    "session": {"numpy", "msgspec"},
    "view": {"plotext", "numpy", "msgspec"},
    "tui": {"textual", "rich", "msgspec", "tomli", "platformdirs", "aiohttp", "textual_serve"},
    "terminal": set(),
    "state_folder": set(),
    "crash": set(),
    "cli": set(),
}
"""What each room may import of other packages, besides the standard library."""


def _files(room: str) -> list[Path]:
    single = PACKAGE / f"{room}.py"
    return [single] if single.exists() else sorted((PACKAGE / room).rglob("*.py"))


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            found.add(node.module)
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_is_to_its_left(room: str) -> None:
    for file in _files(room):
        for name in _imports(file):
            parts = name.split(".")
            if parts[0] == "bptui" and len(parts) > 1:
                assert parts[1] in ROOMS[room], f"{file.name} imports {name}"
            elif parts[0] not in ("bptui", *sys.stdlib_module_names):
                assert parts[0] in ALLOWED[room], f"{file.name} imports {name}"


def test_every_module_is_in_a_room() -> None:
    outside = {"__init__", "__main__"}
    tops = {
        path.stem
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert tops - outside == set(ROOMS)


@pytest.mark.parametrize("room", ORDER)
def test_only_the_command_line_prints(room: str) -> None:
    for file in _files(room):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert "print" not in names, f"{file.name} prints"


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import bptui.cli; bptui.cli.main(['--help'])", {"textual", "numpy", "plotext", "tomli"}),
        ("import bptui.cli; bptui.cli.main(['list'])", {"textual", "plotext", "numpy"}),
        ("import bptui.cli; bptui.cli.main(['trace', 'mazur'])", {"textual", "rich", "plotext"}),
        (
            "import bptui.cli; bptui.cli.main(['run', 'mazur', '--iterations', '2'])",
            {"textual", "rich", "plotext"},
        ),
        ("import bptui.cli; bptui.cli.main(['show', 'mazur'])", {"textual"}),
        ("import bptui.cli; bptui.cli.main(['_candidates', ''])", {"textual", "rich", "numpy"}),
        ("import bptui.engine.passes", {"tomli", "textual"}),
        ("import bptui.view.screen", {"textual", "rich", "plotext"}),
        ("import bptui.tui.app", {"plotext"}),
    ],
)
def test_nothing_is_imported_that_is_not_needed(code: str, unwanted: set[str]) -> None:
    probe = f"{code}\nimport sys\nprint('LOADED', *sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(run.stdout.rpartition("LOADED")[2].split())
    assert not loaded & unwanted
