"""Measures bptui in a real terminal, beside a one-label Textual app in the same run.

    python -m tests.benchmarks.terminal [--quick] [--many] [--only keys|start|idle|held|many]

Nothing is asserted: times are those of this machine, now. The ratios are what can be compared.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import platform
import pty
import random
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import cycle, islice
from math import inf
from pathlib import Path
from statistics import median
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
QUIET = 0.03
"""Seconds without a byte after which the update of a key is over."""
SETTLED = 0.2
"""Seconds without a byte after which a start is over."""
HUGE, LARGE, SMALL = (220, 60), (120, 40), (80, 24)
LEGEND = """\
What the figures mean
  one label      a Textual app with one Static, whose number changes with every key
  ratio          bptui / one label, of the figures beside it; 1 is as good as Textual allows
  key ms         from before the key is written to the LAST byte of its update (then 30 ms quiet)
  bytes          what an update, a start or a pause sends to the terminal
  cpu ms         on-CPU time of all threads of the process; a key: mean over the presses
  complete ms    from before the fork to the first moment at which the whole screen has been sent
  settled ms     ... to the last byte before 200 ms of quiet
  wake-ups       voluntary context switches of all threads
  frames         synchronized updates; lag: from the last press to the last byte
  ms of many     the same as key ms; inf: nothing came within the half second
  RSS, PSS       memory with shared pages counted in each process, and counted once"""

_ONE_LABEL = """
from textual.app import App
from textual.widgets import Static
class OneLabel(App):
    presses = 0
    def compose(self):
        yield Static("pressed 0 times")
    def on_key(self):
        self.presses += 1
        self.query_one(Static).update(f"pressed {self.presses} times")
OneLabel().run(mouse=False)
"""


@dataclass(frozen=True)
class Kind:
    """A program to be measured."""

    name: str
    argv: tuple[str, ...]
    texts: tuple[bytes, ...]
    """What its first complete screen says at 120x40, the last row included."""


BPTUI = Kind(
    "bptui",
    (sys.executable, "-m", "bptui", "mazur"),
    (b"why", b"w8", b"Start:", b"quit"),
)
ONE_LABEL = Kind("one label", (sys.executable, "-c", _ONE_LABEL), (b"pressed 0",))
KEYS: dict[str, tuple[bytes, ...]] = {
    "step": (b" ",),
    "step back": (b"p",),
    "one iteration": (b"]", b"["),
    "ten iterations": (b"\x1b[6~", b"\x1b[5~"),
    "selection": (b"j", b"k"),
}


@dataclass(frozen=True)
class Start:
    """Milliseconds from before the fork; and how much was sent."""

    first: float
    complete: float
    settled: float
    size: int


@dataclass
class Presses:
    """What a series of presses has cost."""

    ms: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    cpu: float = 0.0
    silent: int = 0
    late: int = 0


@dataclass(frozen=True)
class Usage:
    """What a process has used: milliseconds on a CPU, and voluntary context switches."""

    cpu: float
    wakes: int

    def since(self, before: Usage) -> Usage:
        """Return what was used since another reading."""
        return Usage(self.cpu - before.cpu, self.wakes - before.wakes)


@dataclass(frozen=True)
class Line:
    """A line of a table: a figure of both programs."""

    name: str
    ours: float
    theirs: float
    form: str = "10.1f"


class Program:
    """A program in a pty of its own; it is killed when the block is left."""

    def __init__(self, kind: Kind, size: tuple[int, int]) -> None:
        self.kind = kind
        self.began = time.monotonic()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            _become(kind.argv, size)

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
        finally:
            os.waitpid(self.pid, 0)
            os.close(self.terminal)

    def read(self, seconds: float) -> bytes:
        """Return what comes next, and nothing if nothing comes in time."""
        if not select.select([self.terminal], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            data = os.read(self.terminal, 1 << 16)
        except OSError:
            sys.exit(f"{self.kind.name} has ended by itself")
        if b"\x1b[?2026$p" in data:
            self.write(b"\x1b[?2026;2$y")  # synchronized updates: yes, like most terminals
        return data

    def read_for(self, seconds: float) -> bytes:
        """Return all that comes in some time."""
        end, seen = time.monotonic() + seconds, b""
        while (left := end - time.monotonic()) > 0:
            seen += self.read(left)
        return seen

    def write(self, data: bytes) -> None:
        """Type."""
        os.write(self.terminal, data)

    def start(self, texts: Iterable[bytes] | None = None) -> Start:
        """Read until the screen is complete, and then until it is quiet."""
        wanted, seen = tuple(self.kind.texts if texts is None else texts), bytearray()
        first = complete = last = 0.0
        while data := self.read(SETTLED if complete else 60):
            last = (time.monotonic() - self.began) * 1000
            first = first or last
            seen += data
            if not complete and all(text in seen for text in wanted):
                complete = last
        if not complete:
            sys.exit(f"{self.kind.name} did not paint its screen within a minute")
        return Start(first, complete, last, len(seen))

    def press(self, key: bytes, presses: Presses) -> None:
        """Press a key after a short while and wait until its update is over."""
        presses.late += bool(self.read_for(random.uniform(0, 0.02)))  # no pace with its frames
        before = last = time.monotonic()
        self.write(key)
        size, quiet = 0, 1.0
        while data := self.read(quiet):
            last, size, quiet = time.monotonic(), size + len(data), QUIET
        if size:
            presses.ms.append((last - before) * 1000)
            presses.sizes.append(size)
        presses.silent += not size

    def press_all(self, keys: Iterable[bytes], presses: Presses) -> None:
        """Press keys one after the other."""
        before = self.usage()
        for key in keys:
            self.press(key, presses)
        presses.cpu += self.usage().since(before).cpu

    def usage(self) -> Usage:
        """Return what all threads have used until now."""
        cpu, wakes = 0, 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            cpu += int((task / "schedstat").read_text().split()[0])
            wakes += _number(task / "status", "voluntary_ctxt_switches")
        return Usage(cpu / 1e6, wakes)

    def megabytes(self, file: str, name: str) -> float:
        """Return a figure that the kernel keeps of the process's memory."""
        return _number(Path(f"/proc/{self.pid}") / file, name) / 1024


