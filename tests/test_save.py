"""A file is saved whole or not at all, and never over another one unasked."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from bptui.preset.errors import SaveError
from bptui.preset.save import check_can_save, save


def content(folder: Path) -> dict[str, str]:
    """Return what is in a folder: the text of each file."""
    return {p.name: p.read_text("utf-8") if p.is_file() else "" for p in folder.iterdir()}


def refusal(path: Path, overwrite: bool = False) -> str:
    """Return why a file cannot be saved, without its name."""
    with pytest.raises(SaveError) as error:
        save("new\n", path, overwrite)
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


THERE = "already exists; give another name, or overwrite it"
FORBIDDEN = "no permission to write here; save under another name or in a folder of your own"
FULL = "the disk is full; free some space or save elsewhere"


def test_a_file_is_saved_as_it_is(tmp_path: Path) -> None:
    text = "title = 'é\r\n😀'\n"
    save(text, tmp_path / "my.toml", overwrite=False)
    assert (tmp_path / "my.toml").read_bytes() == text.encode()
    save(iter(text), tmp_path / "my.toml", overwrite=True)
    assert (tmp_path / "my.toml").read_bytes() == text.encode()
    assert list(content(tmp_path)) == ["my.toml"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_cannot_be_saved_is_known_before_and_leaves_nothing(
    tmp_path: Path, overwrite: bool
) -> None:
    check_can_save(tmp_path / "my.toml", overwrite)
    assert content(tmp_path) == {}
    for name in ("no/my.toml", ".", "x" * 300, "a\0b"):
        with pytest.raises(SaveError) as later:
            save("new\n", tmp_path / name, overwrite)
        with pytest.raises(SaveError) as before:
            check_can_save(tmp_path / name, overwrite)
        assert str(before.value) == str(later.value)
    assert content(tmp_path) == {}


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_new_file_has_the_mode_of_any_new_file(
    tmp_path: Path, umask: int, overwrite: bool
) -> None:
    before = os.umask(umask)
    try:
        save("x\n", tmp_path / "my.toml", overwrite)
    finally:
        os.umask(before)
    assert mode(tmp_path / "my.toml") == 0o666 & ~umask


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("old\n")
    assert refusal(tmp_path / "my.toml") == THERE
    assert content(tmp_path) == {"my.toml": "old\n"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("bits", [0o600, 0o640, 0o777])
def test_an_overwritten_file_keeps_its_mode(tmp_path: Path, bits: int) -> None:
    (tmp_path / "my.toml").write_text("old\n" * 1000)
    (tmp_path / "my.toml").chmod(bits)
    save("new\n", tmp_path / "my.toml", overwrite=True)
    assert content(tmp_path) == {"my.toml": "new\n"}
    assert mode(tmp_path / "my.toml") == bits


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_can_read_what_is_about_to_replace_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.toml"
    seen: list[int] = []
    path.write_text("old\n")
    path.chmod(0o600)

    def look(_: int) -> None:
        seen.extend(mode(p) for p in tmp_path.iterdir() if p != path)

    monkeypatch.setattr(os, "fsync", look)
    save("new\n", path, overwrite=True)
    assert seen == [0o600]


def test_a_file_that_comes_at_the_last_moment_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.toml"
    monkeypatch.setattr(os, "fsync", lambda _: path.write_text("theirs\n"))
    assert refusal(path) == THERE
    assert content(tmp_path) == {"my.toml": "theirs\n"}


def failing(number: int) -> Callable[..., None]:
    """Return a function of the system that fails."""

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_of_many_who_save_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"

    def attempt(k: int) -> str:
        try:
            save(f"{k}\n" * 1000, path, overwrite=False)
        except SaveError as error:
            return error.message
        return f"{k}\n" * 1000

    with ThreadPoolExecutor(8) as pool:
        saved = [text for text in pool.map(attempt, range(32)) if text != THERE]
    assert len(saved) == 1
    assert content(tmp_path) == {"my.toml": saved[0]}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path, overwrite: bool) -> None:
    said = "its folder does not exist; create it, or save elsewhere"
    assert refusal(tmp_path / "no" / "my.toml", overwrite) == said
    assert content(tmp_path) == {}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_no_folder(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "file").write_text("old\n")
    assert (
        refusal(tmp_path / "file" / "my.toml", overwrite) == "its folder is a file; save elsewhere"
    )
    assert content(tmp_path) == {"file": "old\n"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_directory_is_no_file(tmp_path: Path, overwrite: bool) -> None:
    said = "a folder; give the name of a file in it"
    assert refusal(tmp_path, overwrite) == said
    assert refusal(Path(), overwrite) == said
    assert content(tmp_path) == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs")
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_regular_file_is_left_alone(tmp_path: Path, overwrite: bool) -> None:
    os.mkfifo(tmp_path / "fifo")
    said = "not a regular file; give another name"
    assert refusal(tmp_path / "fifo", overwrite) == said
    assert refusal(Path("/dev/null"), overwrite) == said
    assert stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode)


@pytest.mark.parametrize("overwrite", [False, True])
def test_names_that_no_file_can_have(tmp_path: Path, overwrite: bool) -> None:
    said = "the name is too long; give a shorter one"
    assert refusal(tmp_path / ("x" * 300), overwrite) == said
    with pytest.raises(SaveError, match=r"cannot be written: .*null"):
        save("new\n", tmp_path / "a\0b", overwrite)
    save("new\n", tmp_path / ("x" * 255), overwrite)
    assert content(tmp_path) == {"x" * 255: "new\n"}


@contextmanager
def as_nobody() -> Iterator[Path]:
    """Yield a folder that may be entered but not written, and be no superuser meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder, user = Path(name), os.geteuid()
        (folder / "my.toml").write_text("old\n")
        (folder / "my.toml").chmod(0o444)
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_folder_that_may_not_be_written() -> None:
    with as_nobody() as folder:
        assert refusal(folder / "new.toml", overwrite=False) == FORBIDDEN
        assert refusal(folder / "new.toml", overwrite=True) == FORBIDDEN
        assert refusal(folder / "my.toml", overwrite=True) == FORBIDDEN
        assert refusal(folder / "my.toml", overwrite=False) == THERE
        assert content(folder) == {"my.toml": "old\n"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_write_protected_file_stays_though_its_folder_may_be_written() -> None:
    with as_nobody() as folder:
        user = os.geteuid()
        os.seteuid(folder.stat().st_uid)
        folder.chmod(0o777)
        os.seteuid(user)
        assert refusal(folder / "my.toml", overwrite=True) == FORBIDDEN
        assert content(folder) == {"my.toml": "old\n"}
        save("new\n", folder / "new.toml", overwrite=False)
        assert content(folder) == {"my.toml": "old\n", "new.toml": "new\n"}


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, FULL),
        (errno.EDQUOT, FULL),
        (errno.EACCES, FORBIDDEN),
        (errno.EROFS, "the disk is read-only; save elsewhere"),
        (errno.EIO, f"cannot be written: {os.strerror(errno.EIO)}"),
    ],
)
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, said: str
) -> None:
    (tmp_path / "old.toml").write_text("old\n")
    monkeypatch.setattr(os, step, failing(number))
    assert refusal(tmp_path / "old.toml", overwrite=True) == said
    assert refusal(tmp_path / "new.toml", overwrite=False) == said
    assert content(tmp_path) == {"old.toml": "old\n"}


