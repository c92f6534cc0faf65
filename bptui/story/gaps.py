"""What an author may have forgotten, and may also have meant: a missing weight or bias."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bptui.engine.network import Network
from bptui.preset.errors import listed


@lru_cache(maxsize=8)
def gaps(network: Network) -> tuple[str, ...]:
    """Say what leads nowhere, which edges have no weight, and which neurons no bias."""
    found, missing = [], []
    for names, layer in zip(network.neurons, network.layers, strict=False):
        leads = np.atleast_1d(layer.edges.any(axis=1))
        if nowhere := [names[k] for k in np.flatnonzero(~leads)]:
            found.append(f"no weight begins at {listed(nowhere)}")
        missing += [
            (names[source], layer.neurons[target])
            for source, target in np.argwhere(~layer.edges)
            if leads[source]
        ]
    if missing:
        (source, target), others = missing[0], len(missing) - 1
        more = f", nor along {others} other edge{'s' if others > 1 else ''}" if others else ""
        found.append(f"no weight leads from {source} to {target}{more}")
    for layer in network.layers:
        has = layer.biases < len(network.parameters)
        if has.any() and not has.all():
            without, with_one = layer.neurons[int(has.argmin())], layer.neurons[int(has.argmax())]
            found.append(f"{without} has no bias, but {with_one} has one")
    return tuple(found)
