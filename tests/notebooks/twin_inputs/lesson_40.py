"""Inputs for the maps that lesson 40 writes out: grey and colour, a course network."""

import numpy as np


def _network_and_image(shape):
    from helpers import networks, training

    training.set_seed(5)
    network = networks.small_residual_network(shape)
    image = np.random.default_rng(5).integers(0, 256, shape, dtype="uint8")
    logits = type(network)(network.input, network.get_layer("logit").output)
    return logits, image[..., 0] if shape[-1] == 1 else image


def _inputs(*options, stack=False):
    def make():
        pairs = [_network_and_image((28, 28, 1)), _network_and_image((30, 28, 3))]
        if stack:
            pairs = [(net, np.stack([image, 255 - image])) for net, image in pairs]
        return [(pair, keywords) for pair in pairs for keywords in options]

    return make


TWIN_INPUTS = {
    "helpers.saliency.gradient": _inputs({}),
    "helpers.saliency.integrated_gradients": _inputs(
        {"baseline": 0, "steps": 5}, {"baseline": 90.0, "steps": 2}
    ),
    "helpers.saliency.grad_cam": _inputs(
        {"layer": "stage3_relu2"}, {"layer": "stage1_relu2"}, stack=True
    ),
}
