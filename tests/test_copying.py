"""Out of the app: the screen as a file, and a number on the clipboard."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest

from bptui.session import effects as e
from bptui.session import messages as c
from bptui.session.messages import Ask, Panel
from bptui.session.session import Session
from bptui.session.update import update
from bptui.tui.clipboard import copying
from bptui.tui.offscreen import Offscreen
from bptui.view.copying import COPIES, copied
from bptui.view.key_meaning import message_of
from tests.sessions import after, shipped, stepped


def pressed(session: Session, *keys: str) -> tuple[Session, tuple[e.Effect, ...]]:
    """Return a session and the effects after some letters."""
    effects: tuple[e.Effect, ...] = ()
    for key in keys:
        shown, effects = update(session, message_of(session, key, key))
        assert isinstance(shown, Session)
        session = shown
    return session, effects


# copying


@pytest.mark.parametrize(
    ("letter", "text"),
    [
        ("n", "0.082167041"),
        ("a", "dE/dw5"),
        ("f", "∂E_total/∂w₅ = ∂E_total/∂out_o₁ × "),
        ("l", "\\[\n\\begin{aligned}"),
        ("c", "dE/dw5 at 1 backward\n"),
    ],
)
def test_what_is_copied_of_the_open_card(letter: str, text: str) -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("dE/dw5"))
    session, effects = pressed(session, "y", letter)
    (copy,) = (effect for effect in effects if isinstance(effect, e.Copy))
    assert copy.text.startswith(text)
    assert session.prompt is None
    assert session.said.startswith(f"Copied the {COPIES[letter].word} of dE/dw5")


def test_under_the_cursor_of_the_why_panel_is_another_number() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("dE/dw5"), c.Show(Panel.INSPECTOR))
    lines = len(session.parts) + len(session.others)
    found = []
    for _ in range(lines + 1):
        asked, _ = pressed(session, "y")
        assert asked.prompt is not None
        found.append(asked.prompt.text)
        session = after(session, c.Scroll(1, lines))
    parts = ["dE/dout o1", "dout/dnet o1", "dnet/dw5 o1"]
    assert found[: len(parts) + 1] == ["dE/dw5", *parts]


def test_what_is_not_computed_yet_has_nothing_to_copy() -> None:
    session = after(shipped("mazur"), c.Select("dE/dw5"))
    session, effects = pressed(session, "y", "n")
    assert not any(isinstance(effect, e.Copy) for effect in effects)
    assert session.prompt is not None
    assert session.prompt.error == "dE/dw5 is not computed yet"
    assert pressed(session, "?")[0].prompt.error.startswith("? copies nothing")  # type: ignore[union-attr]


def test_what_terminals_would_drop_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bptui.view.copying.MOST", 10)
    assert copied(stepped(shipped("mazur"), 1), "c") == c.Meaningless(
        "The card of E is too long for a terminal's clipboard"
    )


@pytest.mark.parametrize("text", ["0.5", "∂E/∂w5", "x" * 5000])
def test_a_terminal_gets_the_text_through_whatever_is_in_between(text: str) -> None:
    plain = copying(text, {})
    assert plain.startswith("\x1b]52;c;")
    assert plain.endswith("\x07")
    assert b64decode(plain[7:-1]).decode() == text
    by_tmux, wrapped = copying(text, {"TMUX": "x"}).split("\x1bPtmux;")
    assert by_tmux == plain
    assert wrapped.removesuffix("\x1b\\").replace("\x1b\x1b", "\x1b") == plain
    pieces = copying(text, {"STY": "x"}).split("\x1b\\")
    assert "".join(piece.removeprefix("\x1bP") for piece in pieces) == plain
    assert max(map(len, pieces)) < 256


# saving the screen


def test_the_screen_is_saved_without_the_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = Offscreen(stepped(shipped("mazur"), 2), "rgb", "all")
    app.receive(c.Prompt(Ask.SCREEN))
    app.receive(c.Enter())
    assert app.session.said == "Saved as mazur-1-backward.svg"
    assert Path("mazur-1-backward.svg").read_text(encoding="utf-8").startswith("<svg ")
    for name in ("a.txt", "a.png"):
        for message in (c.Prompt(Ask.SCREEN), c.Erase("all"), c.Type(name), c.Enter()):
            app.receive(message)
    assert "space step" in Path("a.txt").read_text(encoding="utf-8")
    assert app.session.prompt is not None
    assert app.session.prompt.error == (
        "a.png: a screen is saved as .txt, .ansi, .svg, .html; give the name one of these endings"
    )


def test_a_file_is_overwritten_after_a_second_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("mazur-start.svg")
    file.write_text("mine", encoding="utf-8")
    app = Offscreen(shipped("mazur"), "rgb", "all")
    app.receive(c.Prompt(Ask.SCREEN))
    app.receive(c.Enter())
    assert file.read_text(encoding="utf-8") == "mine"
    app.receive(c.Enter())
    assert file.read_text(encoding="utf-8").startswith("<svg ")
