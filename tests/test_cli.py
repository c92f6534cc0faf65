"""What all commands have in common: help, how they are found, standard streams, failures."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bptui import __version__
from bptui.cli import COMMANDS, main, overview, streams
from bptui.cli.streams import Progress, one_line
from bptui.preset.find import shipped_presets
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent
MAZUR = next(path for path in shipped_presets() if path.stem == "mazur")


def shell(command: str, state: Path | None = None, path: object = ROOT) -> tuple[int, str, str]:
    """Return status, output and errors of a shell's command line, where BPTUI is the command."""
    environ = os.environ | {"PYTHONPATH": str(path), "BPTUI": f"{sys.executable} -m bptui"}
    environ |= {} if state is None else {"XDG_STATE_HOME": str(state)}
    argv = ["bash", "-o", "pipefail", "-c", command.replace("BPTUI", "$BPTUI")]
    run = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=environ
    )
    return run.returncode, run.stdout, run.stderr


# help


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["help"], ["mazur", "--help"]])
def test_the_overview_has_every_command_and_every_option_of_stepping(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 0
    told = capsys.readouterr().out
    assert told == overview()
    assert told.startswith("usage: bptui [PRESET] [--resume]")
    for name, command in COMMANDS.items():
        assert re.search(rf"^  bptui {name}\b", told, re.MULTILINE)
        assert command.summary in told
    assert all(len(line) <= 80 for line in told.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("argv", ["{} --help", "{} -h", "help {}", "{} mazur --bogus --help"])
def test_each_command_has_its_own_help(
    name: str, argv: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv.format(name).split()) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: bptui {name}")
    assert f"examples:\n  bptui {name}" in told
    assert all(len(line) <= 80 for line in told.splitlines())
    in_short, listed = told.split("\n\n")[0], told.split("\n\n")[2]
    options = set(re.findall(r"--\w+", in_short)) | {"--help"}
    assert options == set(re.findall(r"^  (?:-\w, )?(--\w+)", listed, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"serve"}))  # it ends by ctrl+c only
def test_the_examples_of_the_help_are_command_lines(
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.toml").write_bytes(MAZUR.read_bytes())
    Path("answers.txt").write_text("net h1 = 0,3775\nE = 0.2984\n")
    Path("class.csv").write_text("name;net h1;E\nAnna;0,3775;0,2984\nBert;0,4;0,3\n")
    Path("iris.csv").write_bytes(MAZUR.with_name("iris.csv").read_bytes())
    main([name, "--help"])
    for line in capsys.readouterr().out.partition("examples:\n")[2].splitlines():
        program, *words = shlex.split(line)
        assert program == "bptui"
        if words[-2:-1] in (["<"], [">"]):  # what a shell does with the last two
            sign, file = words[-2:]
            words = words[:-2]
            if sign == "<":
                monkeypatch.setattr("sys.stdin", open(file, encoding="utf-8"))  # noqa: SIM115
        assert main(words) == 0, line
        assert _told(capsys) or Path(words[-1]).stat().st_size, line


def _told(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bptui {__version__}\n"


# a preset from standard input


@pytest.mark.parametrize(
    "command",
    ["trace -", "check -", "explain - E w5", "run - --iterations 3 --json"],
)
def test_a_preset_can_come_from_standard_input(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(command.replace("-", "mazur", 1).split()) == 0
    told = _told(capsys).replace("mazur: ", "<stdin>: ")
    with MAZUR.open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        assert main(command.split()) == 0
    assert _told(capsys) == told


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"\nx = 1", '<stdin>:2: unknown key "x" '),
        (b"\n\xff", "<stdin>:2: not UTF-8; "),
        (b"", "<stdin>:1: no [training]; "),
    ],
)
def test_what_is_wrong_in_standard_input_has_its_line(
    text: bytes, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["check", "-"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"bptui: {line}")


# standard streams

FULL = "bptui: cannot write to standard output: No space left on device\n"
CLOSED = "bptui: cannot write to standard output: Bad file descriptor\n"
NOT_ONE = (
    "bptui: stepping needs a terminal; {} is not one; "
    "to print the numbers instead: bptui trace PRESET\n"
)


ON_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "help trace",
        "help json",
        "list",
        "show mazur --format svg",
        "cast mazur --script j",
        "check byu",
        "explain mazur E --format json",
        "run mazur --iterations 3",
        "trace mazur --iterations 300",
    ],
)
@ON_FULL
def test_what_no_command_can_write_is_one_line(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", full)
        assert main(command.split()) == 2
    assert capsys.readouterr().err == FULL


@pytest.mark.parametrize(
    ("command", "status", "told"),
    [
        ("BPTUI trace mazur > /dev/full", 2, FULL),
        ("BPTUI trace mazur >&-", 2, CLOSED),
        ("BPTUI mazur <&-", 2, NOT_ONE.format("stdin")),
        ("BPTUI mazur >&-", 2, NOT_ONE.format("stdin")),
        ("BPTUI check - <&-", 2, "bptui: <stdin>: cannot be read: Bad file descriptor\n"),
        ("BPTUI check nope 2>&-", 2, ""),
        ("BPTUI mazur 2>&-", 2, ""),
        ("BPTUI trace mazur <&- >&- 2>&-", 2, ""),
        ("BPTUI trace mazur --iterations 300 | head -n 0", 0, ""),
    ],
)
@ON_FULL
def test_a_stream_that_takes_nothing_is_one_line_where_there_is_one(
    command: str, status: int, told: str, tmp_path: Path
) -> None:
    assert shell(command, tmp_path) == (status, "", told)
    assert not list(tmp_path.iterdir())  # no crash is reported


def test_a_file_that_is_written_never_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    shell(f"BPTUI run mazur --iterations 2 --losses {file} >&- 2>&-")
    assert file.read_text(encoding="utf-8").splitlines()[0] == "iteration,E"
    assert len(file.read_text(encoding="utf-8").splitlines()) == 3


def test_stepping_needs_each_stream_to_be_a_terminal(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    master, terminal = pty.openpty()
    for name in ("stdin", "stdout", "stderr"):
        where = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
        file = (tmp_path / name).open("w+")
        run = subprocess.run(
            [sys.executable, "-m", "bptui", "mazur"],
            **where | {name: file},
            timeout=60,
            cwd=ROOT,
        )
        assert run.returncode == 2
        file.seek(0)
        told = file.read() if name == "stderr" else os.read(master, 1000).decode()
        assert told.replace("\r\n", "\n") == NOT_ONE.format(name)
    os.close(master)
    os.close(terminal)


def test_an_error_is_one_line_whatever_is_in_it() -> None:
    assert one_line("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\nb\\u202e"


# progress


def test_progress_is_shown_while_work_takes_long_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[str]()
    monkeypatch.setattr(streams, "show_progress", shown.append)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(streams, "_PATIENCE", 0.001)
    with Progress("begun") as progress:
        wait_until(lambda: shown == ["begun"])
        progress("half")
        wait_until(lambda: shown == ["begun", "half"])
    assert shown == ["begun", "half", ""]


@pytest.mark.parametrize(
    ("prints", "out", "err"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_progress_is_not_shown_in_the_output_or_elsewhere(
    prints: bool, out: bool, err: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: out)
    monkeypatch.setattr("sys.stderr.isatty", lambda: err)
    with Progress("begun", prints=prints) as progress:
        assert not progress._thread.is_alive()


def test_what_is_not_slow_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[str]()
    monkeypatch.setattr(streams, "show_progress", shown.append)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(streams, "_PATIENCE", 1000.0)
    with Progress("begun"):
        pass
    assert shown == []


# failures


PACKAGES = ("numpy", "msgspec", "tomli")
BROKEN = {
    "raise ModuleNotFoundError(\"No module named 'NAME'\", name='NAME')": (
        "ModuleNotFoundError: No module named 'NAME'; to install it: pip install \"NAME"
    ),
    "raise ImportError('x.so: cannot open\\nit')": (
        'ImportError: x.so: cannot open it; to install it: pip install --force-reinstall "NAME'
    ),
    "1 / 0": "ZeroDivisionError: division by zero; to install it: pip install "
    '--force-reinstall "NAME',
    "not (": "SyntaxError: '(' was never closed (__init__.py, line 1); to install it: pip install "
    '--force-reinstall "NAME',
}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *((PACKAGES[0], fault) for fault in BROKEN),
        *((name, next(iter(BROKEN))) for name in PACKAGES[1:]),
    ],
)
def test_a_package_that_cannot_be_imported_is_one_line(
    name: str, fault: str, tmp_path: Path
) -> None:
    package, state = tmp_path / "path" / name, tmp_path / "state"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(fault.replace("NAME", name), encoding="utf-8")
    path = f"{package.parent}{os.pathsep}{ROOT}"
    code = (
        "from bptui.cli import main\n"
        'print(*[main(words.split()) for words in ("trace mazur", "mazur", "--help")])'
    )
    status, out, err = shell(f"{sys.executable} -c '{code}'", state, path)
    told = f"bptui: cannot import {name}: {BROKEN[fault]}".replace("NAME", name)
    assert (status, out) == (0, f"{overview()}1 1 0\n")
    assert [line.startswith(told) for line in err.splitlines()] == [True, True]
    assert not state.exists()


def test_a_failure_of_our_own_is_reported_though_nothing_can_be_imported(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({PACKAGES}))\n"
        "from bptui import cli\n"
        "cli._dispatch = lambda words: 1 / 0\n"
        "sys.exit(cli.main(['trace', 'x\\x1b']))"
    )
    status, out, err = shell(f'{sys.executable} -c "{code}"', tmp_path)
    (file,) = (tmp_path / "bptui" / "crashes").iterdir()
    told = f"bptui crashed: ZeroDivisionError: division by zero; report: {file}\n"
    assert (status, out, err) == (1, "", told)
    text = file.read_text(encoding="utf-8")
    assert "['trace', 'x\\x1b']" in text
    assert "ZeroDivisionError: division by zero\n" in text


def test_what_cannot_be_told_of_the_state_leaves_the_report(tmp_path: Path) -> None:
    from bptui.crash import write_report

    environ = {"XDG_STATE_HOME": str(tmp_path)}
    file = write_report(environ, ValueError("x"), state=lambda: str(1 / 0))
    assert file is not None
    text = file.read_text(encoding="utf-8")
    assert "ValueError: x" in text
    assert text.endswith("describing the state failed: ZeroDivisionError: division by zero\n")
