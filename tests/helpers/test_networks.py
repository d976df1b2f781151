import numpy as np
import pytest

from helpers import networks
from helpers.networks import keras, small_residual_network


def weights_by_hand(channels, stem_convolutions, filters=(16, 32, 64)):
    """Count as lesson 21 does: 9 weights per pair of maps, 4 per normalised map."""
    count, before = 0, channels
    for _ in range(stem_convolutions):
        count += 9 * before * filters[0] + 4 * filters[0]
        before = filters[0]
    for width in filters:
        count += 9 * before * width + 9 * width * width + 2 * 4 * width
        count += before * width if before != width else 0  # the short cut
        before = width
    return count + before + 1


@pytest.mark.parametrize(
    ("shape", "halvings", "last_map"),
    [
        ((28, 28, 1), 0, (7, 7)),
        ((63, 64, 3), 0, (16, 16)),  # 4,032 pixels, just below 64 x 64
        ((64, 64, 1), 1, (8, 8)),
        ((128, 128, 1), 2, (8, 8)),
        ((224, 150, 3), 2, (14, 10)),
        ((512, 512, 1), 4, (8, 8)),
        ((30, 400, 1), 0, (8, 100)),  # too narrow to be halved
    ],
)
def test_small_residual_network_size_by_hand(shape, halvings, last_map):
    network = small_residual_network(shape)
    assert network.count_params() == weights_by_hand(shape[-1], max(1, halvings))
    assert network.count_params() < 100_000
    assert network.get_layer("stage3_relu2").output.shape[1:] == (*last_map, 64)
    assert network.output_shape == (None, 1)


def test_small_residual_network_from_display_values_to_the_score():
    network = small_residual_network((28, 28, 1), filters=(4, 8))
    image = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1)).astype("uint8")
    image[0, 0, :2, 0] = 0, 255
    layers = ("rescale", "logit", "score")
    outputs = [network.get_layer(name).output for name in layers]
    inside = keras.Model(network.input, outputs)
    grey, logit, score = (np.asarray(one) for one in inside(image))
    assert grey[0, 0, :2, 0].tolist() == pytest.approx([-1, 1])
    np.testing.assert_allclose(score, 1 / (1 + np.exp(-logit)), rtol=1e-5)
    np.testing.assert_array_equal(network(image.astype("float32")), score)
    norms = [one for one in network.layers if "norm" in one.name]
    assert [one.momentum for one in norms] == [0.9] * 5


def test_residual_block_without_its_second_convolution_is_the_short_cut():
    # gamma and beta of the last normalisation 0: the block adds nothing to its input
    values = keras.Input((6, 6, 3))
    block = keras.Model(values, networks.residual_block(values, 3, name="block"))
    for weight in block.get_layer("block_norm2").trainable_weights:
        weight.assign(np.zeros(weight.shape))
    image = np.random.default_rng(0).normal(size=(2, 6, 6, 3))
    np.testing.assert_allclose(block(image), np.maximum(image, 0), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((27, 64, 1), "at least 28 pixels"),
        ((28, 28), "1 or 3"),
        ((28, 28, 28), "Take one slice"),
        ((16, 28, 28, 1), "of one 2-D"),
    ],
)
def test_small_residual_network_refuses_other_shapes(shape, message):
    with pytest.raises(ValueError, match=message):
        small_residual_network(shape)
