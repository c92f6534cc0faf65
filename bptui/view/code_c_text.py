"""The language C: formulas as functions, loops, literals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bptui.engine.trace import Array
from bptui.story.formula import Call
from bptui.story.statements import Statement
from bptui.view.code_formula import Language, expression
from bptui.view.code_plan import Block, Lines, Plan, Tie, indented, listed
from bptui.view.rows import plain

C = Language(
    functions={
        "number_at": "{0}[(int)fmin({1}, sizeof {0} / sizeof {0}[0] - 1)]",
        "ln": "log({0})",
        "abs": "fabs({0})",
        "max": "fmax({0}, {1})",
        "min": "fmin({0}, {1})",
    },
    other="{}",
    choose="({} ? {} : {})",
    power="pow({}, {})",
)


_HELPERS = """\
static double sign(double x)
{
    return (x > 0) - (x < 0);
}

static double weighted(double weight, double value)
{
    return weight == 0 ? 0 : weight * value;  // even what is infinite
}

static double share_of(double part, double whole)
{
    return part == 0 ? 0 : part / whole;  // even of nothing
}
"""
PRINT = """\
// A number in as few digits as say which it is.
static const char *text(double x)
{
    static char found[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(found, sizeof found, "%.*g", digits, x);
        if (strtod(found, NULL) == x)
            break;
    }
    return found;
}

static void print(const char *const *names, const double *values, int count)
{
    for (int k = 0; k < count; k++)
        if (*names[k])
            printf("%s %s\\n", names[k], text(values[k]));
}
"""
AT = ("", "[j]", "[i][j]")
"""How an element is written, by the number of dimensions."""


def function(
    name: str, arguments: Sequence[str], found: list[Statement], coupled: bool, rows: set[str]
) -> Lines:
    """Return the definition of a formula of neuron j, or of numbers that stand alone."""
    given = [f"const double *{a}" if coupled and a in rows else f"double {a}" for a in arguments]
    given += ["int j", "int neurons"] if coupled else []
    body: Lines = []
    for statement in found:
        if statement.over_neurons:
            body += over_neurons(statement, lambda k: indexed(rows, k))
    rest = [statement for statement in found if not statement.over_neurons]
    body += computed(rest, "return ", indexed(rows, "j") if coupled else str)
    return [f"static double {name}({', '.join(given)})", "{", *indented(body), "}", ""]


def computed(found: list[Statement], result: str, names: Callable[[str], str]) -> Lines:
    return [
        f"{f'double {s.name} = ' if s.name else result}{expression(s.value, C, names)};"
        for s in found
    ]


def indexed(rows: set[str], index: str) -> Callable[[str], str]:
    return lambda name: f"{name}[{index}]" if name in rows else name


def over_neurons(statement: Statement, names: Callable[[str], Callable[[str], str]]) -> Lines:
    """Return the lines that find a number of a whole layer."""
    name, value = statement.name, statement.value
    assert isinstance(value, Call)
    each = expression(value.arguments[0], C, names("k"))
    match value.name:
        case "total":
            return [f"double {name} = 0;", *loop("k", "neurons", [f"{name} += {each};"])]
        case "largest":
            return [
                f"double {name} = -INFINITY;",
                *loop("k", "neurons", [f"{name} = fmax({name}, {each});"]),
            ]
        case _:
            best = expression(value.arguments[0], C, names("best"))
            return [
                "int best = 0;",
                *loop("k", "neurons", [f"best = {each} > {best} ? k : best;"]),
                f"double {name} = 0;",
                *loop("k", "neurons", [f"{name} += k == best ? 0 : {each};"]),
            ]


def loop(index: str, count: int | str, body: Lines) -> Lines:
    head = f"for (int {index} = 0; {index} < {count}; {index}++)"
    if len(body) == 1 or (body[0].startswith("for ") and _is_one(body)):
        return [head, *indented(body)]
    return [f"{head} {{", *indented(body), "}"]


def _is_one(body: Lines) -> bool:
    """Whether lines are one statement: only its first is not indented."""
    return not any(line[:1] not in (" ", "") for line in body[1:] if line != "}")


# texts


def comment(text: str) -> str:
    """Return a text as a comment that ends with its line."""
    return f"// {plain(text)}".replace("??", "? ?").replace("\\", "\\ .")


def array(declared: str, values: Array) -> Lines:
    sizes = "".join(f"[{n}]" for n in values.shape)
    return f"{declared}{sizes} = {_numbers(values)};".split("\n")


def _numbers(values: Array) -> str:
    if values.ndim == 0:
        return repr(float(values))
    if values.ndim == 1:
        return f"{{{', '.join(map(repr, values.tolist()))}}}"
    rows = ",\n".join(f"    {_numbers(row)}" for row in values)
    return f"{{\n{rows},\n}}"


def string(text: str) -> str:
    """Return a literal; what is not plain ASCII by its bytes, of which `?` may begin a trigraph."""

    def escaped(byte: int) -> str:
        char = chr(byte)
        return (
            char
            if char.isascii() and char.isprintable() and char not in '"\\?'
            else f"\\{byte:03o}"
        )

    return f'"{"".join(map(escaped, text.encode()))}"'


def tied(tie: Tie, plan: Plan) -> Lines:
    places = [f"dE_d{block.name}[{k}]" for block, k in tie.places]
    name = listed([plan.setup.network.parameters[tie.slot].name])
    return [
        comment(f"{name} is shared: its gradient is the sum of these"),
        f"{' = '.join(places)} = {' + '.join(places)};",
    ]


def header(plan: Plan) -> Lines:
    preset = plan.setup.preset
    lines = [
        "// Trains the network of a bptui preset, and prints the loss of each iteration and the",
        "// parameters after the last, as bptui run does. To compile: cc FILE.c -lm",
        comment(f"preset: {plain(preset.name)}"),
    ]
    return lines + ([comment(f"title:  {plain(preset.title)}")] if preset.title else [])


def printed(block: Block) -> str:
    first = f"&{block.name}" + "[0]" * block.slots.ndim
    return f"print(names_{block.name}, {first}, {block.slots.size});"


def each(block: Block, body: str) -> Lines:
    """Return the loop over all of a block."""
    match block.slots.shape:
        case (m, n):
            return loop("i", m, loop("j", n, [body]))
        case (n,):
            return loop("j", n, [body])
    return [body]


def helpers(lines: Lines) -> Lines:
    """Return the definitions of those of our own functions that lines call."""
    found: Lines = []
    for text in _HELPERS.split("\n\n"):
        head, *others = text.strip().split("\n")
        name = head.partition("(")[0].split()[-1]
        if any(f"{name}(" in line for line in lines):
            found += [head, *others, ""]
    return found
