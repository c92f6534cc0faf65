"""Text -> file, whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bptui.preset.errors import SaveError


def save(text: str | Iterable[str], path: Path, overwrite: bool) -> None:
    """Write a file whole or not at all; an existing one only if it may be overwritten.

    An overwritten file keeps its mode; a symbolic link stays, and what it leads to is written.
    A long text can come in pieces.

    Raises:
        SaveError: it exists already, or cannot be written.
    """
    with _draft(path, overwrite) as (draft, target):
        with open(draft, "wb") as stream:
            stream.writelines(part.encode() for part in ([text] if isinstance(text, str) else text))
            stream.flush()
            os.fsync(stream.fileno())
        if overwrite:
            os.replace(draft, target)
        else:
            _put_new(draft, target)


def check_can_save(path: Path, overwrite: bool) -> None:
    """Find out, before long work, whether a file can be saved after it.

    Raises:
        SaveError: as `save` would.
    """
    with _draft(path, overwrite):
        pass


@contextmanager
def _draft(path: Path, overwrite: bool) -> Iterator[tuple[Path, Path]]:
    """An empty file, deleted afterwards, and the name beside it that it will get.

    Turns errors of the system into `SaveError`.
    """
    draft = None
    try:
        target = Path(os.path.realpath(path))
        mode = _mode(path, overwrite)
        draft = target.with_name(f".bptui-{secrets.token_hex(8)}.tmp")
        draft.touch(exist_ok=False)
        if mode is not None:
            draft.chmod(mode)
        yield draft, target
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or f"cannot be written: {error.strerror or error}"
        raise SaveError(reason, str(path)) from None
    except ValueError as error:  # a null byte in the name
        raise SaveError(f"cannot be written: {error}", str(path)) from None
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _mode(path: Path, overwrite: bool) -> int | None:
    """The mode of an existing file, or None; refuse it if it must stay.

    OSError if it cannot be looked at or written.
    """
    try:
        found = os.stat(path).st_mode
    except FileNotFoundError:
        if os.path.islink(path):
            reason = "a broken link; give another name"
            raise SaveError(reason, str(path)) from None
        return None
    if stat.S_ISDIR(found):
        raise SaveError("a folder; give the name of a file in it", str(path))
    if not stat.S_ISREG(found):
        raise SaveError("not a regular file; give another name", str(path))
    if not overwrite:
        raise FileExistsError(errno.EEXIST, "")
    os.close(os.open(path, os.O_WRONLY))  # a new file in its place would not ask for permission
    return stat.S_IMODE(found)


def _put_new(draft: Path, target: Path) -> None:
    """Give a file its name; FileExistsError if that is taken, even since a moment ago."""
    open(target, "xb").close()  # the name is ours from here on
    try:
        os.replace(draft, target)
    except BaseException:
        target.unlink()
        raise


_FULL = "the disk is full; free some space or save elsewhere"
_FORBIDDEN = "no permission to write here; save under another name or in a folder of your own"
_REASONS = {
    errno.EEXIST: "already exists; give another name, or overwrite it",
    errno.ENOENT: "its folder does not exist; create it, or save elsewhere",
    errno.ENOTDIR: "its folder is a file; save elsewhere",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "the disk is read-only; save elsewhere",
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENAMETOOLONG: "the name is too long; give a shorter one",
}
"""What to say of an error of the system."""
