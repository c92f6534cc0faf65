"""Options and fixtures that several tests share."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bptui.session import jobs
from bptui.view.failure import Report, contained, no_report
from bptui.view.rows import Row

# the same examples on every machine, however slow: what fails in one place fails in all
settings.register_profile(
    "bptui", derandomize=True, deadline=None, suppress_health_check=(HealthCheck.too_slow,)
)
settings.load_profile("bptui")

Draw = Callable[[], Sequence[Row]]
Title = Callable[[], Row]
GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes golden files anew; look at the diff before it is committed."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


SLOW = (
    *("app", "bounds", "check", "cli", "continuation", "damaged_sessions", "derivations"),
    *("divergence", "driver", "edges", "edits", "engine", "explain", "failures", "glyphs"),
    *("hostile", "interruptions", "jobs", "kept_sessions", "keys", "limits", "lines", "long_work"),
    *("loop", "optimizers", "other_conventions", "preset_fuzz", "pty", "public_examples", "rules"),
    *("run", "screens", "screen_diff", "seams", "shipped_figures", "sizes", "slip_table"),
    *("steps", "terminal_input", "timeline", "trace", "verdicts", "whatif", "write"),
)
"""Files of more than some seconds; `pytest -m quick` leaves them out."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what is slow where only what is quick is wanted."""
    wanted = config.getoption("markexpr") == "quick"
    return True if wanted and _is_slow(collection_path) else None


def _is_slow(file: Path) -> bool:
    return file.stem.removeprefix("test_") in SLOW


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is quick."""
    for item in items:
        if not _is_slow(item.path):
            item.add_marker("quick")


@pytest.fixture(autouse=True, scope="session")
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the sessions of tests away from the user's, and what Python compiles for the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.delenv("BPTUI_CONFIG", raising=False)
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_is_heard() -> None:
    """Let commands stop at ctrl+c even where a shell has started the tests in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _no_panel_fails_unseen() -> Iterator[None]:
    """Let a panel that fails fail the test, unless that takes the report of it."""

    def strict(
        draw: Draw, width: int, height: int, report: Report, title: Title | None = None
    ) -> Sequence[Row]:
        return draw() if report is no_report else contained(draw, width, height, report, title)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bptui.view.screen.contained", strict)
        yield


@pytest.fixture(autouse=True)
def _endless_work_fails() -> Iterator[None]:
    """Fail a test that works for a minute of CPU: a guard against endless work, not a timing."""
    if not hasattr(signal, "setitimer"):  # not on Windows
        yield
        return

    def fail(*_: object) -> None:
        raise AssertionError("this would go on for ever")

    before = signal.signal(signal.SIGPROF, fail)
    signal.setitimer(signal.ITIMER_PROF, 60, 1)  # again: what catches one is not spared the next
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.fixture
def short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches give up early."""
    monkeypatch.setattr(jobs, "LIMIT", 50)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a check that a text is that of a golden file."""
    update = bool(request.config.getoption("--update-golden"))

    def check(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if update:
            file.write_text(text + "\n", encoding="utf-8", newline="\n")
        assert text + "\n" == file.read_text(encoding="utf-8"), f"differs from {file}"

    return check
