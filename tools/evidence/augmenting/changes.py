"""What a training may do to its batches; each change of a film is a library's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from helpers.networks import keras
from helpers.quiet_start import quiet_start

with quiet_start():
    import tensorflow as tf

CROPPED = 0.3  # share of the film's area that a crop leaves
VISIBLE = 0.25  # part of a finding that must be left for the label to stay
Batch = tuple[tf.Tensor, tf.Tensor]


def keras_layers(*layers: keras.layers.Layer) -> Callable[..., Batch]:
    """Return a map over batches that puts the images through Keras layers."""

    def change(images, labels):
        images = tf.cast(images, "float32")
        for layer in layers:
            images = layer(images, training=True)
        return images, labels

    return change


def of_name(name: str, seed: int) -> Callable[..., Batch] | None:
    """Return the change of batches that goes by a name; None for "none".

    Raises
    ------
    KeyError
        If there is no such change.
    """
    random = keras.layers
    shift = random.RandomTranslation(0.08, 0.08, fill_mode="nearest", seed=seed)
    rotation = random.RandomRotation(8 / 360, fill_mode="nearest", seed=seed)
    exposure = (
        random.RandomContrast(0.2, seed=seed),
        random.RandomBrightness(20 / 255, seed=seed),
    )
    strong_exposure = (
        random.RandomContrast(0.6, seed=seed),
        random.RandomBrightness(60 / 255, seed=seed),
    )
    flip = random.RandomFlip("horizontal", seed=seed)
    named = {
        "none": (),
        "shift": (shift,),
        "rotation": (rotation,),
        "exposure": exposure,
        "strong exposure": strong_exposure,
        "all three": (shift, rotation, *exposure),
        "flip left-right": (flip,),
        "all three and flip": (shift, rotation, *exposure, flip),
        "flip up-down": (random.RandomFlip("vertical", seed=seed),),
        "blur": (random.RandomGaussianBlur(1.0, 9, (0.0, 3.0), seed=seed),),
        "black patch": (
            random.RandomErasing(1.0, (0.02, 0.1), fill_value=0, seed=seed),
        ),
    }
    crops = {"crop, old label": False, "crop, label by mask": True}
    if name in crops:
        return cropped(by_mask=crops[name], seed=seed)
    return keras_layers(*named[name]) if named[name] else None


def cropped(*, by_mask: bool, seed: int) -> Callable[..., Batch]:
    """Return a map that crops and enlarges; images hold the mask as second channel.

    The label stays (`by_mask` False), or it becomes 0 where less than `VISIBLE` of the
    finding is left. Both draw the same boxes.
    """
    side, random = np.sqrt(CROPPED), keras.random.SeedGenerator(seed)

    def change(both, labels):
        both = tf.cast(both, "float32")
        count = tf.shape(both)[0]
        corner = keras.random.uniform((count, 2), 0, 1 - side, seed=random)
        boxes = tf.concat([corner, corner + side], axis=1)
        cut = tf.image.crop_and_resize(both, boxes, tf.range(count), both.shape[1:3])
        if by_mask:
            # an enlarged crop shows what it kept 1 / CROPPED times as large
            left = CROPPED * tf.reduce_sum(cut[..., 1], axis=(1, 2))
            whole = tf.maximum(tf.reduce_sum(both[..., 1], axis=(1, 2)), 1)
            seen = tf.cast(left / whole >= VISIBLE, labels.dtype)
            labels = labels * seen[:, None]
        return cut[..., :1], labels

    return change
