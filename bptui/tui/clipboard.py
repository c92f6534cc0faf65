"""Copying to the clipboard of the user's own terminal, also over SSH: the sequence OSC 52."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

_PIECE = 240
"""Bytes that GNU screen passes on at once; it takes at most 768."""


def copying(text: str, environ: Mapping[str, str]) -> str:
    """What to write to a terminal so that it copies a text.

    tmux obeys the plain sequence with `set-clipboard on`, and passes on the wrapped one with
    `allow-passthrough on`; it gets both. GNU screen passes on what is wrapped, in pieces.
    """
    sequence = f"\x1b]52;c;{b64encode(text.encode()).decode()}\x07"
    if environ.get("TMUX"):
        wrapped = sequence.replace("\x1b", "\x1b\x1b")
        return f"{sequence}\x1bPtmux;{wrapped}\x1b\\"
    if environ.get("STY"):
        starts = range(0, len(sequence), _PIECE)
        return "".join(f"\x1bP{sequence[k : k + _PIECE]}\x1b\\" for k in starts)
    return sequence
