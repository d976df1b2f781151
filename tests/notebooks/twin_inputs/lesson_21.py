"""Inputs of the network that lesson 21 writes out, and what "the same" means."""

import numpy as np


def _same_scores(taught, tested):
    """Say whether two networks have the same layers and, with equal weights, scores."""
    kinds = [[type(layer).__name__ for layer in net.layers] for net in (taught, tested)]
    if kinds[0] != kinds[1] or taught.count_params() != tested.count_params():
        return False
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.1, w.shape) ** 2 for w in tested.get_weights()]
    image = rng.integers(0, 256, (2, *tested.input_shape[1:])).astype("float32")
    for net in (taught, tested):
        net.set_weights(weights)
    scores = [np.asarray(net(image, training=False)) for net in (taught, tested)]
    return np.allclose(*scores, atol=1e-6)


NETWORK, NARROW = "helpers.networks.small_residual_network", {"filters": (4, 8, 6)}
SHAPES = ((64, 40, 3), (128, 128, 1), (224, 150, 1))

TWIN_INPUTS = {
    NETWORK: [(((28, 28, 1),), {}), *(((shape,), NARROW) for shape in SHAPES)]
}
TWIN_SAME = {NETWORK: _same_scores}
