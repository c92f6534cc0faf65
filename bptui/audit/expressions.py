"""Arithmetic that an author gives for a figure: numbers, addresses and `printed(out o1)`.

0.7*0.35 + 0.6*0.3275 + 0.9        sigmoid(printed(net o1))        w5 - 0.1 * dE/dw5

A number is a number, also where a neuron is called so: that has its word, as in out 4 or input 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bptui.audit.figures import parse_is
from bptui.engine.functions import ACTIVATIONS
from bptui.story.address import AddressError, Quantity
from bptui.story.formula import (
    FUNCTIONS,
    Call,
    Const,
    Formula,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
)
from bptui.story.moment import Moment, MomentError
from bptui.story.setup import Setup
from bptui.story.symbols import parameter_symbol, written

MOST = 400
"""Characters of an expression."""
DEEP = 40
"""Brackets within brackets."""


class ExpressionError(ValueError):
    """Not arithmetic over numbers and addresses; the message says what would be right."""


PRINTED = "printed"
"""The age of a reference to what was printed."""
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SIGNS = str.maketrans(
    {"×": "*", "·": "*", "−": "-", "÷": "/", "²": "^2", "½": "(1/2)", "σ": "sigmoid"}
)


def parse_expression(text: str, where: Setup, here: Moment, sample: int | None = None) -> Formula:
    """The formula that an expression means; what it takes as printed has the age `PRINTED`.

    Args:
        text: what is written.
        where: the setup whose addresses it has.
        here: the moment that they are of, unless they say another.
        sample: the one that is meant where none is named, and with which a neuron's name alone
            means its input or its output; None where addresses are to be written in full.

    Raises:
        ExpressionError: it is not arithmetic, or names what is not there.
    """
    if len(text) > MOST:
        raise ExpressionError(f"the expression has {len(text)} characters; the limit is {MOST}")
    parser = _Parser(text.translate(_SIGNS).replace("**", "^"), where, here, sample)
    formula = parser.sum()
    if parser.rest:
        raise ExpressionError(f'"{parser.rest}" is not expected here in "{text}"')
    return formula


class _Parser:
    def __init__(self, text: str, where: Setup, here: Moment, sample: int | None) -> None:
        self._text, self._where, self._here, self._sample = text, where, here, sample
        self._at = self._depth = 0

    @property
    def rest(self) -> str:
        return self._text[self._at :].strip()

    def _takes(self, signs: str) -> str:
        """Take one of some signs if it comes next."""
        rest = self.rest
        if not rest or rest[0] not in signs:
            return ""
        self._at = self._start + 1
        return rest[0]

    @property
    def _start(self) -> int:
        """Where what comes next begins."""
        return len(self._text) - len(self._text[self._at :].lstrip())

    def sum(self) -> Formula:
        found = self._product()
        while sign := self._takes("+-"):
            other = self._product()
            if sign == "-":
                found = Minus(found, other)
            else:
                found = Sum((*(found.terms if isinstance(found, Sum) else (found,)), other))
        return found

    def _product(self) -> Formula:
        found = self._signed()
        while sign := self._takes("*/"):
            other = self._signed()
            if sign == "/":
                found = Quotient(found, other)
            else:
                inner = found.factors if isinstance(found, Product) else (found,)
                found = Product((*inner, other))
        return found

    def _signed(self) -> Formula:
        if self._takes("-"):
            return Minus(None, self._signed())
        base = self._atom()
        return Power(base, self._signed()) if self._takes("^") else base

    def _atom(self) -> Formula:
        if self._takes("("):
            return self._closed(self.sum)
        rest = self.rest
        start = self._start
        call = re.match(r"([A-Za-z_]\w*)\s*\(", rest)
        if call and call[1] in (PRINTED, *FUNCTIONS, *_ACTIVATIONS):
            self._at = start + call.end()
            if call[1] == PRINTED:
                return self._closed(self._printed)
            return _called(call[1], self._closed(self.sum))
        if (reference := self._address(rest)) is not None:
            ref, length = reference
            self._at = start + length
            return ref
        if number := _NUMBER.match(rest):
            self._at = start + number.end()
            return Const(float(number[0]))
        if power := re.match(r"e\s*\^", rest):
            self._at = start + power.end()
            return Call("exp", (self._signed(),))
        told = f'"{rest}"' if rest else "the end"
        examples = '"0.7*0.35 + 0.9" or "sigmoid(net o1)"'
        if self._sample is None:
            examples = '"0.7*0.35 + 0.9", "sigmoid(net o1)" or "printed(out o1)"'
        raise ExpressionError(
            f"{told} is neither a number nor an address; expressions look like {examples}"
        )

    def _closed(self, inside: Callable[[], Formula]) -> Formula:
        self._depth += 1
        if self._depth > DEEP:
            raise ExpressionError(f"nested too deeply; the limit is {DEEP} brackets")
        found = inside()
        if not self._takes(")"):
            raise ExpressionError(f'a ")" is missing in "{self._text}"')
        self._depth -= 1
        return found

    def _printed(self) -> Formula:
        rest, told = self.rest, ""
        for found in re.finditer(r"\)|$", rest):  # a name may have brackets of its own
            try:
                quantity, moment = parse_is(rest[: found.start()], self._where, self._here)
            except (AddressError, MomentError) as error:
                told = told or str(error)
                continue
            self._at = self._start + found.start()
            return Ref(quantity, moment, 0.0, PRINTED)
        raise ExpressionError(told)

    def _address(self, rest: str) -> tuple[Ref, int] | None:
        """The longest address that comes next, and its length."""
        ends = [m.start() for m in re.finditer(r"[\s+\-*/^()]|$", rest[:80])]
        for end in reversed(ends):
            text = rest[:end]
            if not text.strip() or text != text.rstrip() or _NUMBER.fullmatch(text):
                continue
            if (found := self._meant(text)) is None:
                continue
            quantity, moment = found
            known = quantity.form.known
            if known is not None:
                moment = Moment.of(moment.iteration, known)
            return Ref(quantity, moment, 0.0), end
        return None

    def _meant(self, text: str) -> tuple[Quantity, Moment] | None:
        """What a text names, in full or, where that will do, in short."""
        ways = [text]
        if self._sample is not None:
            at = f" @{self._sample}" if self._sample else ""
            ways += [f"{text}{at}", f"input {text}{at}", f"out {text}{at}"]
        for way in ways:
            try:
                return parse_is(way, self._where, self._here)
            except (AddressError, MomentError):
                continue
        return None


_ACTIVATIONS = frozenset(name for name, entry in ACTIVATIONS.items() if entry.other_slope is None)


def _called(name: str, argument: Formula) -> Formula:
    if name in FUNCTIONS:
        return Call(name, (argument,))
    entry = ACTIVATIONS[name]
    names = {key: parameter_symbol(key, value) for key, value in entry.parameters.items()}
    formula = written(entry.out, {**names, "net": argument})
    assert formula is not None  # an activation of one net input is arithmetic
    return formula
