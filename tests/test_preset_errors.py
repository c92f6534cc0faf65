"""Every wrong preset gets one line: where it is wrong, what is wrong, what would be right."""

from __future__ import annotations

import errno
import os
import re
import stat
import tracemalloc
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from bptui.cli import main
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset

TABLE = Path(__file__).parent / "data" / "preset_errors.txt"
CONTROLS = {"CR": "\r", "ESC": "\x1b", "NUL": "\0"}


class Case(NamedTuple):
    """A wrong preset, and what its author must read."""

    name: str
    text: str
    line: int
    message: str


def cases() -> tuple[str, list[Case]]:
    """Return the preset that is right and the wrong ones; their file says how it is read."""
    (_, *right), *wrong = blocks(TABLE.read_text("utf-8"))
    lines, found = edited([""] * (len(right) + 1), right), []
    for name, *edits, said in wrong:
        place, _, message = said.removeprefix("    => ").partition(": ")
        found.append(Case(name, "".join(edited(lines, edits)), int(place), meant(message)))
    return "".join(lines), found


def blocks(table: str) -> list[list[str]]:
    """Return the name and the lines of the preset that is right, and of each case."""
    found = [["the preset that is right"]]
    for line in table.split("\n"):
        if line.startswith(" "):
            found[-1].append(line)
        elif line and line[0] != "#":
            found.append([line])
    return found


def edited(lines: list[str], edits: list[str]) -> list[str]:
    """Return lines after edits, each of which leaves the numbers of the others as they are."""
    lines, place, begun = lines.copy(), 0, ""
    for edit in edits:
        parts = re.fullmatch(r" *(\d*)-?(\d*) ([-+|])(?: (.+))?", edit)
        assert parts, f"no edit: {edit}"
        first, last, sign, text = parts.groups()
        if first:
            place, begun = int(last or first), sign
            if sign != "+":
                lines[int(first) : place + 1] = [""] * (place + 1 - int(first))
        assert sign == begun, f"nothing goes on with {edit}"
        if sign != "-":
            lines[place] += meant(text or "") + "\n"
    return lines


def meant(text: str) -> str:
    """Return a text with the characters that stand in it by name or number."""
    text = re.sub(r"<(.) x (\d+)>", lambda found: found[1] * int(found[2]), text)
    return re.sub(r"<(CR|ESC|NUL)>", lambda found: CONTROLS[found[1]], text)


