"""The line of every key is the line where it is written, in whatever way TOML lets one write it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bptui.preset.errors import KeyPath
from bptui.preset.lines import _Reader, line_of, line_of_depth, statement_before

QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

SCALARS = ("1", "-0.5e3", "true", "inf", "0xff", "1_000", "2015-03-17 07:30:00Z", "07:30:00")
PIECES = ("a", " ", "#", "[", "]", "{", "}", ",", "=", "x = 1", "[[t]]", "é")
BASIC = (*PIECES, "'", "'''", r"\"", r"\\", r"\n", r"\u0041")
LITERAL = (*PIECES, '"', '"""', "\\")
LONG_BASIC = (*BASIC, "\n", '"', '""', "\\\n  ")
LONG_LITERAL = (*LITERAL, "\n", "'", "''")
SPACES = ("", " ", "\t", "  ")
COMMENTS = ("", " # plain", ' # "quoted', " # ''' [ { ]", " # x = 1")


def accepts(text: str) -> bool:
    """Whether tomli does."""
    try:
        tomli.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


LINES_IN_TABLES = accepts("a = {\n}")
"""Whether inline tables may go on over lines, as in TOML 1.1."""


class Writer:
    """Writes a random document and notes the line on which each key path first appears."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.text = ""
        self.lines: dict[KeyPath, int] = {}
        self.tables: dict[tuple[str, ...], KeyPath] = {(): ()}
        """The tables that a header can go on from, by their key."""
        self.arrays: dict[tuple[str, ...], tuple[KeyPath, int]] = {}
        """The arrays of tables that a header can go on, and how many tables each has."""
        self.names = 0
        self.document()

    def pick(self, *options: str) -> str:
        """Draw one of some texts."""
        return self.data.draw(st.sampled_from(options))

    def note(self, path: KeyPath) -> None:
        """Note that a path appears here, if it has not yet."""
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def write(self, *options: str) -> None:
        """Write one of some texts."""
        self.text += self.pick(*options)

    def document(self) -> None:
        """Write pairs, then tables with theirs."""
        self.pairs(())
        for _ in range(self.data.draw(st.integers(0, 5))):
            self.pairs(self.header())

    def pairs(self, table: KeyPath) -> None:
        """Write the pairs of a table."""
        dotted: list[tuple[str, KeyPath]] = []
        for _ in range(self.data.draw(st.integers(0, 3))):
            self.write("", "\n", "# x = 1\n", "  ")
            self.pair(table, dotted, 0)
            self.end_line()

    def end_line(self) -> None:
        """Write a comment, perhaps, and the end of a line."""
        self.write(*SPACES)
        self.write(*COMMENTS)
        self.text += "\n"

    def header(self) -> KeyPath:
        """Write a table's header; return the path that it leads to."""
        if self.arrays and self.pick("new", "next") == "next":
            key = self.data.draw(st.sampled_from(sorted(self.arrays)))
            array, length = self.arrays[key]
            self.forget(key)
            return self.array_header(key, array, length)
        parent = self.data.draw(st.sampled_from(sorted(self.tables)))
        path, key = self.tables[parent], parent
        for _ in range(self.data.draw(st.integers(1, 3))):
            name = self.name()
            path, key = (*path, name), (*key, name)
            self.note(path)
        if self.pick("table", "array") == "array":
            return self.array_header(key, path, 0)
        self.tables[key] = path
        self.text += f"[{self.dotted(key)}]"
        self.end_line()
        return path

    def array_header(self, key: tuple[str, ...], array: KeyPath, length: int) -> KeyPath:
        """Write the header of an array's next table; return that table's path."""
        path = (*array, length)
        self.note(path)
        self.arrays[key] = array, length + 1
        self.tables[key] = path
        self.text += f"[[{self.dotted(key)}]]"
        self.end_line()
        return path

    def forget(self, key: tuple[str, ...]) -> None:
        """Forget what stands in the last table of an array: the next header means another one."""
        self.tables = {k: v for k, v in self.tables.items() if k[: len(key)] != key}
        self.arrays = {k: v for k, v in self.arrays.items() if k[: len(key)] != key}

    def pair(self, table: KeyPath, dotted: list[tuple[str, KeyPath]], depth: int) -> None:
        """Write a key, of several parts perhaps, and its value."""
        parts: list[str] = []
        path = table
        if dotted and self.pick("new", "again") == "again":
            name, path = self.data.draw(st.sampled_from(dotted))
            parts.append(name)
        for _ in range(self.data.draw(st.integers(1, 3))):
            if path != table:
                dotted += [(parts[0], path)] if len(parts) == 1 else []
            parts.append(self.name())
            path = (*path, parts[-1])
            self.note(path)
        self.text += self.dotted(tuple(parts))
        self.write(*SPACES)
        self.text += "="
        self.write(*SPACES)
        self.value(path, depth)

    def name(self) -> str:
        """Return a key that there is not yet."""
        self.names += 1
        return f"{self.pick('k', 'k-', 'k.', 'k]', 'k#=', 'é', '[k', 'k,')}{self.names}"

    def dotted(self, key: tuple[str, ...]) -> str:
        """Return a key as one may write it."""
        return self.pick(".", " . ", ".\t").join(map(self.quoted, key))

    def quoted(self, name: str) -> str:
        """Return one part of a key as one may write it."""
        forms = [f'"{name}"', f"'{name}'", f'"\\u{ord(name[0]):04x}{name[1:]}"']
        return self.pick(*forms, *[name] * (3 if re.fullmatch("[A-Za-z0-9_-]+", name) else 0))

    def value(self, path: KeyPath, depth: int) -> None:
        """Write a value of any kind."""
        kinds = ["scalar", '"', "'", '"""', "'''", "list", "table"]
        kind = self.pick(*kinds[: 5 if depth > 2 else 7])
        match kind:
            case "scalar":
                self.write(*SCALARS)
            case "list":
                self.list(path, depth + 1)
            case "table":
                self.table(path, depth + 1)
            case _:
                pieces = {'"': BASIC, "'": LITERAL, '"""': LONG_BASIC, "'''": LONG_LITERAL}[kind]
                body = "".join(self.data.draw(st.lists(st.sampled_from(pieces), max_size=6)))
                body = re.sub(f"{kind[0]}{{3,}}", kind[0] * 2, body) if len(kind) == 3 else body
                self.text += kind + body + kind

    def list(self, path: KeyPath, depth: int) -> None:
        """Write a list of values."""
        length = self.data.draw(st.integers(0, 3))
        self.text += "["
        for index in range(length):
            self.gap()
            self.note((*path, index))
            self.value((*path, index), depth)
            self.gap()
            self.write(*(",", ", ") if index < length - 1 else ("", ","))
        self.gap()
        self.text += "]"

    def table(self, path: KeyPath, depth: int) -> None:
        """Write an inline table."""
        length = self.data.draw(st.integers(0, 3))
        dotted: list[tuple[str, KeyPath]] = []
        self.text += "{"
        for index in range(length):
            self.gap(LINES_IN_TABLES)
            self.pair(path, dotted, depth)
            self.gap(LINES_IN_TABLES)
            self.text += "," if index < length - 1 else ""
        self.gap(LINES_IN_TABLES)
        self.text += "}"

    def gap(self, lines: bool = True) -> None:
        """Write what may stand between the parts of a list."""
        self.write(*SPACES, *(("\n", "# ] }, '\n", '\n  # "\n') if lines else ()))


