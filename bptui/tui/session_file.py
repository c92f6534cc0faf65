"""Session files, one each in the user's state folder; every key adds a line.

A line is written in one piece, so that a kill loses at most the last key. A file that cannot be
written is mentioned once; the app does without it.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bptui.session.encode import Record, SessionFileError, end_record, head_of, record, state_of
from bptui.session.parts import Display
from bptui.session.session import Session, open_session
from bptui.state_folder import absolute, files_in, folder
from bptui.story.timeline import Timeline

try:
    import fcntl
except ImportError:  # not on Windows: files are kept there, but not locked
    fcntl = None  # type: ignore[assignment]

GROWS = 256 * 2**10
"""Bytes that a file grows by until it is rewritten, short."""
LARGEST = 32 * 2**20
"""The largest file that is read, in bytes: that of the largest preset with its data is smaller."""
OLDEST = 30 * 86_400.0
"""Seconds after which a session is deleted."""
MOST = 20
"""Sessions that are kept, the newest."""
SUFFIX = ".jsonl"
_UNSEEN = {"ran": 0, "said": ""}
"""What does not count as done by the user."""
_OPEN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class InUseError(SessionFileError):
    """A session that another bptui is using."""


class SessionFile:
    """Keeps the app's session in a file, if possible."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.file: Path | None = None
        """The session's file, if it could be written and is worth keeping."""
        self._descriptor = -1
        self._origin: Timeline | None = None
        """The unedited timeline of the session that is kept."""
        self._fresh: Record = {}
        """The state of an untouched session."""
        self._kept: Record | None = None
        """The state as last written; None if the next record must be whole."""
        self._number = self._grown = 0
        self._anew = self._told = False

    def adopt(self, file: Path) -> list[Record]:
        """Take over the file of a session to be resumed; return its records.

        Raises:
            SessionFileError: it cannot be read, or another bptui is using it.
        """
        self.release()
        try:
            self._descriptor = _open(file)
        except OSError as error:
            link = error.errno == errno.ELOOP  # links are not followed
            reason = "symbolic link" if link else error.strerror
            raise SessionFileError(f"cannot read it: {reason}") from None
        if not _lock(self._descriptor) or not _is_at(self._descriptor, file):
            self.release()
            raise InUseError("another bptui is using it")
        self.file, self._anew = file, True
        return _records(self._descriptor)

    def resume(self, session: Session) -> None:
        """Go on keeping a session in the file that it came from."""
        self._begin(session)
        self._kept = state_of(session)

    def move_to(self, session: Session) -> None:
        """Keep a session on another preset in this file: all that is in it is written anew."""
        if self._origin is not None:
            self._begin(session)
            self._anew = self.file is not None

    def keep(self, session: Session) -> str:
        """Keep a session; return what to tell the user, once."""
        try:
            self._keep(session)
        except OSError as error:
            self._kept = None
            if not self._told:
                self._told = True
                return f"This session cannot be saved for --resume: {error.strerror or error}"
        return ""

    def close(self, *, left: bool = True) -> None:
        """Close the file; delete that of a session in which nothing was done.

        Args:
            left: whether the user quit, as opposed to a crash or a signal.
        """
        if self.file is not None and self._kept is not None:
            with suppress(OSError):
                if self._is_bare(self._kept):
                    self.file.unlink(missing_ok=True)
                elif left and not self._anew:
                    self._write(self._descriptor, _line(end_record(self._number + 1)))
        self.release()

    def _keep(self, session: Session) -> None:
        origin = session.timelines[0]
        if origin is not self._origin:  # another preset was opened, which has a file of its own
            self.close()
            self._begin(session)
        state = state_of(session)
        if self.file is None and self._is_bare(state):
            return
        if self._anew or self._grown > GROWS or self._is_gone():
            self._write_anew(session, state)
            return
        line = record(state, self._kept, self._number + 1)
        if line is None:
            return
        data = _line(line)
        # the last line may be cut short
        data = b"\n" + data if self._kept is None else data
        self._write(self._descriptor, data)
        self._kept, self._number = state, self._number + 1
        self._grown += len(data)

    def _begin(self, session: Session) -> None:
        self._origin = session.timelines[0]
        preferred = session.preferences
        usual = Display(preferred.digits, braille=session.braille, preferences=preferred)
        self._fresh = state_of(open_session(self._origin.setup, usual))
        self._kept, self._number, self._grown = None, 0, 0

    def _write_anew(self, session: Session, state: Record) -> None:
        """Write everything to a new file and replace the old one with it in one step."""
        where = folder(self._environ, "sessions")
        file = self.file or _free_name(where)
        draft = file.with_suffix(f".{os.getpid()}.new")
        head = {**head_of(session), "path": absolute(head_of(session)["file"])}
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC | _OPEN
        descriptor = os.open(draft, flags, 0o600)
        try:
            _lock(descriptor)
            whole = record(state, None, self._number + 1)
            assert whole is not None
            self._write(descriptor, _line(head) + _line(whole))
            os.replace(draft, file)
        except OSError:
            os.close(descriptor)
            draft.unlink(missing_ok=True)
            raise
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self.file, self._descriptor = file, descriptor
        self._kept, self._number = state, self._number + 1
        self._grown, self._anew = 0, False

    def _write(self, descriptor: int, data: bytes) -> None:
        """Write at once; if the disk fills up, the next attempt says why."""
        while data:
            data = data[os.write(descriptor, data) :]

    def _is_gone(self) -> bool:
        """Whether there is no file, or only a deleted one."""
        return self._descriptor < 0 or os.fstat(self._descriptor).st_nlink == 0

    def _is_bare(self, state: Record) -> bool:
        """Whether the user did nothing; runs for the screen and messages do not count."""
        return state | _UNSEEN == self._fresh | _UNSEEN

    def release(self) -> None:
        """Close the file and leave it as it is."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self.file, self._descriptor, self._origin, self._anew = None, -1, None, False


def _line(line: Record) -> bytes:
    return json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _free_name(where: Path) -> Path:
    stem, number = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}", 1
    while (file := where / f"{stem}-{number}{SUFFIX}").exists():
        number += 1
    return file


# reading


def _open(file: Path) -> int:
    """Open a regular file for reading."""
    descriptor = os.open(file, os.O_RDONLY | _OPEN)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(22, "not a regular file")
    return descriptor


def _lock(descriptor: int) -> bool:
    """Lock a file; return whether that worked. Where nothing can be locked, all is free."""
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _is_at(descriptor: int, file: Path) -> bool:
    """Whether a path still names the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(file))
    except OSError:
        return False


