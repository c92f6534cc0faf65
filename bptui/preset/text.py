"""The text of a file on disk, or a PresetError that says why there is none."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from bptui.preset.errors import PresetError, did_you_mean
from bptui.preset.limits import MAX_BYTES


class FileKind(NamedTuple):
    """What a file should be, in an error."""

    one: str
    several: str
    pattern: str
    """The names of such files."""


PRESET = FileKind("a preset in TOML", "presets", "*.toml")
CSV = FileKind("a CSV file", "CSV files", "*.csv")


def read_text(path: str | Path, kind: FileKind) -> str:
    """The text of a file.

    Raises:
        PresetError: it cannot be read, is too large, or not UTF-8.
    """
    file = str(path)
    try:
        with open(path, "rb", opener=_open_nonblocking) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise PresetError(f"not a regular file; give {kind.one}", file)
            data = stream.read(MAX_BYTES + 1)
            if data is None:  # a file of the kernel that has nothing to say just now
                raise PresetError(f"nothing to read; give {kind.one}", file)
    except FileNotFoundError:
        if Path(path).is_symlink():
            raise PresetError("a broken link; give a file that exists", file) from None
        raise PresetError(f"file not found; {_neighbours(Path(path), kind)}", file) from None
    except IsADirectoryError:
        raise PresetError(f"a folder; give one of the {kind.several} in it", file) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PresetError(f"cannot be read: {reason}", file) from None
    return decoded(data, file)


def decoded(data: bytes, file: str) -> str:
    """The text of a file that was read.

    Raises:
        PresetError: it is too large, or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise PresetError(f"too large; the limit is {MAX_BYTES // 2**20} MiB", file)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PresetError("not UTF-8; save the file as UTF-8", file, line) from None


def _open_nonblocking(path: str, flags: int) -> int:
    """Open without waiting for the other end, should it be a FIFO."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _neighbours(path: Path, kind: FileKind) -> str:
    try:
        names = sorted(p.name for p in path.parent.glob(kind.pattern))
    except OSError:
        names = []
    return did_you_mean(path.name, names) if names else f"its folder has no {kind.several}"
