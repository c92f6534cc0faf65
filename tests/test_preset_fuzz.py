"""Whatever a file holds, reading it gives a setup or a PresetError, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bptui.audit import other_conventions, search
from bptui.audit.findings import audit
from bptui.audit.prepare import prepare
from bptui.cli.streams import one_line
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset
from bptui.session.messages import Step
from bptui.session.session import open_session
from bptui.story.address import all_quantities, has_at_most
from bptui.story.moment import parse_moment
from bptui.story.setup import Setup
from bptui.view.audit_report import report
from bptui.view.rows import row_cells
from bptui.view.screen import screen
from tests.sessions import told

QUICK = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
FAR = parse_moment("50 forward")
PRESETS = [
    file.read_bytes() for file in sorted((Path(__file__).parent.parent / "presets").glob("*.toml"))
]

SIZES = ((80, 24), (40, 12))


AUDITED: set[str] = set()
"""The presets, without what no number depends on, that were audited."""


def use(setup: Setup) -> None:
    """Do with a preset what a reader of it does; nothing of it may fail."""
    session = open_session(setup)
    for size in SIZES:
        session = told(session, Step(1))
        assert [row_cells(row) for row in screen(session, *size)] == [size[0]] * size[1]
    near = all(parse_moment(f"{e.iteration} {e.phase}") < FAR for e in setup.preset.expected)
    said = msgspec.structs.replace(setup.preset, text="", title="", source="", notes=())
    if near and repr(said) not in AUDITED:  # most changes are of a comment or a note
        AUDITED.add(repr(said))
        assert report("f", audit(setup))
    assert has_at_most(setup, len(all_quantities(setup)))


@pytest.fixture(autouse=True, scope="module")
def _short_searches_for_causes() -> Iterator[None]:
    """Try few slips and conventions: which of them it is, other tests ask."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "NEAREST", 20)
        patch.setattr(other_conventions, "WORK", 200)
        yield


def check(text: str) -> None:
    """Read a text and use it; an error must have one line, of those that there are."""
    try:
        found: Setup | PresetError = prepare(parse_preset(text, "f.toml"))
    except PresetError as error:
        found = error
    if isinstance(found, Setup):
        use(found)
    else:
        assert found.line is None or 1 <= found.line <= text.count("\n") + 1
        assert len(one_line(str(found)).splitlines()) == 1


