"""What is wrong with text that is not TOML, in an author's words instead of a parser's."""

from __future__ import annotations

import re

import tomli

from bptui.preset.lines import statement_before

_REPEATED = re.compile("Cannot (overwrite|declare|redefine|mutate)")
_REASONS = (
    ("Invalid value", 'a value must be a number, "text" in quotes, true, false, [ ] or { }'),
    ("Expected newline", "the line goes on after its value; is it a number with , for . perhaps?"),
    ("Invalid statement", 'a line must be key = value, [table] or # comment; quote keys as "é"'),
    ("Expected '='", "a key must be followed by = and a value"),
    ("Invalid initial", "a key is missing, or must be in quotes"),
    ("Unterminated", "a text is not closed; add the quotes at its end"),
    (r"Illegal character '\\n'", "a text is not closed; add the quotes at its end"),
    (r"Found invalid character '\\n'", "a text is not closed; add the quotes at its end"),
    ("Unescaped", r"a \ in a text must be written \\"),
)


def explain(error: tomli.TOMLDecodeError) -> tuple[int, str]:
    """Return the line of an error and a message that says what would be right."""
    # an error at the end of the text belongs to the last line that says something
    line = min(error.lineno, error.doc.rstrip().count("\n") + 1)
    key, start = statement_before(error.doc, error.pos)
    if found := re.match("Duplicate inline table key '(.*)'", error.msg):
        return line, _repeated(found[1])
    if _REPEATED.match(error.msg):
        return start, _repeated(key)
    if found := re.match("Unclosed (array|inline table)", error.msg):
        close = "]" if found[1] == "array" else "}"
        return line, f'not TOML: a , or {close} is missing in "{key}", begun on line {start}'
    reason = next((ours for theirs, ours in _REASONS if error.msg.startswith(theirs)), None)
    return line, f"not TOML: {reason or error.msg[:1].lower() + error.msg[1:]}"


def _repeated(key: str) -> str:
    mend = f"write [[{key}]] for each" if key in ("layers", "samples") else "rename or remove one"
    return f'duplicate name: "{key}" is there already; {mend}'
