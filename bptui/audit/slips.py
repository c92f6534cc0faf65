"""Slips: the mistakes that people make in each formula. To add one is to add an entry to `SLIPS`.

A slip is tried on every number that a wrong figure was computed from (`trials`). In what it says,
addresses stand between backticks, so that they can be shown in the article's notation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from bptui.audit import slips_anywhere as anywhere
from bptui.audit import slips_backward as backward
from bptui.audit import slips_forward as forward
from bptui.audit.spot import Found, Spot
from bptui.story.address import Kind


class Slip(Struct, frozen=True):
    """A kind of mistake."""

    cost: int
    """The plainest are the cheapest; of several that fit the cheapest is named."""
    kinds: frozenset[Kind]
    """The numbers that it is made in."""
    find: Callable[[Spot], Iterator[Found]]
    label: str
    """What slips of this kind have in common, in a few words."""
    is_convention: bool = False
    """Whether it is also a convention, so that it is not tried where conventions are."""


def _kinds(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


_FORWARD = _kinds(Kind.NET, Kind.OUT, Kind.SHARE, Kind.LOSS)
_CARRIED = _kinds(Kind.DE_DOUT, Kind.DE_DINPUT)
_DELTAS = _CARRIED | _kinds(Kind.DE_DNET, Kind.DE_DPARAMETER)
_SLOPES = _DELTAS | _kinds(Kind.DOUT_DNET, Kind.DOUT_DNET_OF)
_BATCHED = _kinds(Kind.LOSS, Kind.DE_DOUT, Kind.DE_DPARAMETER)
_UPDATED = _kinds(Kind.PARAMETER, Kind.STEP, Kind.KEPT)
_COMPUTED = _FORWARD | _SLOPES | _UPDATED
SLIPS: tuple[Slip, ...] = (
    Slip(1, _SLOPES | _kinds(Kind.STEP, Kind.NET), anywhere.sign, "a wrong sign"),
    Slip(1, _BATCHED, anywhere.batch, "summed or averaged batch"),
    Slip(1, _DELTAS | _kinds(Kind.SHARE, Kind.LOSS), anywhere.half, "a factor of 2"),
    Slip(1, _kinds(Kind.PARAMETER, Kind.STEP), backward.rate, "the learning rate"),
    Slip(1, _kinds(Kind.PARAMETER), backward.not_updated, "not updated"),
    Slip(2, _COMPUTED, anywhere.terms, "a term of a sum"),
    Slip(2, _COMPUTED, anywhere.factors, "a factor left out"),
    Slip(2, _kinds(Kind.SHARE), anywhere.squares, "a square"),
    Slip(2, _kinds(Kind.NET), forward.nets_for_outs, "net for out"),
    Slip(2, _kinds(Kind.DNET_DPARAMETER), backward.other_feed, "what a weight multiplies"),
    Slip(2, _kinds(Kind.SHARE, Kind.LOSS), forward.logarithm, "another logarithm"),
    Slip(2, _kinds(Kind.DOUT_DNET), backward.other_slope, "another slope"),
    Slip(2, _kinds(Kind.LOSS), anywhere.average, "averaged outputs"),
    Slip(3, _kinds(Kind.PARAMETER, Kind.STEP), backward.odd_rate, "step and learning rate"),
    Slip(3, _COMPUTED, anywhere.doubled, "a factor twice"),
    Slip(3, _kinds(Kind.OUT), forward.other_activation, "another activation"),
    Slip(3, _kinds(Kind.SHARE, Kind.DE_DOUT), forward.other_loss, "another loss"),
    Slip(3, _kinds(Kind.OUT), forward.other_axis, "another axis"),
    Slip(
        3,
        _CARRIED | _kinds(Kind.DNET_DOUT),
        backward.other_time,
        "weights of another time",
        is_convention=True,
    ),
    Slip(3, _kinds(Kind.NET), forward.other_bias, "another bias"),
    Slip(3, _kinds(Kind.NET), forward.transposed, "transposed weights"),
    Slip(3, _CARRIED, backward.back_transposed, "transposed weights"),
    Slip(4, _COMPUTED, anywhere.two_factors, "two factors left out"),
    Slip(4, _kinds(Kind.NET), forward.other_weight, "another weight"),
    Slip(4, _CARRIED, backward.back_weight, "another weight"),
    Slip(4, _kinds(Kind.DE_DPARAMETER), backward.other_delta, "another delta"),
)
"""Every kind of slip, the plainest first."""