def _become(argv: tuple[str, ...], size: tuple[int, int]) -> None:
    """Go on as another program, in a terminal of a size; never returns."""
    try:
        width, height = size
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        os.chdir(ROOT)
        # without PYTHONDONTWRITEBYTECODE, as from the second start of an installed program
        drop = ("NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE")
        env = {
            name: text
            for name, text in os.environ.items()
            if name not in drop and not name.startswith(("SSH_", "TEXTUAL"))
        }
        # no session of another program is there to be mentioned
        env |= {"XDG_STATE_HOME": tempfile.mkdtemp(prefix="bptui-benchmark-")}
        os.execve(argv[0], argv, env | {"TERM": "xterm-256color", "COLORTERM": "truecolor"})
    finally:
        os._exit(127)


def _number(file: Path, name: str) -> int:
    """Return the number beside a name in a file of /proc."""
    for line in file.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)


def keys(size: tuple[int, int], blocks: int, count: int) -> None:
    """Measure keys, in blocks by turns with the other program."""
    ours: dict[str, Presses] = {}
    theirs: dict[str, Presses] = {}
    texts = BPTUI.texts if size == LARGE else (b"w5", b"Start:", b"quit")
    with Program(BPTUI, size) as bptui, Program(ONE_LABEL, size) as label:
        bptui.start(texts)
        label.start()
        for block in range(blocks + 1):
            if block <= 1:  # the first is to warm up
                ours, theirs = ({name: Presses() for name in KEYS} for _ in range(2))
            for name, pressed in KEYS.items():
                bptui.press_all(islice(cycle(pressed), count), ours[name])
                label.press_all([b"x"] * count, theirs[name])
    print(f"\nkeys at {size[0]}x{size[1]}, {blocks * count} presses of each")
    print(f"{'':16}{'bptui ms':^16}{'one label ms':^16}{'ratio':^14}{'bytes':^14}{'cpu ms':^14}")
    heads = ("median", "p95", "median", "p95", "median", "p95", "bptui", "label", "bptui", "label")
    print(f"{'':16}" + "".join(f"{h:>{8 if k < 4 else 7}}" for k, h in enumerate(heads)))
    for name in KEYS:
        _print_presses(name, ours[name], theirs[name], blocks * count)


