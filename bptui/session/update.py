"""The one way from a session to the next: what each message means, and what is to be done."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session import effects as e
from bptui.session import hunt
from bptui.session import messages as c
from bptui.session.branches import compare, compare_with, redo, undo
from bptui.session.choosing import choose
from bptui.session.effects import Effect
from bptui.session.jobs import end, go, search, stop, work
from bptui.session.keys import key_for
from bptui.session.messages import Ask, Message, Page, Panel, Picture
from bptui.session.parts import DIGITS, SPEEDS, Lasting, Prompting
from bptui.session.picker import Picker, update_picker
from bptui.session.predict import update_prediction
from bptui.session.prompts import ask, update_prompt
from bptui.session.rereading import reread
from bptui.session.returning import remembered, returned
from bptui.session.saving import allowed, asks_to_save, save, told_saved
from bptui.session.selecting import point, show, step, visit, walk
from bptui.session.session import Session
from bptui.session.unchanged import told_in_prompt, told_unchanged
from bptui.session.why import why
from bptui.story.address import parse_quantity
from bptui.story.conditions import ConditionError, parse_condition
from bptui.story.steps import Granularity

Shown = Session | Picker
"""Whatever the screen can show."""

PROJECTED_DIGITS = 4
WHILE_BUSY = (
    c.Close,
    c.Turn,
    c.Show,
    c.Flip,
    c.Depict,
    c.NextDigits,
    c.Sample,
    c.Meaningless,
    c.OpenList,
    c.Suspend,
    c.Quit,
)
"""What works while a job runs: looking at it, stopping it, leaving."""
_PICTURED = 8
"""Results for pictures that are kept."""
_QUIET = (c.Continue, c.Audited, c.Pictured, c.Listed)
"""These leave the status line as it is."""
OF_ITSELF = (*_QUIET, c.Tick, c.Said, c.Failed, c.Saved, c.NotSaved, c.NotReread)
"""What no key has asked for."""


_AUDITED = (Page.FIGURES, Page.MISTAKE)
"""Pages of what the audit has found."""
_LOOKING = (c.Turn, c.Show, c.Move, c.Scroll, c.Select)
"""What works while a number is asked for."""


def update(shown: Shown, message: Message) -> tuple[Shown, tuple[Effect, ...]]:
    """The one way from what is shown to what is shown next; effects are done outside."""
    message = allowed(shown, message)
    match message:
        case c.Resize(width, height):
            return replace(shown, size=(width, height)), ()
        case c.Quit() | c.Suspend() | c.Reread():
            return shown, (message,)
        case c.OpenList() if isinstance(shown, Session):
            return _list(shown), (e.ListPresets(),)
        case c.Run(command) if isinstance(shown, Session):
            after, effects = update(replace(shown, prompt=None), command)
            return after, effects if e.Keep() in effects else (*effects, e.Keep())
        case c.Copy(text, told) if isinstance(shown, Session):
            return replace(shown, prompt=None, said=told), (e.Copy(text), e.Keep())
        case c.Audited() if isinstance(shown, Picker) and shown.behind is not None:
            return replace(shown, behind=_update_session(shown.behind, message)), ()
    if isinstance(shown, Session) and asks_to_save(shown, message):
        return save(shown)
    if isinstance(message, c.Rebuilt):
        after, effects = reread(shown, message)
    elif isinstance(shown, Picker):
        after, effects = update_picker(shown, message)
    else:
        after, effects = _answering(shown, message), ()
    if isinstance(after, Session):
        effects = (*effects, *_to_do(shown, after, message))
    return after, effects


def _list(session: Session) -> Picker:
    return Picker(
        entries=(),
        behind=session,
        size=session.size,
        braille=session.braille,
        served=session.served,
        projector=session.projector,
        digits=PROJECTED_DIGITS if session.projector else session.preferences.digits,
        preferences=session.preferences,
    )


def _to_do(shown: Shown, after: Session, message: Message) -> tuple[Effect, ...]:
    effects: list[Effect] = []
    if after.job is not None:
        effects.append(e.GoOn())
    if after.playing and (
        not (isinstance(shown, Session) and shown.playing) or isinstance(message, c.Tick)
    ):
        effects.append(e.TickIn(1 / SPEEDS[after.speed]))
    if after.audit is None and (after.page in _AUDITED or after.wonders):
        effects.append(e.Audit())
    if after is not shown:
        effects.append(e.Keep())
    return tuple(effects)


def _answering(session: Session, message: Message) -> Session:
    """The session after a message; a key that changes nothing is told why."""
    after = remembered(session, _update_session(session, message), message)
    if isinstance(message, OF_ITSELF) or after.said or _changes(session, after):
        return after
    if after.prompt is not None:
        return replace(after, prompt=replace(after.prompt, error=told_in_prompt(message)))
    return replace(after, said=told_unchanged(session, message))


def _changes(session: Session, after: Session) -> bool:
    """Whether there is anything new to see."""
    fields = {*Lasting.__struct_fields__, "playing", "job"} - {"said"}
    return any(getattr(session, field) != getattr(after, field) for field in fields)


def _update_session(session: Session, message: Message) -> Session:
    if session.said and not isinstance(message, _QUIET):
        session = replace(session, said="")
    if session.ignored and not isinstance(message, (*OF_ITSELF, c.Ignore)):
        session = replace(session, ignored="")
    match message:
        case c.Continue(iterations, seconds):
            return _work(session, iterations, seconds)
        case c.Said(text):
            return replace(session, said=text)
        case c.Failed(text):
            return failed(session, text)
        case c.NotReread(text):
            return _told(session, text)
        case c.Saved(path):
            return replace(session, prompt=None, said=told_saved(session, path))
        case c.NotSaved(told, exists):
            prompt = session.prompt and replace(session.prompt, error=told, sure=exists)
            return replace(session, prompt=prompt)
        case c.Audited(setup, told, audit):
            if setup is not session.printed_setup:
                return session
            return replace(session, auditing=told, audit=audit)
        case c.Pictured(task, result):
            kept = [pair for pair in session.pictured if pair[0] != task]
            return replace(session, pictured=((task, result), *kept[: _PICTURED - 1]))
        case c.Ignore(text):
            return _ignored(session, text)
        case c.Tick():
            goes_on = session.playing and session.page is None
            return step(session, 1) if goes_on else session
    return _follow(session, message)


def failed(session: Session, told: str) -> Session:
    """Stop everything after a failure, and say so."""
    return _told(replace(session, playing=False, job=None), told)


def _told(session: Session, told: str) -> Session:
    """Say something where it is seen."""
    if session.prompt is not None:
        return replace(session, prompt=replace(session.prompt, error=told))
    return replace(session, said=told)


def _ignored(session: Session, text: str) -> Session:
    """Ignore what is typed ahead: it was meant for a prompt and must not act as commands."""
    typed = (session.ignored + text)[-40:] if text else ""
    return _told_ignored(replace(session, ignored=typed))


def _told_ignored(session: Session) -> Session:
    ignored, told = session.ignored, ""
    if ignored and session.job is not None:
        stops = key_for(session.preferences, "close")
        told = f"Ignored while running: {ignored}; {stops} stops the run"
    elif ignored:
        told = f"Ignored: {ignored}; enter ends the line"
    return replace(session, said=told)


def _work(session: Session, iterations: int, seconds: float) -> Session:
    """Continue the job; what was said of a key meanwhile ends with it."""
    after = work(session, iterations, seconds)
    ended = after.job is None and session.job is not None
    return _told_ignored(after) if ended and after.said == session.said else after


def _follow(session: Session, message: Message) -> Session:
    if session.prompt is not None:
        if session.prompt.ask is Ask.PREDICTION:
            return _predict(session, session.prompt, message)
        return update_prompt(session, session.prompt, message)
    if session.job is not None and not isinstance(message, WHILE_BUSY):
        return replace(session, said=f"Running; {key_for(session.preferences, 'close')} stops it")
    if isinstance(message, c.Meaningless):
        return replace(session, said=message.told)
    if session.page is not None:
        return _update_page(session, message)
    return _update_panels(session, message)


def _predict(session: Session, prompt: Prompting, message: Message) -> Session:
    """The session after a message while a number is asked for: one can still look around."""
    if isinstance(message, _LOOKING):
        return _update_panels(session, message)
    after = update_prediction(session, prompt, message)
    return update_prompt(session, prompt, message) if after is None else after


def _update_panels(session: Session, message: Message) -> Session:
    match message:
        case c.Step() | c.Travel() | c.Jump() | c.End() | c.Find():
            return _travel(stop(session) if session.playing else session, message)
        case c.Play() | c.Faster():
            return _play(session, message)
        case c.Undo(edits):
            return undo(session) if edits > 0 else redo(session)
        case c.Prompt(ask_for, text):
            return ask(session, ask_for, text)
        case c.Refine(grains):
            order = list(Granularity)
            place = min(max(order.index(session.granularity) + grains, 0), len(order) - 1)
            return replace(session, granularity=order[place])
        case c.Move() | c.Select() | c.Scroll():
            return point(session, message)
        case c.Turn(panels):
            order_of_panels = list(Panel)
            place = order_of_panels.index(session.panel) + panels
            return show(session, order_of_panels[place % len(order_of_panels)])
        case c.Show(panel):
            return show(session, panel)
        case c.Enter() | c.Back() | c.View():
            return walk(session, message)
        case c.Visit(address, moment):
            return visit(session, parse_quantity(address, session.setup), moment)
        case c.Return(jumps):
            return returned(session, jumps)
        case c.Why():
            return why(session)
        case _:
            return _look(session, message)


def _travel(session: Session, message: Message) -> Session:
    match message:
        case c.Step(steps):
            return step(session, steps)
        case c.Travel(iterations):
            return go(session, session.moment.plus(3 * iterations))
        case c.Jump(moment):
            return go(session, moment)
        case c.Find(moments):
            return _find(session, moments)
        case _:
            return go(session, end(session))


def _find(session: Session, moments: int) -> Session:
    """Repeat the last search, if this network has what it names."""
    if not session.condition:
        starts = key_for(session.preferences, "find")
        return replace(session, said=f"No search yet; {starts} starts one")
    setup = session.setup
    try:
        condition = parse_condition(session.condition, setup)
    except ConditionError as error:
        return replace(session, said=str(error))
    return search(session, condition, forwards=moments > 0)


def _play(session: Session, message: c.Play | c.Faster) -> Session:
    if isinstance(message, c.Play):
        stop, close = (key_for(session.preferences, action) for action in ("play", "close"))
        said = "Stopped" if session.playing else f"Playing; {stop} or {close} stops it"
        return replace(session, playing=not session.playing, said=said)
    speed = min(max(session.speed + message.grades, 0), len(SPEEDS) - 1)
    return replace(session, speed=speed, said=f"Speed: {SPEEDS[speed]:g} phases a second")


_FLIPPED = {
    "log": ("Loss chart: linear", "Loss chart: logarithmic"),
    "whole": ("Long sums: shortened", "Long sums: in full"),
    "zoomed": ("", ""),
    "as_printed": ("The right numbers again", "The article's own numbers; {key}: the right ones"),
}
"""What is said when an option is off, and when it is on."""


def _look(session: Session, message: Message) -> Session:
    match message:
        case c.Flip("compared"):
            return compare(session)
        case c.Sample(samples):
            count = len(session.state.batch.numbers)
            sample = (session.sample - 1 + samples) % count + 1
            return replace(session, sample=sample, trail=(), cursor=None, scroll=0)
        case c.Flip("projector"):
            return projected(session, on=not session.projector)
        case c.Flip("as_printed") if not session.printed_setup.preset.expected:
            return replace(session, said="This preset has no printed figures")
        case c.Flip(option):
            on = not getattr(session, option)
            said = _FLIPPED[option][on]
            if "{key}" in said:
                said = said.format(key=key_for(session.preferences, option))
            return replace(session, said=said, **{option: on})
        case c.Depict(pictures):
            order = list(Picture)
            place = order.index(session.shown_picture) + pictures
            picture = order[place % len(order)]
            said = f"Chart panel: {picture.value}"
            return replace(session, picture=picture, second=Panel.CHART, said=said)
        case c.NextDigits():
            place = DIGITS.index(session.digits) if session.digits in DIGITS else -1
            return replace(session, digits=DIGITS[(place + 1) % len(DIGITS)])
        case c.Toggle(Page.MISTAKE) if session.page is not Page.MISTAKE:
            return hunt.begin(session)
        case c.Toggle(page):
            line = session.here if page is Page.BRANCHES else session.lines.get(page, 0)
            return replace(session, page=None if page is session.page else page, line=line)
        case c.Close() if session.job is not None or session.playing:
            return stop(session)
        case c.Close() if session.trail:
            said = f"Card closed; {session.selected} is still selected"
            return replace(session, trail=(), cursor=None, scroll=0, said=said)
        case c.Close() if session.by_hand:
            said = "What a step computes is selected again"
            return replace(show(session, Panel.DIAGRAM), by_hand=False, said=said)
        case c.Close():
            return show(session, Panel.DIAGRAM)
        case _:
            return session


def projected(session: Session, *, on: bool) -> Session:
    """The session for a projector (four digits everywhere), or for a screen."""
    if on == session.projector:
        return replace(session, digits=PROJECTED_DIGITS) if on else session
    if on:
        before = session.digits
        return replace(session, projector=True, digits=PROJECTED_DIGITS, digits_before=before)
    return replace(session, projector=False, digits=session.digits_before)


def _update_page(session: Session, message: Message) -> Session:
    match message:
        case c.Close():
            return replace(session, page=None, line=0)
        case c.Enter() if session.page in LISTS:
            return choose(session)
        case c.Scroll(by, last):
            line = min(max(session.line + by, 0), max(last, 0))
            lines = session.lines
            if session.page in LISTS and line != session.line:
                lines = {**lines, session.page: line}
            return replace(session, line=line, lines=lines)
        case c.Toggle():
            return _look(session, message)
        case c.NextDigits():
            there = _look(session, message)
            words = {0: "as many as fit", DIGITS[-1]: "all"}
            return replace(there, said=f"Decimals: {words.get(there.digits, there.digits)}")
        case c.Flip("projector"):
            there = _look(session, message)
            return replace(there, said=f"Projector: {'on' if there.projector else 'off'}")
        case c.Return(jumps):
            there = returned(session, jumps)
            return there if there is session else replace(there, page=None, line=0)
        case c.Prompt(Ask.COMMAND | Ask.QUESTIONS as what):
            return ask(session, what)
        case c.Flip("compared") if session.page is Page.BRANCHES:
            return compare_with(session, session.line)
        case c.Undo(edits) if session.page in (Page.BRANCHES, Page.CONVENTIONS):
            there = undo(session) if edits > 0 else redo(session)
            return replace(there, line=there.here) if there.page is Page.BRANCHES else there
        case _:
            closes = key_for(session.preferences, "close")
            return replace(session, said=f"Not on this page; {closes} closes it")


LISTS = (Page.FIGURES, Page.BRANCHES, Page.CONVENTIONS, Page.CHECK, Page.MISTAKE)
"""Pages with a cursor."""
