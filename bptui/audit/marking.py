"""Marks: the audit with somebody's answers as its figures, and points for them.

An answer that follows rightly from earlier answers of the same sheet has its points, and what one
mistake gives in several places costs points only once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bptui.audit.budget import Budget
from bptui.audit.figures import origin
from bptui.audit.findings import Audit, Auditor, Finding
from bptui.audit.flags import Marks, flags
from bptui.audit.graph import Graph, Key, Shared
from bptui.audit.judging import Stands, as_figure, follow_through, read_number, stands
from bptui.audit.scheme import Asked, afford, parse_asked
from bptui.preset.errors import Fault
from bptui.preset.sheet import Answer, Broken, Sheet
from bptui.story.address import AddressError, Kind
from bptui.story.by_hand import Place, by_hand
from bptui.story.moment import START, MomentError
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline

MOST_ROOTS, PART = 24, 10
"""So many mistakes on a sheet are looked into, or one for so many answers.

A fault of a program shows in every iteration of its trace.
"""

_EARN = (Stands.RIGHT, Stands.FOLLOWS, Stands.REPEATED)


class Question(Struct, frozen=True):
    """A number that is asked for."""

    key: Key
    name: str
    """Its address, with its moment where several are asked for."""
    points: float
    exact: float


class Mark(Struct, frozen=True):
    """What one answer is worth, and why."""

    question: Question
    text: str
    """As it was written."""
    stands: Stands
    points: float = 0.0
    finding: Finding | None = None
    """What the audit says of it; None if there is no number."""
    flag: str = ""
    """What a person should look at."""
    like: str = ""
    """Of a repeated slip, the answer in which it was made first."""


class Marked(Struct, frozen=True):
    """A sheet with its marks, in the order of a calculation by hand."""

    sheet: Sheet
    marks: tuple[Mark, ...]
    broken: tuple[Broken, ...]
    """The lines that could not be read."""

    @property
    def points(self) -> float:
        return sum(mark.points for mark in self.marks)

    @property
    def of(self) -> float:
        return sum(mark.question.points for mark in self.marks)

    @property
    def first(self) -> Mark | None:
        """The first wrong answer."""
        return next(
            (mark for mark in self.marks if mark.stands in (Stands.SLIP, Stands.WRONG)), None
        )

    @property
    def flags(self) -> tuple[str, ...]:
        return tuple(f"{mark.question.name}: {mark.flag}" for mark in self.marks if mark.flag)


class Marker:
    """Marks the sheets of one exercise; what does not depend on a sheet is worked out once."""

    def __init__(self, setup: Setup, sheets: Sequence[Sheet]) -> None:
        self.setup, self._marking = setup, setup.preset.marking
        self._timeline, self._shared = Timeline(setup), Shared()
        self._budget = Budget(setup.preset)
        self._meant: dict[tuple[str, str], Asked | str] = {}
        self._exact = Graph(self._timeline, (), shared=self._shared).exact
        self._named: dict[Key, Question] = {}
        self.questions: Mapping[Key, Question] = self._questions(sheets)

    def _key(self, asked: Asked) -> Key:
        quantity, moment = asked
        return quantity, origin(quantity, moment, self.setup.network)

    def _questions(self, sheets: Sequence[Sheet]) -> dict[Key, Question]:
        """What is asked for, in the order of a calculation by hand."""
        marking, setup = self._marking, self.setup
        worth = {self._key(parse_asked(a, "", setup)): p for a, p in marking.points.items()}
        if marking.ask:
            keys = dict.fromkeys(self._key(parse_asked(text, "", setup)) for text in marking.ask)
        else:
            pairs = {(a.address, a.when) for sheet in sheets for a in sheet.answers}
            meant = (self.meant(*pair) for pair in sorted(pairs))
            keys = dict.fromkeys(self._key(asked) for asked in meant if not isinstance(asked, str))
            keys = {key: None for key in keys if key in worth or not _is_given(key)}
            keys |= dict.fromkeys(worth)
        ordered = sorted(keys, key=self._place)
        often: dict[object, int] = {}
        for quantity, _ in ordered:
            often[quantity] = often.get(quantity, 0) + 1
        return {
            key: Question(
                key,
                str(key[0]) if often[key[0]] == 1 else f"{key[0]} at {key[1]}",
                worth.get(key, 1.0),
                self._exact(key),
            )
            for key in ordered
        }

    def meant(self, address: str, when: str = "") -> Asked | str:
        """What an address on a sheet means, or what is wrong with it."""
        if (address, when) not in self._meant:
            try:
                asked = parse_asked(address, when, self.setup)
                afford(self._budget, asked)
                self._meant[address, when] = asked
            except Fault as fault:
                self._meant[address, when] = fault.message
            except (AddressError, MomentError) as error:
                self._meant[address, when] = str(error)
        return self._meant[address, when]

    def not_understood(self, sheet: Sheet) -> Iterator[str]:
        """Yield what is wrong with columns of a class."""
        for answer in sheet.answers if sheet.header else ():
            if isinstance(told := self.meant(answer.address, answer.when), str):
                yield told

    def mark(self, sheet: Sheet) -> Marked:
        """The marks of a sheet."""
        given, broken = self._given(sheet)
        numbers = {key: n for key, a in given.items() if (n := read_number(a.text))}
        figures = {
            key: as_figure(*key, text, self._exact(key), self._marking)
            for key, text in numbers.items()
        }
        graph = Graph(self._timeline, figures.values(), shared=self._shared)
        follow = follow_through(graph, self._marking)
        stand = {key: stands(figure, follow.standing(figure)) for key, figure in figures.items()}
        coarse = [figures[key] for key, how in stand.items() if how is Stands.COARSE]
        most = max(MOST_ROOTS, len(figures) // PART)
        audit = Auditor(self.setup, follow).with_first_slips(most, coarse)
        found = dict(zip(figures, audit.findings, strict=True))
        marks = tuple(self._marks(given, stand, found, audit))
        flagged = flags(Marks(self.setup, marks, audit, follow))
        marks = tuple(replace(mark, flag=flagged.get(mark.question.key, "")) for mark in marks)
        return Marked(sheet, marks, broken)

    def _given(self, sheet: Sheet) -> tuple[dict[Key, Answer], tuple[Broken, ...]]:
        """The answers by what they are of, in the order of a calculation; the last one counts."""
        given: dict[Key, Answer] = {}
        broken = list(sheet.broken)
        for answer in sheet.answers:
            asked = self.meant(answer.address, answer.when)
            if isinstance(asked, str):
                if not sheet.header:  # else it is told of the column, once
                    broken.append(Broken(answer.line, asked))
            elif answer.text or self._key(asked) not in given:
                given[self._key(asked)] = answer
        ordered = sorted(given, key=self._place)
        return {key: given[key] for key in ordered}, tuple(broken)

    def _marks(
        self,
        given: Mapping[Key, Answer],
        stand: Mapping[Key, Stands],
        found: Mapping[Key, Finding],
        audit: Audit,
    ) -> Iterator[Mark]:
        """Yield the mark of each question, and of each wrong number that was not asked for."""
        extra = {
            key: Question(key, str(key[0]), 0.0, finding.exact)
            for key, finding in found.items()
            if key not in self.questions and finding.is_root
        }
        every = sorted([*self.questions.items(), *extra.items()], key=lambda p: self._place(p[0]))
        same = _repeated(audit)
        for key, question in every:
            text = given[key].text if key in given else ""
            finding = found.get(key)
            if finding is None:
                yield Mark(question, text, Stands.UNREADABLE if text else Stands.BLANK)
                continue
            how, first = stand[key], same.get(id(finding.printed))
            if how is Stands.WRONG and finding.slip:
                again = first is not None and self._marking.follow_through
                how = Stands.REPEATED if again else Stands.SLIP
            earns = how in _EARN and (how is Stands.RIGHT or self._marking.follow_through)
            points = question.points if earns else 0.0
            like = "" if first is None else str(first.printed.quantity)
            yield Mark(question, text, how, points, finding, like=like)

    def _place(self, key: Key) -> Place:
        return by_hand(*key, self.setup)


def _is_given(key: Key) -> bool:
    return key[1] == START or key[0].kind in (Kind.INPUT, Kind.TARGET)


def _repeated(audit: Audit) -> dict[int, Finding]:
    """The findings of a slip made before in a number of the same kind, with the first of these."""
    found: dict[int, Finding] = {}
    for root in audit.roots:
        first: dict[Kind, Finding] = {}
        for finding in root.findings:
            other = first.setdefault(finding.printed.quantity.kind, finding)
            if other is not finding and finding.slip:
                found[id(finding.printed)] = other
    return found