MAZUR, CASES = cases()
TRAINING = '[training]\nlearning_rate = 0.5\nloss = "half_squared_error"\n'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_preset_gets_its_line_and_what_would_be_right(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(case.text.encode())
    assert told(file, capsys) == f"bptui: {file}:{case.line}: {case.message}"


def told(file: Path | str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line that is all that tracing a wrong preset may say."""
    assert main(["trace", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    return err.removesuffix("\n")


def test_a_preset_of_nothing_lacks_its_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "empty.toml"
    file.write_bytes(b"")
    assert told(file, capsys) == (
        f"bptui: {file}:1: no [training]; add it, with learning_rate = ... and loss = ..."
    )


LAYER_1 = '[[layers]]\nname = "input"\nneurons = {}\n\n'
LAYER_2 = '[[layers]]\nname = "output"\nneurons = {}\nactivation = "tanh"\n'
DRAWN = 'initializer = { name = "normal", seed = 1 }\n'
SAMPLE = "\n[[samples]]\ninput = [1]\ntarget = [1]\n"


def test_too_many_weights_drawn_by_several_layers_are_refused_at_the_first_that_is_too_much(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = (LAYER_2.format(170).replace("output", f"l{k}") + DRAWN for k in range(10))
    file = tmp_path / "bad.toml"
    file.write_text(TRAINING + LAYER_1.format(170) + "".join(layers) + SAMPLE, "utf-8")
    assert told(file, capsys) == (
        f"bptui: {file}:48: 260100 weights are too many; the limit is 250000"
    )


def test_too_many_weights_by_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.preset.generate.MAX_PARAMETERS", 7)
    file = tmp_path / "bad.toml"
    file.write_text(MAZUR, "utf-8")
    assert told(file, capsys) == (f"bptui: {file}:22: 8 weights are too many; the limit is 7")


@pytest.mark.parametrize("neurons", ["1000000000", "9" * 300])
def test_a_billion_neurons_are_refused_in_no_memory(neurons: str) -> None:
    text = TRAINING + LAYER_1.format(neurons) + LAYER_2.format(neurons) + DRAWN + SAMPLE
    tracemalloc.start()
    with pytest.raises(PresetError, match="too many neurons"):
        parse_preset(text, "big.toml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize("opening", ["[", "{ a = ", "{ a.b.c.d.e.f.g.h = "])
@pytest.mark.parametrize("depth", [21, 300, 20_000])
def test_nesting_is_refused_on_its_line(opening: str, depth: int) -> None:
    closing = ("]" if opening == "[" else "}") * depth
    text = TRAINING + f"[weights]\nw1 = {opening * depth}1{closing}\n"
    with pytest.raises(PresetError) as refused:
        parse_preset(text, "deep.toml")
    assert str(refused.value) == ("deep.toml:5: nested too deeply; the limit is 20 levels")


@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, "{a=" * 5000 + "1" + "}" * 5000])
def test_nesting_beyond_what_is_read_is_refused(
    value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep.toml"
    file.write_text(f"x = {value}\n", "utf-8")
    assert told(file, capsys) == (f"bptui: {file}:1: nested too deeply; the limit is 20 levels")


def test_a_file_that_is_not_there_names_its_likely_neighbour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mazur.toml").write_text(MAZUR, "utf-8")
    (tmp_path / "other.toml").write_text(MAZUR, "utf-8")
    file = tmp_path / "mazzur.toml"
    assert told(file, capsys) == f'bptui: {file}: file not found; did you mean "mazur.toml"?'


def test_a_file_in_a_folder_without_presets_has_no_neighbours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (tmp_path / "a.toml", tmp_path / "not there" / "a.toml"):
        assert told(file, capsys) == (f"bptui: {file}: file not found; its folder has no presets")


def test_a_plain_name_suggests_a_shipped_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("Mazzur", capsys) == (
        'bptui: Mazzur: neither a shipped preset nor a file; did you mean "mazur"?'
    )


@pytest.mark.parametrize("name", ["a" * 5000, "nul\0", "line\nend", "\udcff"])
def test_no_name_is_too_odd_for_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "neither a shipped preset nor a file" in told(name, capsys)
    assert told(f"./{name}", capsys).startswith("bptui: ")


def test_a_folder_is_no_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(tmp_path, capsys) == (f"bptui: {tmp_path}: a folder; give one of the presets in it")


def test_a_file_without_permission_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    file = tmp_path / "mine.toml"
    assert told(file, capsys) == f"bptui: {file}: cannot be read: Permission denied"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_refused_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fifo.toml"
    os.mkfifo(file)
    assert told(file, capsys) == f"bptui: {file}: not a regular file; give a preset in TOML"


def test_a_link_that_leads_nowhere_or_round_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, circle = tmp_path / "nowhere.toml", tmp_path / "circle.toml"
    nowhere.symlink_to(tmp_path / "gone.toml")
    circle.symlink_to(circle)
    assert told(nowhere, capsys) == f"bptui: {nowhere}: a broken link; give a file that exists"
    assert told(circle, capsys).startswith(f"bptui: {circle}: cannot be read: ")


def test_a_link_that_leads_nowhere_is_one_by_its_bare_name_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nowhere").symlink_to("gone")
    assert told("nowhere", capsys) == "bptui: nowhere: a broken link; give a file that exists"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_file_that_has_nothing_to_say_yet_is_refused_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file.toml"
    os.mkfifo(file)
    writer = os.open(file, os.O_RDWR)
    monkeypatch.setattr(stat, "S_ISREG", lambda _: True)  # as in /proc
    assert told(file, capsys) == f"bptui: {file}: nothing to read; give a preset in TOML"
    os.close(writer)


@pytest.mark.parametrize("command", [[], ["check"], ["trace"]])
def test_an_empty_name_is_no_preset(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, ""]) == 2
    assert 'bptui: "": neither a shipped preset nor a file; ' in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_an_endless_file_is_refused_and_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("/dev/zero", capsys) == (
        "bptui: /dev/zero: not a regular file; give a preset in TOML"
    )


@pytest.mark.parametrize("data", [MAZUR.encode("utf-16"), b"\xff", b"\xef\xbb"])
def test_another_encoding_is_refused_on_the_first_line(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(data)
    assert told(file, capsys) == f"bptui: {file}:1: not UTF-8; save the file as UTF-8"


def test_a_byte_of_another_encoding_is_refused_on_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(MAZUR.replace("[biases]", "[biases] # f\u00fcr").encode("latin-1"))
    assert told(file, capsys) == f"bptui: {file}:32: not UTF-8; save the file as UTF-8"


def test_a_file_of_more_bytes_than_a_preset_has_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.preset.text.MAX_BYTES", 2**20)
    file = tmp_path / "big.toml"
    file.write_bytes(b"#" * 2**20)
    assert "no [training]" in told(file, capsys)
    file.write_bytes(b"#" * (2**20 + 1))
    assert told(file, capsys) == f"bptui: {file}: too large; the limit is 1 MiB"


def test_a_text_without_its_quotes_at_the_very_end_is_on_the_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ('title = """a"""\nsource = "b', "title = '''a'''\nsource = 'b"):
        file = tmp_path / "bad.toml"
        file.write_text(text, "utf-8")
        assert told(file, capsys) == (
            f"bptui: {file}:2: not TOML: text is not closed; add the closing quotes"
        )