def paths_in(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every value below one."""
    pairs = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else ()
    for part, item in (*pairs, *items):
        yield (*path, part)
        yield from paths_in(item, (*path, part))


@QUICK
@given(st.data(), st.sampled_from(["\n", "\r\n"]))
def test_every_key_is_found_on_the_line_where_it_is_written(
    data: st.DataObject, newline: str
) -> None:
    writer = Writer(data)
    text = writer.text.replace("\n", newline)
    for path in paths_in(tomli.loads(text)):
        assert line_of(text, path) == writer.lines[path], (path, text)


TOKENS = (
    *("a", "b", ".", "=", "1", "x", "[", "]", "[[", "]]", "{", "}", ",", "\n", " ", "#"),
    *('"', "'", '"""', "'''", "\\", "a = ", "\na.b = ", "\n[a]\n", "\n[[a]]\n", "\n[[a.b]]\n", "é"),
)
soups = st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)
VALUES = (
    "1",
    "[\n1,\n[2, {}],]",
    "{ a = 1, b.c = [[]] }",
    '"""\n"""""',
    "'#'",
    '"\\"]" # [',
    "[{a.b = {}}]",
)
statements = st.one_of(
    st.builds(
        "{} = {}".format,
        st.sampled_from(["a", "b.c", "b.d", "'x'", "c", "d"]),
        st.sampled_from(VALUES),
    ),
    st.sampled_from(["[a]", "[[b]]", "[b.e]", "[[b.f]]", "[b.f.g]", "[c.d]", "[c]", "# ["]),
)
documents = soups | st.lists(statements, max_size=8).map("\n".join)