def _print_presses(name: str, ours: Presses, theirs: Presses, count: int) -> None:
    a, b = median(ours.ms), median(theirs.ms)
    a95, b95 = _p95(ours.ms), _p95(theirs.ms)
    print(
        f"{name:16}{a:8.1f}{a95:8.1f}{b:8.1f}{b95:8.1f}{a / b:7.2f}{a95 / b95:7.2f}"
        f"{median(ours.sizes):7.0f}{median(theirs.sizes):7.0f}"
        f"{ours.cpu / count:7.2f}{theirs.cpu / count:7.2f}"
    )
    for who, presses in (("bptui", ours), ("one label", theirs)):
        if presses.silent or presses.late:
            print(f"  ! {who}: {presses.silent} without an update, {presses.late} went on later")


def _p95(numbers: Iterable[float]) -> float:
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def _table(title: str, lines: Iterable[Line]) -> None:
    print(f"\n{title}\n{'':26}{'bptui':>10}{'one label':>11}{'ratio':>8}")
    for line in lines:
        ratio = f"{line.ours / line.theirs:8.2f}" if line.theirs else f"{'–':>8}"
        print(f"{line.name:26}{line.ours:{line.form}} {line.theirs:{line.form}}{ratio}")


def start(launches: int) -> None:
    """Measure starts, by turns."""
    ours: list[Start] = []
    theirs: list[Start] = []
    for launch in range(launches + 1):
        for kind, starts in ((BPTUI, ours), (ONE_LABEL, theirs)):
            with Program(kind, LARGE) as program:
                measured = program.start()
            if launch:  # the first is to fill the caches
                starts.append(measured)
    figures: dict[str, Callable[[Start], float]] = {
        "first byte ms": lambda s: s.first,
        "complete ms": lambda s: s.complete,
        "settled ms": lambda s: s.settled,
        "bytes": lambda s: s.size,
    }
    lines = [
        Line(name, median(map(of, ours)), median(map(of, theirs))) for name, of in figures.items()
    ]
    worst, worst_there = (_p95(s.complete for s in each) for each in (ours, theirs))
    lines.insert(2, Line("complete ms, p95", worst, worst_there))
    _table(f"start at 120x40, medians of {launches} launches", lines)


def idle(seconds: float) -> None:
    """Measure what is done while nothing happens."""
    found = []
    for kind in (BPTUI, ONE_LABEL):
        with Program(kind, LARGE) as program:
            program.start()
            program.read_for(1)
            before = program.usage()
            sent = len(program.read_for(seconds))
            found.append((sent, program.usage().since(before)))
    (sent, used), (sent_there, used_there) = found
    lines = [
        Line("bytes", sent, sent_there, "10.0f"),
        Line("cpu ms", used.cpu, used_there.cpu),
        Line("wake-ups", used.wakes, used_there.wakes, "10.0f"),
    ]
    _table(f"idle for {seconds:g} s", lines)


def held(seconds: float, rate: int = 30) -> None:
    """Measure a key that is held down."""
    ours, theirs = _held(BPTUI, b" ", seconds, rate), _held(ONE_LABEL, b"x", seconds, rate)
    names = (("frames", "10.0f"), ("bytes", "10.0f"), ("lag ms", "10.1f"), ("cpu ms", "10.0f"))
    lines = [Line(n, a, b, form) for (n, form), a, b in zip(names, ours, theirs, strict=True)]
    _table(f"a key held for {seconds:g} s, {rate} presses a second", lines)


