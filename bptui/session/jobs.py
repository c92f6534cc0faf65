"""Going to moments: near ones at once, far ones as a job that esc can stop."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session.following import followed
from bptui.session.parts import Job
from bptui.session.pruning import pruned
from bptui.session.session import Session
from bptui.story.conditions import Condition, history, hits_in
from bptui.story.moment import LARGEST, START, Moment, Phase
from bptui.story.neighbours import is_neuron
from bptui.story.non_finite import divergence, first_non_finite

LIMIT = 100_000
"""The most iterations that a search or a run looks through, unless the user asks for more."""


def spelled(moment: Moment) -> str:
    """A moment in a sentence: `the start`, `iteration 5, forward`."""
    if moment.phase is None:
        return "the start"
    return f"iteration {moment.iteration:,}, {moment.phase.label}"


def arrive(session: Session, moment: Moment, left: int = 0) -> Session:
    """Go to a moment of the branch shown, without a job."""
    job, branch = session.job, session.branch
    begun = session.computed_losses
    if job is not None:
        begun = 0 if job.begun == START else job.begun.iteration
    there = replace(session, moment=moment, left=left, trail=(), cursor=None, scroll=0, aim=0)
    network = there.setup.network
    if not is_neuron(network, there.selected) and there.selected not in network.slots:
        there = replace(there, selected=network.layers[0].neurons[0], by_hand=False)
    if not there.by_hand:
        there = followed(there)
    seen = there.computed_losses
    reached = max(branch.reached, seen)
    overrun = max(branch.overrun, seen) if seen > begun + 1 else branch.overrun
    if (reached, overrun) != (branch.reached, branch.overrun):
        branches = [*there.branches]
        branches[there.here] = replace(branch, reached=reached, overrun=overrun)
        return replace(there, branches=tuple(branches))
    return there


def end(session: Session) -> Moment:
    """The furthest moment reached on the branch."""
    return max(session.moment, Moment.of(max(session.branch.reached, 1), Phase.UPDATE))


def go(session: Session, moment: Moment) -> Session:
    """Go to a moment; a far one that was never run becomes a job."""
    if moment.iteration > LARGEST:
        return replace(session, said=f"The last possible iteration is {LARGEST:,}")
    timeline = session.timeline
    if moment.iteration > timeline.ran + timeline.pace:
        return _begin(session, Job(moment, session.moment, timeline.ran))
    timeline.run(moment.iteration)
    broken = timeline.diverged
    if broken is not None and session.moment < Moment.of(broken, Phase.FORWARD) <= moment:
        return _diverged(session, broken, stays=False)
    return arrive(session, moment)


def completed(moment: Moment) -> int:
    """How many iterations are complete, with their update, at a moment."""
    return moment.iteration - (moment.phase is not Phase.UPDATE)


def run(session: Session, iterations: int, condition: Condition | None = None) -> Session:
    """Run some iterations, or fewer if a condition holds earlier."""
    last = completed(session.complete) + iterations
    if last > LARGEST:
        return replace(session, said=f"The last possible iteration is {LARGEST:,}")
    begun = _first_after(session.complete, condition)
    job = Job(Moment.of(last, Phase.UPDATE), session.moment, begun - 1, condition)
    return _begin(session, job)


def search(session: Session, condition: Condition, *, forwards: bool) -> Session:
    """Go to the next moment at which a condition holds, or to the previous one."""
    session = replace(session, condition=str(condition))
    begun = _first_after(session.complete, condition)
    if not forwards:
        done = begun
        if done > 1 and condition.moment(done - 1) == session.moment:
            done -= 1
        return _begin(session, Job(START, session.moment, done, condition, stays=True))
    last = Moment.of(min(begun + LIMIT - 1, LARGEST), Phase.UPDATE)
    return _begin(session, Job(last, session.moment, begun - 1, condition, stays=True))


def _first_after(moment: Moment, condition: Condition | None) -> int:
    """The first iteration after a moment in which a condition is tested."""
    if condition is None:
        return completed(moment) + 1
    later = moment == START or condition.moment(moment.iteration) > moment
    return moment.iteration if later else moment.iteration + 1


def stop(session: Session) -> Session:
    """Stop the job or the playing; what was done stays."""
    job = session.job
    if job is None:
        return replace(session, playing=False)
    what = "Search stopped" if job.stays else "Stopped"
    return replace(session, job=None, said=f"{what} after iteration {job.done:,}")


def _begin(session: Session, job: Job) -> Session:
    return replace(pruned(session), job=job, playing=False, said="")


def work(session: Session, iterations: int, seconds: float) -> Session:
    """Continue the job for some iterations; it may end.

    Args:
        session: what has the job.
        iterations: how many to run or to look through.
        seconds: how long it was worked on so far.
    """
    if session.job is None:
        return session
    return _slice(session, replace(session.job, elapsed=seconds), iterations)


def _slice(session: Session, job: Job, size: int) -> Session:
    if job.last == START and job.condition is not None:
        return _slice_back(session, job, job.condition, size)
    timeline = session.timeline
    first, last = job.done + 1, min(job.done + size, job.last.iteration)
    timeline.run(last)
    broken = timeline.diverged
    sound = last if broken is None else min(last, broken - 1)
    if job.condition is not None and sound >= first:
        hits = hits_in(timeline, job.condition, first, sound)
        if len(hits):
            return _found(session, job.condition, int(hits[0]))
    if sound < last:
        return _diverged(session, sound + 1, stays=job.stays)
    if last < job.last.iteration:
        going = replace(session, job=replace(job, done=last))
        return going if job.stays else arrive(going, Moment.of(last, Phase.UPDATE))
    return _finished(session, job)


def _slice_back(session: Session, job: Job, condition: Condition, size: int) -> Session:
    first = max(1, job.done - size)
    hits = hits_in(session.timeline, condition, first, job.done - 1)
    if len(hits):
        return _found(session, condition, int(hits[-1]))
    if first == 1:
        said = f"{condition} does not hold before this moment"
        return replace(session, job=None, said=said)
    return replace(session, job=replace(job, done=first))


def _found(session: Session, condition: Condition, iteration: int) -> Session:
    moment = condition.moment(iteration)
    there = replace(arrive(session, moment), job=None)
    value = history(there.timeline, condition.quantity, iteration, iteration)[0]
    said = f"{condition} holds: {condition.quantity} = {value:.9g} at {spelled(moment)}"
    return replace(there, said=said)


def _diverged(session: Session, iteration: int, *, stays: bool) -> Session:
    """Stop before an iteration whose numbers become non-finite."""
    stopped = session
    if not stays:
        before = START if iteration == 1 else Moment.of(iteration - 1, Phase.UPDATE)
        stopped = arrive(session, before)
    said = divergence(*first_non_finite(session.timeline, iteration))
    return replace(stopped, job=None, said=f"Training diverges: {said}")


def _finished(session: Session, job: Job) -> Session:
    if job.stays:
        said = f"{job.condition} does not hold up to iteration {job.last.iteration:,}"
        return replace(session, job=None, said=said)
    there = replace(arrive(session, job.last), job=None)
    if job.condition is not None:
        said = f"Stopped after iteration {job.last.iteration:,}; {job.condition} never held"
        return replace(there, said=said)
    return there