def _records(descriptor: int) -> list[Record]:
    """The records of a file, without broken lines."""
    if os.fstat(descriptor).st_size > LARGEST:
        raise SessionFileError(f"file larger than {LARGEST // 2**20} MiB")
    try:
        with open(os.dup(descriptor), "rb") as stream:
            data = stream.read(LARGEST)
    except OSError as error:
        raise SessionFileError(f"cannot read it: {error.strerror}") from None
    return list(records_in(data))


def records_in(data: bytes) -> Iterator[Record]:
    """The lines that are JSON objects."""
    for line in data.split(b"\n"):
        try:
            found = json.loads(line) if line else None
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def tidy(environ: Mapping[str, str], now: float | None = None) -> None:
    """Delete sessions that are old or too many, unless they are in use."""
    now = time.time() if now is None else now
    files = files_in(environ, "sessions", SUFFIX)
    old = [path for k, (path, at) in enumerate(files) if k >= MOST or now - at > OLDEST]
    drafts = files_in(environ, "sessions", ".new")
    for path in [*old, *(path for path, at in drafts if now - at > 60)]:
        try:
            descriptor = _open(path)
        except OSError:
            continue
        try:
            if _lock(descriptor) and _is_at(descriptor, path):
                path.unlink()
        except OSError:
            pass
        finally:
            os.close(descriptor)
