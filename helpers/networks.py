"""The network of the course: small, residual, for one finding on one 2-D image."""

from __future__ import annotations

from helpers.quiet_start import quiet_start

with quiet_start():
    import keras
    from keras import layers

NETWORK_VERSION = 1
"""Raise it with every change of the network: cached weights of the old one end."""

STEM_PIXELS = 64 * 64
"""An image of this many pixels or more is halved before the first block."""

SHORTEST_SIDE = 28
"""Pixels that the shorter side must have, also after the halving."""

BATCH_NORM_MOMENTUM = 0.9
"""Keras' 0.99 has not converged after the few hundred steps of a short training."""


def small_residual_network(
    input_shape: tuple[int, int, int], *, filters: tuple[int, ...] = (16, 32, 64)
) -> keras.Model:
    """Build a small residual network that gives one score per image.

    Parameters
    ----------
    input_shape : (rows, columns, channels)
        At least 28 x 28; one channel (grey) or three (colour). Rows and columns may
        differ. From 64 x 64 pixels on, the first convolutions halve the image until
        it has fewer, so that the time per image hardly grows with its size.
    filters : tuple of int
        Width of each residual stage. Each stage after the first halves the image.

    Returns
    -------
    keras.Model
        Functional model, not compiled. Input: display values 0..255, as uint8 or
        float, of shape (n, rows, columns, channels); they are rescaled inside.
        Output: score of shape (n, 1), 0..1, not calibrated. The layer ``logit`` comes
        just before the sigmoid named ``score``.

    Raises
    ------
    ValueError
        If the shape is not (rows, columns, 1 or 3), or a side is shorter than 28.

    Examples
    --------
    >>> small_residual_network((28, 28, 1)).output_shape
    (None, 1)

    References
    ----------
    He K, Zhang X, Ren S, Sun J. Deep residual learning for image recognition.
    CVPR 2016. doi:10.1109/CVPR.2016.90
    """
    _check_input_shape(input_shape)
    image = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(image)
    x = _stem(x, filters[0])
    for stage, width in enumerate(filters, start=1):
        x = residual_block(
            x, width, stride=1 if stage == 1 else 2, name=f"stage{stage}"
        )
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    logit = layers.Dense(1, name="logit")(x)
    score = layers.Activation("sigmoid", name="score")(logit)
    return keras.Model(image, score, name="small_residual_network")


def _stem(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Add the first convolution, or as many as a large image must be halved."""
    number, too_large = 0, _is_large(x)
    while number == 0 or too_large:
        number += 1
        x = layers.Conv2D(
            width, 3, strides=2 if too_large else 1, padding="same", use_bias=False,
            name=f"stem{number}_conv",
        )(x)  # fmt: skip
        x = layers.BatchNormalization(
            momentum=BATCH_NORM_MOMENTUM, name=f"stem{number}_norm"
        )(x)
        x = layers.ReLU(name=f"stem{number}_relu")(x)
        too_large = _is_large(x)
    return x


def _is_large(x: keras.KerasTensor) -> bool:
    """Say whether a feature map should and can be halved before the blocks."""
    rows, columns = x.shape[1:3]
    return rows * columns >= STEM_PIXELS and min(rows, columns) >= 2 * SHORTEST_SIDE


def residual_block(
    x: keras.KerasTensor, width: int, *, stride: int = 1, name: str
) -> keras.KerasTensor:
    """Add two convolutions to ``x`` and a short cut around them.

    Parameters
    ----------
    x : symbolic tensor of shape (n, rows, columns, channels)
    width : int
        Number of filters of both convolutions.
    stride : int
        2 halves rows and columns.
    name : str
        Start of the layers' names.

    Returns
    -------
    symbolic tensor of shape (n, rows / stride, columns / stride, width)
    """
    short_cut = x
    for number, step in ((1, stride), (2, 1)):
        x = layers.Conv2D(
            width, 3, strides=step, padding="same", use_bias=False,
            name=f"{name}_conv{number}",
        )(x)  # fmt: skip
        x = layers.BatchNormalization(
            momentum=BATCH_NORM_MOMENTUM, name=f"{name}_norm{number}"
        )(x)
        if number == 1:
            x = layers.ReLU(name=f"{name}_relu1")(x)
    if short_cut.shape[1:] != x.shape[1:]:
        short_cut = layers.Conv2D(
            width, 1, strides=stride, use_bias=False, name=f"{name}_short_cut"
        )(short_cut)
    return layers.ReLU(name=f"{name}_relu2")(
        layers.Add(name=f"{name}_add")([short_cut, x])
    )


def _check_input_shape(input_shape: tuple[int, int, int]) -> None:
    """Refuse shapes that this network cannot take, in words."""
    shape = tuple(input_shape)
    is_image = len(shape) == 3 and shape[-1] in (1, 3)
    if not is_image or min(shape[:2]) < SHORTEST_SIDE:
        raise ValueError(
            f"input_shape is {shape}; expected (rows, columns, 1 or 3) of one 2-D "
            "image, each side at least 28 pixels. Take one slice, or enlarge first."
        )
