"""Command lines that are refused: one line on stderr, exit status 2, and nothing is run before."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest

from bptui.cli import COMMANDS, main
from bptui.story.timeline import Timeline

MAZR = 'mazr: neither a shipped preset nor a file; did you mean "mazur"?'
KEYS = "stepping cannot read a preset from standard input; save it as a file"
ALSO = "; to print the numbers instead: bptui trace PRESET"

# what ends in ... goes on in the words of another room, whose tests have them
STEP = {
    "mazr": MAZR,
    '""': '"": neither a shipped preset nor a file; ...',
    "chekc": 'chekc: unknown command or preset; did you mean "check"?',
    "chekc mazur --json": 'chekc: unknown command or preset; did you mean "check"?',
    "hlep": 'hlep: unknown command or preset; did you mean "help"?',
    "help nope": 'no topic "nope"; choose from screen, keys, ...',
    "help condition": 'no topic "condition"; did you mean "conditions"?',
    "help keys marks": 'unexpected argument "marks"; see: bptui help --help',
    "mazur pandey": 'unexpected argument "pandey"; see: bptui --help',
    "mazur --mose": 'unknown option "--mose"; did you mean "--mouse"? See: bptui --help',
    "-": KEYS,
    "- --resume": KEYS,
    "mazur": f"stepping needs a terminal; stdin is not one{ALSO}",
    "": f"stepping needs a terminal; stdin is not one{ALSO}",
    "--resume": f"stepping needs a terminal; stdin is not one{ALSO}",
}
LIST = {
    "list x": 'unexpected argument "x"; see: bptui list --help',
    "list --jsno": 'unknown option "--jsno"; did you mean "--json"? See: bptui list --help',
}
NEW = {
    "new": "the following arguments are required: SHAPE; see: bptui new --help",
    "new 2x3": '"2x3" is not a shape; write the neurons of each layer, inputs first: 2-3-1',
    "new 2-0-1": '"2-0-1" is not a shape; write the neurons of each layer, inputs first: 2-3-1',
    "new 2-1 --output sigmod": 'unknown activation "sigmod"; did you mean "sigmoid"?',
    "new 2-2-1 --activation softmax": "softmax works in the last layer only",
    "new 2-2-1 --loss mse": 'unknown loss "mse"; did you mean "mean_squared_error"?',
    "new 2-1 --loss binary_cross_entropy --output relu": "cross-entropy needs outputs from 0 to 1: "
    "sigmoid or softmax, not relu",
    "new 1999-2-1": "too many neurons; the limit is 2000 in all layers together",
    "new 2-1 --csv no.csv": "no.csv: file not found; ...",
    "new 2-1 -o no/new.toml": "no/new.toml: its folder does not exist; ...",
}
RECORD = {
    "record mazur": "the following arguments are required: --at; see: bptui record --help",
    'record - --at "1 forward"': "figures go into a file; give its name instead of -",
    'record mazur --at "1 forward"': "mazur ships with bptui; give a file of your own, such as a "
    "copy of it",
    'record no.toml --at "1 forward"': "no.toml: file not found; ...",
}
"""What is wrong with a file of one's own is in the tests of the command."""
SCHEMA = {"schema mazur": 'unexpected argument "mazur"; see: bptui schema --help'}
TRACE = {
    "trace": "the following arguments are required: PRESET; see: bptui trace --help",
    "trace mazr": MAZR,
    "trace mazur --jsn": 'unknown option "--jsn"; did you mean "--json"? See: bptui trace --help',
    "trace mazur --x=1": 'unknown option "--x"; choose from --iterations, --json, -h, --help; '
    "see: bptui trace --help",
    "trace mazur --iterations": "argument --iterations: expected one argument; "
    "see: bptui trace --help",
}
CHECK = {
    "check mazur mazr": MAZR,
    "check - -": "standard input can be read only once",
    "check mazur --jsn": 'unknown option "--jsn"; did you mean "--json"? See: bptui check --help',
}
CODE = {
    "code mazur": "the following arguments are required: --for; see: bptui code --help",
    "code mazr --for c": MAZR,
    "code mazur --for pytorhc": 'argument --for: unknown "pytorhc"; did you mean "pytorch"? '
    "See: bptui code --help",
    "code hmkcode-code --for pytorch": "pytorch has no sequential update; --for numpy does it",
    "code hmkcode-code --for keras": "keras has no sequential update; --for numpy does it",
}
CONFIG = {"config x": 'unexpected argument "x"; see: bptui config --help'}
EXPLAIN = {
    "explain": "the following arguments are required: PRESET, QUANTITY; see: bptui explain --help",
    "explain mazur": "name a quantity, as in bptui explain mazur E, or add --all",
    "explain mazur E --all": "--all explains every quantity; leave out the others, or --all",
    "explain mazur --all --at 3": "--at is not for --all; choose the iteration with --iteration N",
    "explain mazur E --iteration 2": "--iteration is for --all; say --at for the moment of a "
    "quantity",
    "explain mazr E": MAZR,
    "explain mazur huh": "no quantity or parameter huh; ...",
    'explain mazur "net h9"': "no neuron h9; ...",
    "explain mazur dE/dw9": "no parameter w9; ...",
    "explain mazur E net": "no quantity or parameter net; ...",
    "explain mazur 'a\nb'": "...",
    'explain mazur "net h1 @2"': "no sample @2; ...",
    'explain mazur dE/dw5 --at "1 forward"': "dE/dw5 is not known at 1 forward; use 1 backward",
    'explain mazur "net h1" --at start': "net h1 is not known at start; use 1 forward",
    'explain mazur "net h1" --at 0': "net h1 is not known at start; use 1 forward",
    'explain mazur E "step w1" --at "200001 forward"': "step w1 is not known at 200001 forward; "
    "use 200001 update",
    'explain mazur w5 --at "1000000000 update"': "--at 1000000000 update: the last "
    "possible iteration is 10,000,000",
    "explain mazur w5 --at 10,000,001": "--at 10000001 update: the last possible "
    "iteration is 10,000,000",
    'explain mazur E --at "1 sideways"': 'no phase "sideways"; ...',
    'explain mazur E --at "0 forward"': 'no iteration "0"; ...',
    "explain mazur E --at soon": '"soon" is ...',
    'explain mazur E --at ""': '"" is ...',
    "explain mazur E --at -3": '"-3" is ...',
    "explain mazur E --format jsn": 'argument --format: unknown "jsn"; did you mean "json"? '
    "See: bptui explain --help",
    "explain mazur E --deep 1": 'unknown option "--deep"; did you mean "--depth"? '
    "See: bptui explain --help",
}
RUN = {
    "run": "the following arguments are required: --iterations; see: bptui run --help",
    "run --iterations 5": "the following arguments are required: PRESET; see: bptui run --help",
    "run mazr --iterations 5": MAZR,
    "run no.toml --iterations 5": "no.toml: file not found; ...",
    "run mazur --iterations 5 --until E": '--until: "E" is ...',
    'run mazur --iterations 5 --until ""': '--until: "" is ...',
    'run mazur --iterations 5 --until "w77 > 1"': "--until: no quantity or parameter w77; ...",
    'run mazur --iterations 5 --until "out h9 > 1"': "--until: no neuron h9; ...",
    'run mazur --iterations 5 --until "E < low"': '--until: "low" is not a number; ...',
    'run mazur --iterations 5 --until "E @2 < 1"': "--until: no sample @2; ...",
    'run mazur --iterations 5 --untl "E < 1"': 'unknown option "--untl"; did you mean "--until"? '
    "See: bptui run --help",
    "run mazur pandey --iterations 5": 'unexpected argument "pandey"; see: bptui run --help',
    "run mazur --iterations 5 --save": "argument --save: expected one argument; "
    "see: bptui run --help",
    "run mazur --iterations 5 --save no/s.toml": "no/s.toml: its folder does not exist; ...",
    "run mazur --iterations 5 --losses .": ".: a folder; ...",
    "run mazur --iterations 5 --losses /dev/null": "/dev/null: not a regular file; ...",
    "run mazur --iterations 5 --losses -": "standard output is for the report; give a file name "
    "instead of -",
    f"run mazur --iterations 5 --losses {'x' * 300}": f"{'x' * 300}: the name is too long...",
    "run mazur --iterations 5 --losses a --save ./a --force": "./a: --losses and --save need "
    "different files",
}
MARK = {
    "mark mazur": "the following arguments are required: ANSWERS; see: bptui mark --help",
    "mark mazur no.txt": "no.txt: file not found; ...",
    "mark - -": "standard input can be read only once",
    "mark mazur a.txt --format csv --out d": "--format csv is one table of the class; leave out "
    "--out",
}
VARY = {
    "vary mazur --seed 1": "the following arguments are required: --out; see: bptui vary --help",
    "vary mazur --seed 1 --out d": "say how many exercises: --count N, or --students FILE",
    "vary mazur --seed 1 --out d --students no.txt": "no.txt: file not found; ...",
    "vary iris --seed 1 --out d --count 2": "iris: its samples stand in a CSV file, whose numbers "
    "stay; write them as [[samples]]",
    "vary mazur --seed 1 --out d --count 2 --students a.txt": "say how many exercises: --count N, "
    "or --students FILE",
    "vary mazur --seed 1 --count 1 --out /dev/null/d": "/dev/null/d: cannot be made a folder: "
    "Not a directory; give another",
}
SHOW = {
    "show": "the following arguments are required: PRESET; see: bptui show --help",
    "show mazr": MAZR,
    "show mazur --at soon": '--at: "soon" is ...',
    "show mazur --at ''": '--at: """" is ...',
    "show mazur --at 'epoch x'": '--at: no epoch "x" begins here; this is epoch 1',
    "show mazur --at 10,000,001": "--at 10000001 update: the last possible iteration is 10,000,000",
    "show mazur --select h9": "--select: no quantity or parameter h9; ...",
    "show mazur --panel wy": 'argument --panel: unknown "wy"; did you mean "why"? '
    "See: bptui show --help",
    "show mazur --format png": 'argument --format: unknown "png"; choose from text, ansi, svg, '
    "html; see: bptui show --help",
    "show mazur --palette drak": 'argument --palette: unknown "drak"; did you mean "dark"? '
    "See: bptui show --help",
    **{
        f"show mazur --size {size}": f'argument --size: "{size}" must be a size such as 80x24, '
        "from 40x12 to 500x500; see: bptui show --help"
        for size in ("80", "39x24", "80x501", "80x24x1")
    },
}
SERVE = {
    "serve": "the following arguments are required: PRESET; see: bptui serve --help",
    "serve mazr": MAZR,
    "serve -": "serving cannot read a preset from standard input; save it as a file",
    "serve mazur --prot 1": 'unknown option "--prot"; did you mean "--port"? '
    "See: bptui serve --help",
}
"""What else can be in the way is in the tests of the command."""
COMPLETION = {
    "completion": "the following arguments are required: SHELL; see: bptui completion --help",
    "completion csh": 'argument SHELL: unknown "csh"; did you mean "zsh"? '
    "See: bptui completion --help",
}
DELAY = '"{}" must be a number of seconds from 0.01 to 60; see: bptui cast --help'
CAST = {
    "cast mazur": "the following arguments are required: --script; see: bptui cast --help",
    "cast mazr --script j": MAZR,
    "cast mazur --script entr": '--script: unknown key "entr"; did you mean "enter"?',
    "cast mazur --script 'j*99999'": "--script: more than 10,000 keys",
    "cast mazur --script '\"'": "--script: a quote is not closed; the keys themselves are "
    "apostrophe and backslash",
    "cast mazur --script j --delay 0": f"argument --delay: {DELAY.format(0)}",
    "cast mazur --script j --delay nan": f"argument --delay: {DELAY.format('nan')}",
    "cast mazur --script j -o no/m.cast": "no/m.cast: its folder does not exist; ...",
}
NUMBERS = {
    f"{command} {option} {number}": f'argument {option}: "{number}" must be a whole number '
    f"{bounds}; see: bptui {command.split()[0]} --help"
    for command, option, bounds, numbers in (
        ("trace mazur", "--iterations", "from 1 to 10,000,000", ("0", "10000001")),
        ("run mazur", "--iterations", "from 1 to 10,000,000", ("0", "10000001", "99999999999")),
        ("explain mazur E", "--depth", "from 0", ("9999999999",)),
        ("serve mazur", "--port", "from 0 to 65,535", ("65536",)),
        ("serve mazur", "--visitors", "from 1 to 1,000", ("0", "1001")),
    )
    for number in (*numbers, "-3", "many", "1.5", "1e3", "²")
}
ROWS = STEP | LIST | NEW | RECORD | SCHEMA | TRACE | CHECK | CODE | CONFIG | EXPLAIN | RUN
ROWS |= SHOW | CAST | SERVE | COMPLETION | MARK | VARY | NUMBERS


@pytest.mark.parametrize("line", ROWS)
def test_a_wrong_command_line_is_one_line_and_status_2(
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something was run")

    for name in ("run", "state"):
        monkeypatch.setattr(Timeline, name, refuse)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(line)) == 2
    out, err = capsys.readouterr()
    told, more, _ = f"bptui: {ROWS[line]}\n".partition("...")
    assert out == ""
    assert err[-1] == "\n"
    assert err.count("\n") == 1
    assert err.startswith(told) if more else err == told
    assert not list(tmp_path.iterdir())


def test_every_command_has_rows() -> None:
    assert {line.partition(" ")[0] for line in ROWS} >= set(COMMANDS)
