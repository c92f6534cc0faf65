"""What is wrong with text that is not TOML, in an author's words instead of a parser's."""

from __future__ import annotations

import re

import tomli

from bptui.preset.lines import statement_before
from bptui.preset.numbers import NumberError, number, plain

_REPEATED = re.compile("Cannot (overwrite|declare|redefine|mutate)")
_NOT_CLOSED = "text is not closed; add the closing quotes"
_BACKSLASH = r"a \ in text must be written \\"
_REASONS = (
    (
        "Invalid value",
        'a value must be a number like 0.5, "text" in quotes, true, false, [ ] or { }',
    ),
    (
        "Expected newline",
        "only a # comment may follow a value or a [table]; a number is written like 0.5",
    ),
    ("Invalid statement", 'a line must be key = value, [table] or # comment; quote keys like "é"'),
    ("Expected '='", "a key must be followed by = and a value"),
    ("Invalid initial", "a key is missing, or needs quotes"),
    ("Unterminated", _NOT_CLOSED),
    ("Expected \"'", _NOT_CLOSED),
    (r"Illegal character '\n'", _NOT_CLOSED),
    (r"Found invalid character '\n'", _NOT_CLOSED),
    ("Unescaped", _BACKSLASH),
    ("Invalid hex", _BACKSLASH),
    ("Escaped character", _BACKSLASH),
    ("Expected ']]'", "close [[table]] with ]]"),
    ("Expected ']'", "close [table] with ]"),
    ("Invalid date", "not a valid date or time; put text in quotes"),
)
"""How tomli's messages begin, and what to say instead."""


def explain(error: tomli.TOMLDecodeError) -> tuple[int, str]:
    """The line of an error, and a message that says what would be right."""
    if found := re.match("Duplicate inline table key '(.*)'", error.msg):
        return error.lineno, _repeated(found[1])
    if _REPEATED.match(error.msg):
        key, line = statement_before(error.doc, error.pos)
        return line, _repeated(key)
    return _line(error), f"not TOML: {_reason(error)}"


def _repeated(key: str) -> str:
    mend = (
        f"write [[{key}]] above each"
        if key in ("layers", "samples")
        else "rename or remove one of the two"
    )
    return f'duplicate name: "{key}"; {mend}'


def _line(error: tomli.TOMLDecodeError) -> int:
    if opening := _never_closed(error):
        return error.doc.count("\n", 0, error.doc.rindex(opening)) + 1
    # what is missing at the end of the text is missing on the last line that says something
    return min(error.lineno, error.doc.rstrip().count("\n") + 1)


def _never_closed(error: tomli.TOMLDecodeError) -> str:
    """The quotes of a text that runs to the end of the document, if they can be found."""
    if found := re.match('Expected "(\'+)"', error.msg):
        return found[1]
    unterminated = error.msg.startswith("Unterminated")
    return '"""' if unterminated and error.doc.count('"""') % 2 else ""


def _reason(error: tomli.TOMLDecodeError) -> str:
    if error.doc.startswith("\r", error.pos):
        return "a carriage return without a line feed; save the file with LF or CRLF"
    if told := _pasted(error) or _bare_key(error):
        return told
    if found := re.match("Unclosed (array|inline table)", error.msg):
        key, line = statement_before(error.doc, error.pos)
        return f'a , or {"]" if found[1] == "array" else "}"} is missing in "{key}" (line {line})'
    for theirs, ours in _REASONS:
        if error.msg.startswith(theirs):
            return ours
    if found := re.search("character ('.*')", error.msg):
        return f"a preset may not contain the character {found[1]}; remove it"
    return error.msg[:1].lower() + error.msg[1:]


def _pasted(error: tomli.TOMLDecodeError) -> str:
    """What stands where it is wrong, if books and other programs write it so."""
    before = _WORD_END.search(error.doc[max(0, error.pos - _LONGEST) : error.pos])
    begin = error.pos - len(before[0] if before else "")
    found = _WORD.match(error.doc, begin, begin + _LONGEST)
    word = found[0].rstrip(",") if found else ""
    if char := next((c for c in word if c in _QUOTES), ""):
        return f'the quotes {char} are not those of the keyboard; write "..." with straight ones'
    if (blank := error.doc[error.pos : error.pos + 1]).isspace() and not blank.isascii():
        return f"the blank U+{ord(blank):04X} is not that of the keyboard; type it anew"
    if comma := _COMMA.fullmatch(word):
        return f"a decimal comma; write {comma[1]}.{comma[2]}"
    if error.msg.startswith("Invalid value") and word.isidentifier():
        small = word.lower() in ("true", "false")
        return f"write {word.lower()}, in small letters" if small else _IN_QUOTES.format(word)
    try:
        number(word)
    except NumberError:
        return ""
    if "/" in (text := plain(word)):
        return f'a fraction goes in quotes: "{text}"'
    if text != word:
        return f"{word} has signs that the keyboard does not have; write {text}"
    if found := re.fullmatch(r"([+-]?)(\d*)\.(\d*)", text):
        return f"a point has digits on both sides: {found[1]}{found[2] or 0}.{found[3] or 0}"
    return ""


def _bare_key(error: tomli.TOMLDecodeError) -> str:
    begin = error.doc.rfind("\n", 0, error.pos) + 1
    found = _KEY.match(error.doc, begin, begin + _LONGEST)
    if not error.msg.startswith("Expected '='") or found is None or _BARE.fullmatch(found[1]):
        return ""
    return f'a key with blanks or signs goes in quotes: "{found[1]}" = ...'


_LONGEST = 100
_WORD = re.compile(r"""[^\s=\[\]{}#"';]+""")
_WORD_END = re.compile(r"""[^\s=\[\]{}#"';]+[ \t]*\Z""")
_QUOTES = "“”„‟‘’‚«»"
_COMMA = re.compile(r"([+-]?\d+),(\d+)")
_KEY = re.compile(r"""[ \t]*([^\s="'#][^\s="#]*(?:[ \t]+[^\s="#]+)*)[ \t]*=""")
_BARE = re.compile(r"[A-Za-z0-9_.-]+")
_IN_QUOTES = 'text goes in quotes: "{}"'
