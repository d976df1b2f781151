"""Saliency maps: what a network's logit reacts to, pixel by pixel.

Three maps, written out: the gradient, integrated gradients and Grad-CAM. All explain
the *logit*, the number before the sigmoid. Near 0 and 1 the sigmoid is flat, so the
gradient of the score fades just where the network is most certain; the logit has no
such plateau, and attributions to it add up.

The functions take functional, Sequential, nested and reloaded Keras models with one
image input, and one image or a stack of images. `logit_model` does the preparation.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from helpers.quiet_start import quiet_start
from helpers.saliency.feature_layers import find_feature_layer, recording
from helpers.saliency.logit_models import (
    as_baseline,
    as_batch,
    is_stack,
    logit_model,
)

with quiet_start():
    import keras
    import tensorflow as tf

IMAGES_AT_ONCE = 32


def gradient(model: keras.Model, image: np.ndarray) -> np.ndarray:
    """Return how much the logit rises per unit of each pixel value.

    Parameters
    ----------
    model : keras.Model
        See `logit_model`.
    image : array of shape (rows, columns[, channels]) or (n, rows, columns[, channels])
        In the unit that the model takes: grey levels 0..255 in this course.

    Returns
    -------
    float32 array of the shape of `image`
        Logit per grey level; positive: a brighter pixel raises the logit.

    Raises
    ------
    ValueError
        If the image does not fit the model or holds a value that is not finite.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((2, 2, 1)), keras.layers.Flatten(),
    ...     keras.layers.Dense(1, kernel_initializer="ones")])
    >>> gradient(network, np.zeros((2, 2))).tolist()
    [[1.0, 1.0], [1.0, 1.0]]

    References
    ----------
    Simonyan K, Vedaldi A, Zisserman A. arXiv:1312.6034, 2013.
    """
    scorer = logit_model(model)
    images = as_batch(scorer, image)
    parts = [_gradients(scorer, part) for part in _in_parts(images, IMAGES_AT_ONCE)]
    return np.concatenate(parts).reshape(np.shape(image))


def integrated_gradients(
    model: keras.Model,
    image: np.ndarray,
    *,
    baseline: float | np.ndarray,
    steps: int = 64,
    batch_size: int = IMAGES_AT_ONCE,
) -> np.ndarray:
    """Share the logit's rise from a baseline to the image out over the pixels.

    The gradient is averaged along the straight path from the baseline to the image
    (midpoint rule) and multiplied by the distance each pixel has travelled. The
    attributions add up to logit(image) - logit(baseline), but for the error of the
    rule: check it with `completeness_gap`.

    Parameters
    ----------
    model : keras.Model
        See `logit_model`.
    image : array of shape (rows, columns[, channels]) or (n, rows, columns[, channels])
        In the unit that the model takes: grey levels 0..255 in this course.
    baseline : float or array that broadcasts to one image
        What counts as "nothing there": a grey level (0 is black), a mean image, a blur.
    steps : int
        Points on the path.
    batch_size : int
        Points that are run through the model at once; memory grows with it.

    Returns
    -------
    float32 array of the shape of `image`
        In logits; a pixel equal to its baseline always gets 0.

    Raises
    ------
    ValueError
        If image or baseline do not fit the model, or `steps` is below 1.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((2, 2, 1)), keras.layers.Flatten(),
    ...     keras.layers.Dense(1, kernel_initializer="ones")])
    >>> integrated_gradients(network, np.full((2, 2), 3.0), baseline=1).tolist()
    [[2.0, 2.0], [2.0, 2.0]]

    References
    ----------
    Sundararajan M, Taly A, Yan Q. Axiomatic attribution for deep networks. ICML 2017.
    """
    if steps < 1 or batch_size < 1:
        raise ValueError(
            f"steps and batch_size must be at least 1, got {steps} and {batch_size}. "
            "64 steps complete to about 1 % on the course's networks."
        )
    scorer = logit_model(model)
    images = as_batch(scorer, image)
    start = as_baseline(baseline, images.shape[1:])
    shares = (np.arange(steps, dtype="float32") + 0.5) / steps
    attributions = np.empty_like(images)
    for number, end in enumerate(images):
        total = np.zeros(end.shape, dtype="float64")
        for part in _in_parts(shares, batch_size):
            points = start + part[:, None, None, None] * (end - start)
            total += _gradients(scorer, points).sum(axis=0, dtype="float64")
        attributions[number] = (end - start) * (total / steps)
    return attributions.reshape(np.shape(image))


def grad_cam(
    model: keras.Model,
    image: np.ndarray,
    *,
    layer: str | keras.layers.Layer | None = None,
) -> np.ndarray:
    """Weigh a layer's feature maps by their mean gradient, add them, keep what is > 0.

    Parameters
    ----------
    model : keras.Model
        See `logit_model`.
    image : array of shape (rows, columns[, channels]) or (n, rows, columns[, channels])
        In the unit that the model takes: grey levels 0..255 in this course.
    layer : str or keras.layers.Layer, optional
        A layer that returns feature maps, also one inside a nested model. Without it:
        the last one (see `feature_layers`).

    Returns
    -------
    float32 array of shape (layer rows, layer columns), with n in front for a stack
        At least 0, on the layer's coarse grid; `enlarge` stretches it. In logits if the
        layer is followed by average pooling and one dense layer only: then the cells,
        before negatives are dropped, add up to the logit minus the bias.

    Raises
    ------
    ValueError
        If the model has no convolution, or the layer is unknown, returns no feature
        maps or does not lead to the logit.

    Examples
    --------
    >>> network = keras.Sequential([
    ...     keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, strides=2),
    ...     keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)])
    >>> grad_cam(network, np.zeros((8, 8))).shape
    (3, 3)

    References
    ----------
    Selvaraju RR et al. Grad-CAM. ICCV 2017; arXiv:1610.02391.
    """
    chosen = find_feature_layer(model, layer)
    scorer = logit_model(model)
    images = as_batch(scorer, image)
    maps = np.concatenate(
        [_cams(scorer, part, chosen) for part in _in_parts(images, IMAGES_AT_ONCE)]
    )
    return maps if is_stack(scorer, image) else maps[0]


def _gradients(scorer: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return d logit / d pixel for a float32 batch."""
    batch = tf.convert_to_tensor(images, dtype="float32")
    with _tape() as tape:
        tape.watch(batch)
        logits = scorer(batch, training=False)
    slopes = tape.gradient(logits, batch)
    if slopes is None:
        raise ValueError(
            f"No gradient reaches the image through {scorer.name!r}: a layer "
            "on the way rounds or compares values. Round before the network instead."
        )
    return slopes.numpy()


def _cams(
    scorer: keras.Model, images: np.ndarray, layer: keras.layers.Layer
) -> np.ndarray:
    """Return Grad-CAM (n, layer rows, layer columns) for a float32 batch."""
    batch = tf.convert_to_tensor(images, dtype="float32")
    with recording(layer) as outputs, _tape() as tape:
        tape.watch(batch)
        logits = scorer(batch, training=False)
    slopes = tape.gradient(logits, outputs[-1]) if outputs else None
    if slopes is None:
        raise ValueError(
            f"The logit does not depend on layer {layer.name!r}: it lies on no path "
            "from the image to the output. Choose a layer that does."
        )
    weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
    weighted = tf.reduce_sum(weights * outputs[-1], axis=-1)
    return tf.cast(tf.nn.relu(weighted), "float32").numpy()


def _tape() -> tf.GradientTape:
    return tf.GradientTape(watch_accessed_variables=False)


def _in_parts(values: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (values[start : start + size] for start in range(0, len(values), size))