def _held(kind: Kind, key: bytes, seconds: float, rate: int) -> tuple[float, ...]:
    with Program(kind, LARGE) as program:
        program.start()
        before, began = program.usage(), time.monotonic()
        seen = b""
        for k in range(round(seconds * rate)):
            while (left := began + k / rate - time.monotonic()) > 0:
                seen += program.read(left)
            program.write(key)
        pressed = last = time.monotonic()
        while data := program.read(SETTLED):
            last, seen = time.monotonic(), seen + data
        cpu = program.usage().since(before).cpu
    return seen.count(b"\x1b[?2026h"), len(seen), (last - pressed) * 1000, cpu


def many(count: int, seconds: float) -> None:
    """Measure many sessions at once on this machine."""
    ours, theirs = _many(BPTUI, b" ", count, seconds), _many(ONE_LABEL, b"x", count, seconds)
    names = ("all started s", "median ms", "p95 ms", "RSS MB", "PSS MB", "cpus used")
    forms = ("10.1f", "10.1f", "10.1f", "10.0f", "10.0f", "10.2f")
    lines = [Line(*each) for each in zip(names, ours, theirs, forms, strict=True)]
    _table(f"{count} sessions at once, a key every 0.5 s in each for {seconds:g} s", lines)


def _many(kind: Kind, key: bytes, count: int, seconds: float) -> tuple[float, ...]:
    with ExitStack() as stack:
        began = time.monotonic()
        programs = [stack.enter_context(Program(kind, LARGE)) for _ in range(count)]
        for program in programs:
            program.start()
        started = time.monotonic() - began
        before = [program.usage().cpu for program in programs]
        took = _press_by_turns(programs, key, seconds)
        cpu = sum(program.usage().cpu for program in programs) - sum(before)
        rss = sum(program.megabytes("status", "VmRSS") for program in programs)
        pss = sum(program.megabytes("smaps_rollup", "Pss") for program in programs)
        return started, median(took), _p95(took), rss, pss, cpu / 1000 / seconds


def _press_by_turns(programs: Sequence[Program], key: bytes, seconds: float) -> list[float]:
    """Press a key every half second in each program; return the milliseconds of the updates."""
    pause, by_terminal = 0.5 / len(programs), {p.terminal: p for p in programs}
    pressed = dict.fromkeys(programs, 0.0)
    last = dict.fromkeys(programs, 0.0)
    took, began = [], time.monotonic()
    for k, program in enumerate(islice(cycle(programs), round(seconds / pause))):
        while (left := began + k * pause - time.monotonic()) > 0:
            for terminal in select.select(by_terminal, [], [], left)[0]:
                by_terminal[terminal].read(0)
                last[by_terminal[terminal]] = time.monotonic()
        if pressed[program]:  # half a second ago: that update should be over
            answered = last[program] > pressed[program]
            took.append((last[program] - pressed[program]) * 1000 if answered else inf)
        pressed[program] = time.monotonic()
        program.write(key)
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.terminal")
    parser.add_argument("--quick", action="store_true", help="fewer presses and launches")
    parser.add_argument("--many", action="store_true", help="also 30 sessions at once")
    parser.add_argument("--only", choices=("keys", "start", "idle", "held", "many"))
    options = parser.parse_args()
    quick, only = options.quick, options.only
    wanted = {only} if only else {"keys", "start", "idle", "held"}
    wanted |= {"many"} if options.many else set()
    print(
        f"Python {platform.python_version()}, Textual {version('textual')}, "
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    )
    if "keys" in wanted:
        for size in (LARGE, SMALL, HUGE):
            keys(size, *((2, 8) if quick else (5, 20)))
    if "start" in wanted:
        start(3 if quick else 12)
    if "idle" in wanted:
        idle(2 if quick else 5)
    if "held" in wanted:
        held(1 if quick else 3)
    if "many" in wanted:
        many(*((10, 3) if quick else (30, 6)))
    print(f"\nload {os.getloadavg()[0]:.1f}\n\n{LEGEND}")


if __name__ == "__main__":
    # also where they are ignored or end the process at once: what was started has to be killed
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