SNIPPETS = (
    *(b"\n", b"\r", b"\0", b"\xff", b"\x1b", b'"', b"'", b'"""', b"'''", b"[", b"]", b"{", b"}"),
    *(b"#", b"=", b".", b",", b"-", b"1", b"1e400", b"nan", b"-0.0", b"0x10", b"1_0", b"true"),
    *(b"2015-03-17", b"[[layers]]\n", b"[weights]\n", b"[[samples]]\n", b"[x.y]\n", b"neurons = "),
    *(b'"h1"', b'"o2"', b"\xe2\x80\x8b", b"\xef\xbb\xbf", b"99999999999999999999", b"[[1]]"),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a shipped preset with some of its bytes replaced, repeated, swapped or left out."""
    data = draw(st.sampled_from(PRESETS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 40)))
        put = draw(st.sampled_from(SNIPPETS) | st.binary(max_size=4))
        again = draw(st.booleans())
        data = data[:start] + put + (data[start:stop] if again else b"") + data[stop:]
    return data.decode("utf-8", "replace")


@st.composite
def relined(draw: st.DrawFn) -> str:
    """Draw a shipped preset with some of its lines left out, repeated or moved."""
    lines = draw(st.sampled_from(PRESETS)).decode().splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        here, there = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        line = lines[here] if draw(st.booleans()) else lines.pop(here)
        lines[there:there] = [line] * draw(st.integers(0, 2))
    return "".join(lines)


names = st.sampled_from(["i1", "h1", "o1", "w1", "b1", "E", "", "a b", "\u3164", "e\u0301", "٣"])
numbers = (
    st.integers(-2, 3)
    | st.floats()
    | st.sampled_from([0.5, -0.0, 1e308, 10**19, 2**63, 10**400, -(10**400)])
)
scalars = names | numbers | st.booleans() | st.text(max_size=5)
junk = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def table(**keys: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Draw tables that lack some keys and have nonsense for others, but most often neither."""
    drawn = {key: st.one_of(*[value] * 12, junk) for key, value in keys.items()}
    return st.fixed_dictionaries({}, optional={k.rstrip("_"): v for k, v in drawn.items()})


values = numbers | st.just(0.5)
activations = st.sampled_from(["sigmoid", "tanh", "relu", "identity", "sigmod"])
initializers = table(name=st.sampled_from(["normal", "zeros", "norml"]), seed=st.integers(0, 9))
layers = table(
    name=names,
    neurons=st.lists(names, max_size=2) | st.integers(0, 3) | st.just(10**9),
    activation=activations,
    weights=st.lists(st.lists(values, max_size=3), max_size=3),
    biases=st.lists(values, max_size=3),
    initializer=initializers,
)
edges = st.fixed_dictionaries({"from": names, "to": names, "value": values})
added = table(to=names | st.lists(names, max_size=3), value=values, trainable=st.booleans())
documents = table(
    title=st.text(max_size=5),
    source=st.text(max_size=5),
    training=table(
        learning_rate=values,
        loss=st.sampled_from(["squared_error", "half_squared_error", "error"]),
        batch=st.sampled_from(["full", "online", 1, 0, 10**30]),
        first_batch=st.sampled_from([1, 2, 0, 10**30]),
        reduction=st.sampled_from(["sum", "mean", ""]),
        update=st.sampled_from(["simultaneous", "sequential", ""]),
        frozen=st.lists(names, max_size=2),
    ),
    notation=table(net=st.sampled_from(["z", "{}", "{", "{x}", ""]), out=st.text(max_size=3)),
    layers=st.lists(layers, max_size=3),
    weights=st.dictionaries(names, edges | junk, max_size=3),
    biases=st.dictionaries(names, added, max_size=2),
    samples=st.lists(
        table(input=st.lists(values, max_size=3), target=st.lists(values, max_size=3)), max_size=3
    ),
)


def toml(value: object) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value.encode("utf-8", "replace").decode()).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, (bool, float)) else str(value)


@QUICK
@given(mutated())
def test_a_shipped_preset_with_bytes_changed_is_a_problem_or_an_error(text: str) -> None:
    check(text)


@QUICK
@given(relined())
def test_a_shipped_preset_with_lines_moved_is_a_problem_or_an_error(text: str) -> None:
    check(text)


@QUICK
@given(documents)
def test_a_document_of_any_structure_is_a_problem_or_an_error(
    document: dict[str, object],
) -> None:
    check("".join(f"{key} = {toml(value)}\n" for key, value in document.items()))


@QUICK
@given(documents, st.data())
def test_a_whole_preset_with_one_table_of_nonsense_is_a_problem_or_an_error(
    document: dict[str, object], data: st.DataObject
) -> None:
    whole: dict[str, object] = {
        "training": {"learning_rate": 0.5, "loss": "squared_error"},
        "layers": [
            {"name": "a", "neurons": ["i1"]},
            {"name": "b", "neurons": 1, "activation": "tanh", "weights": [[0.5]]},
        ],
        "samples": [{"input": [1], "target": [0]}],
    }
    prepare(parse_preset("".join(f"{k} = {toml(v)}\n" for k, v in whole.items()), "f.toml"))
    key = data.draw(st.sampled_from(sorted(document)) if document else st.just("title"))
    whole[key] = document.get(key, "")
    check("".join(f"{k} = {toml(v)}\n" for k, v in whole.items()))


