"""A lecture of Mazur's example, key by key, at the size of a projector's terminal."""

from __future__ import annotations

from bptui.session import messages as c
from bptui.tui.offscreen import Offscreen
from bptui.view.rows import to_text
from tests.sessions import shipped

MOST = 30
"""Keys for the whole lecture."""
LECTURE = (
    # the network is presented, with its inputs, weights and targets
    ("", "i1", "w5  0.4", "target 0.99", "Start: 2 inputs, 10 parameters"),
    # forward, by neuron
    ("g g", "by neuron"),
    ("space", "outₕ₁ = 0.593270", "= 0.15 × 0.05 + 0.2 × 0.1 + 0.35"),
    ("space", "outₕ₂ = 0.596884"),
    ("space", "outₒ₁ = 0.751365", "article 0.75136507: match"),
    ("space", "outₒ₂ = 0.772928"),
    # the loss, output by output
    ("space", "o₁ is too high by 0.7414", "= ½(0.01-0.7514)²", "0.298371109"),
    # δ of o1, and where its two factors come from
    ("G G space", "δₒ₁ = ", "= 0.138498562", "= outₒ₁(1-outₒ₁) = 0.7514(1-0.7514)"),
    # w5's gradient with its parts
    ("h", "0.74137 × 0.18682 × 0.59327", "out-target", "= 0.082167041"),
    # h1: the sum over both paths
    ("h", "o₁: δₒ₁×w₅ =  0.1385×0.4 =  0.0554", "o₂: δₒ₂×w₇ = -0.0381×0.5 = -0.0190"),
    # w1's gradient, with that δ
    ("h", "= δₕ₁ × i₁ = 0.008771 × 0.05", "= 0.000438568"),
    # the updates of w1 and w5, E before and after
    ("space", "= 0.149780716", "w₁ alone", "all 8 steps       0.291028 -0.007343"),
    ("l l", "= 0.358916480", "before            0.298371", "w₅ alone          0.294985 -0.003386"),
    # the article's figure that is wrong, and why: in the list, and on its card
    ("a", "▸ ✗ E at 2 forward", "exact value 0.291027773694", "update =", "sequential"),
    ("enter", "w5 › Eₜₒₜₐₗ", "✗ article 0.291027924: wrong", "update = sequential", "old"),
    # a hundred iterations later, with the chart
    ("f 1 0 0 enter", "iteration 101", "▼"),
    ("4", "━━ 4 loss", "●"),
    # what if eta were 5?
    ("C", "▸ learning rate   ● 0.5", "another choice would change first"),
    ("enter 5 enter", "What if learning_rate = 5.0", "iteration 101"),
    ("f enter", "iteration 201", "· branch 0", "   branch 0"),
)
"""Keys, and what is on the screen after them."""


def test_a_lecture_of_mazurs_example_takes_thirty_keys() -> None:
    app = Offscreen(shipped("mazur"), "dark", "all")
    app.receive(c.Resize(80, 24))
    count = 0
    for keys, *seen in LECTURE:
        for key in keys.split():
            app.press(key)
            count += 1
        screen = to_text(app.rows())
        for text in seen:
            assert text in screen, f"after {keys}\n{screen}"
    assert count <= MOST