@QUICK
@given(documents)
def test_any_text_that_is_toml_has_a_line_for_every_key(text: str) -> None:
    if not accepts(text):
        return
    for path in paths_in(tomli.loads(text)):
        line = line_of(text, path)
        assert 1 <= line <= text.count("\n") + 1
        assert line == line_of(text, (*path, "not there"))


@QUICK
@given(documents)
def test_a_path_that_is_nowhere_is_on_the_first_line(text: str) -> None:
    if not accepts(text):
        return
    assert line_of(text, ("no", "such", 0, "key")) == 1


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("", ("a",), 1),
        ("\n[a]\nb = 1\n", ("a", "c"), 2),
        ("a = 1\n[b.c]\nd = 2\n", ("b",), 2),
        ("[b.c]\n\n[b]\nd = 1\n", ("b",), 1),
        ("[[a]]\n[[a]]\nb = 1\n", ("a",), 1),
        ("[[a]]\n[[a]]\nb = 1\n", ("a", 1), 2),
        ("[[a]]\n[[a.b]]\n[[a]]\n[[a.b]]\n[[a.b]]\nc = 1\n", ("a", 1, "b", 1, "c"), 6),
        ("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 1\n", ("a", 1, "b", "c"), 6),
        ("a = [\n  1,\n  [2,\n   3]]\n", ("a", 1, 1), 4),
        ("a.b = 1\na.c = 2\n", ("a", "c"), 2),
        ('"a.b" = 1\na.b = 2\n', ("a", "b"), 2),
        ('a = """\nb = 1\n"""\nb = 2\n', ("b",), 4),
        ('a = """"\nb = 1\n"""""\nb = 2\n', ("b",), 4),
        ('a = """x""y\nb = 1\n"""\nb = 2\n', ("b",), 4),
        ("a = '''x''y\nb = 1\n'''\nb = 2\n", ("b",), 4),
        ("a = [ # ]\n  '#]',\n]\nb = 2\n", ("b",), 4),
    ],
)
def test_a_line_by_hand(text: str, path: KeyPath, line: int) -> None:
    tomli.loads(text)
    assert line_of(text, path) == line


def test_a_key_that_is_a_number_in_quotes_is_no_place_in_a_list() -> None:
    text = "[[a]]\nb = 1\n[x]\n[x.0]\nb = 2\n"
    assert line_of(text, ("x", "0", "b")) == 5
    assert line_of(text, ("x", 0, "b")) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = 1\nb.c = [\n  2,\n]", ("b.c", 2)),
        ("[x]\na = 1\n[y", ("y", 3)),
        ("a = 1\n\nb = [1,\n 2", ("b", 3)),
        ("# nothing\n", ("", 1)),
    ],
)
def test_the_statement_before_a_place_has_its_key_and_line(
    text: str, found: tuple[str, int]
) -> None:
    assert statement_before(text + "]]] and whatever", len(text)) == found


@pytest.mark.parametrize("value", ["[" * 300 + "]" * 300, "{a = " * 300 + "1" + "}" * 300])
def test_nesting_on_the_way_costs_no_stack(value: str) -> None:
    assert line_of(f"a = {value}\nb = 1\n", ("b",)) == 2


def test_what_stands_behind_a_key_that_is_found_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed: list[int] = []
    pass_over = _Reader._pass_over

    def noted(reader: _Reader) -> None:
        passed.append(reader.at)
        pass_over(reader)

    monkeypatch.setattr(_Reader, "_pass_over", noted)
    assert line_of("a = [1]\nb = [[1], [2]]\n", ("b",)) == 2
    assert passed == [4]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = [\n{ b = [1] }]", None),
        ("a = ']]' # ]\nb = [['[[['],\n[[1]]]", 3),
        ("[[a]]\nb = 1", None),
    ],
)
def test_the_line_on_which_something_is_nested_too_deeply(text: str, line: int | None) -> None:
    assert line_of_depth(text, 2 + (line is None)) == line


def test_what_is_found_in_an_inline_table_is_found_once() -> None:
    # what stands behind an empty key looks like another one
    assert line_of('x = 1\na = { "" = 1, b = 2 }\nc = 3\n', ("a", "")) == 2
    assert line_of("a = { b = { c = 1 }, d = 2 }\n", ("a", "b", "c")) == 1