@QUICK
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("utf-8", "replace")))
def test_any_text_at_all_is_an_error(text: str) -> None:
    check(text)


def mostly(
    usual: st.SearchStrategy[object], other: st.SearchStrategy[object]
) -> st.SearchStrategy[object]:
    """Draw the usual, and one time in twenty the other."""
    return st.integers(0, 19).flatmap(lambda k: other if k == 13 else usual)


ADDRESSES = (
    *("E", "E o1", "net h1", "out o2", "dE/dw1", "dE/dw1 via o1", "dE/dout h1 via h1", "step w1"),
    *("w1", "b1", "input i1", "dnet/dout o1 h1", "dnet/dw1 h1"),
)
NO_ADDRESSES = ("net h1 @2", "via", "", "E E", "w9", "@", "dE/d", "dE/dE")
addresses = mostly(st.sampled_from(ADDRESSES), st.sampled_from(NO_ADDRESSES))
decimal = st.floats(-2, 2).map(lambda x: f"{x:.6f}")
odd = st.sampled_from(["-0", "1e-300", "9" * 308, "0." + "0" * 390 + "1", "5.", ".5", "+1e+2"])
wrong = st.sampled_from(["1e999", "nan", "\uff11.5", "0.5 ", "1_0", "", "0x1", "1" * 4000])
figures = mostly(decimal | odd, wrong)
unders = table(
    update=st.sampled_from(["sequential", "simultaneous", ""]),
    loss=st.sampled_from(["squared_error", "error"]),
    batch=st.sampled_from(["online", "full", 1, 10**18]),
    learning_rate=values,
    biases=st.sampled_from(["trainable", "frozen"]),
    shared=st.booleans(),
    frozen=st.lists(names, max_size=2),
)
causes = st.one_of(
    *[st.just({})] * 3,
    st.fixed_dictionaries({"under": unders}),
    st.fixed_dictionaries({"is": addresses | st.sampled_from(["E at 3 forward", " at ", "E at"])}),
    table(is_=addresses, under=unders, because=st.text(max_size=5), unexplained=st.booleans()),
)
printed = figures | st.builds(lambda figure, cause: {"printed": figure, **cause}, figures, causes)
NO_ITERATIONS = ("0", "01", "1000000000", "9" * 40, "\uff11", "x", "")
iterations = mostly(st.sampled_from("123"), st.sampled_from(NO_ITERATIONS))
phases = mostly(st.just("update"), st.sampled_from(["forward", "backward", "start"]))
expectations = st.dictionaries(
    iterations,
    st.dictionaries(
        phases,
        st.dictionaries(addresses, printed | st.lists(printed, max_size=2), max_size=3),
        min_size=1,
        max_size=1,
    ),
    min_size=1,
    max_size=2,
)
NETWORK = next(p.decode() for p in PRESETS if b"A Step by Step" in p).partition("[expected.")[0]


@settings(QUICK, max_examples=40)  # each is a whole audit
@given(expectations)
def test_figures_of_any_kind_are_checked_or_an_error(expected: dict[str, object]) -> None:
    check(f"expected = {toml(expected)}\n{NETWORK}")


CONTROLS = "\0\x1b[]{}\"'\\=.,#\r\n\x7f\x85\u202e\ufeff1e_\udc80"


@pytest.mark.parametrize("preset", PRESETS, ids=len)
def test_bytes_drawn_anew_cut_off_or_swapped(preset: bytes) -> None:
    draw = random.Random(len(preset))
    for _ in range(20):
        data = bytearray(preset.replace(b"expected.1000", b"expected.4"))
        for _ in range(draw.randint(1, 5)):
            at = draw.randrange(len(data))
            data[at : at + draw.randint(0, 2)] = draw.choice(CONTROLS).encode(
                "utf-8", "surrogatepass"
            )
        del data[draw.choice([len(data), draw.randrange(len(data))]) :]
        check(data.decode("utf-8", "replace"))