def test_a_full_disk_in_the_middle_of_the_text(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    (tmp_path / "old.toml").write_text("old\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(SaveError) as error:
            save("new\n" * 10_000, tmp_path / "old.toml", overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert error.value.message == f"cannot be written: {os.strerror(errno.EFBIG)}"
    assert content(tmp_path) == {"old.toml": "old\n"}


def test_an_interrupt_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "old.toml").write_text("old\n")
    monkeypatch.setattr(os, "fsync", interrupt)
    for name, overwrite in (("old.toml", True), ("new.toml", False)):
        with pytest.raises(KeyboardInterrupt):
            save("new\n", tmp_path / name, overwrite)
    assert content(tmp_path) == {"old.toml": "old\n"}


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """Return a symbolic link to `there/real.toml`, which there is not yet."""
    (tmp_path / "there").mkdir()
    try:
        (tmp_path / "link.toml").symlink_to(Path("there", "real.toml"))
    except OSError:
        pytest.skip("no symbolic links here")
    return tmp_path / "link.toml"


def test_a_link_stays_and_its_file_is_written(link: Path) -> None:
    there = link.parent / "there"
    (there / "real.toml").write_text("first\n")
    (there / "real.toml").chmod(0o600)
    assert refusal(link) == THERE
    assert content(there) == {"real.toml": "first\n"}
    save("second\n", link, overwrite=True)
    assert content(there) == {"real.toml": "second\n"}
    assert link.is_symlink()
    assert os.name == "nt" or mode(there / "real.toml") == 0o600


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_to_a_file_that_does_not_exist_makes_none(link: Path, overwrite: bool) -> None:
    said = "a broken link; give another name"
    assert refusal(link, overwrite) == said
    assert content(link.parent / "there") == {}
    assert link.is_symlink()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_to_itself_is_refused(link: Path, overwrite: bool) -> None:
    link.unlink()
    link.symlink_to(link.name)
    assert refusal(link, overwrite) == f"cannot be written: {os.strerror(errno.ELOOP)}"
    assert link.is_symlink()
    assert sorted(p.name for p in link.parent.iterdir()) == ["link.toml", "there"]
