"""From arrays in memory to batches for training: shuffled, augmented, prefetched.

Only two augmentations are made, because only they keep the label of a chest radiograph
true: a small shift (patients are never centred the same way twice) and a small change
of contrast and brightness (exposure and processing differ). The image is *not*
mirrored: a left-right flip puts the heart on the right, a picture that radiology
knows as dextrocardia or as a film hung the wrong way round, and an up-down flip puts
the diaphragm above the lungs. A network has nothing to gain from seeing either.
"""

from __future__ import annotations

import numpy as np

from helpers.quiet_start import quiet_start

with quiet_start():
    import tensorflow as tf

MAXIMUM_SHIFT = 0.08
"""Largest shift in each direction, as a fraction of the rows or columns."""

CONTRAST_RANGE = (0.8, 1.2)
"""Factor by which grey values are spread about their middle."""

MAXIMUM_BRIGHTNESS = 20.0
"""Largest change of brightness in grey levels of 0..255."""


def make_dataset(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    batch_size: int,
    augment: bool = False,
    seed: int | None = None,
) -> tf.data.Dataset:
    """Return batches of (images, labels) as a ``tf.data.Dataset``.

    Parameters
    ----------
    images : array of shape (n, rows, columns) or (n, rows, columns, channels)
        Display values 0..255. Kept in memory once, as uint8 if they come as uint8.
    labels : array of shape (n,)
        0 or 1 per image.
    batch_size : int
        Images per batch.
    augment : bool
        True for training: shift and contrast change per image.
    seed : int or None
        Given: the images are shuffled anew in every epoch, the same way for the same
        seed, and a last batch that is not full is left out. None: the images come in
        their own order and all of them (for tuning and test sets).

    Returns
    -------
    tf.data.Dataset
        Of images (batch, rows, columns, channels), uint8 or, augmented, float32, and
        labels (batch, 1) float32.

    Raises
    ------
    ValueError
        If images and labels differ in number, there are none, one of them holds NaN,
        the batch is larger than the training set, or ``augment`` is asked for without
        a seed.

    Examples
    --------
    >>> images = np.zeros((5, 28, 28), "uint8")
    >>> [len(x) for x, y in make_dataset(images, np.zeros(5), batch_size=2)]
    [2, 2, 1]
    """
    _check(images, labels, batch_size, augment, seed)
    images = images[..., None] if images.ndim == 3 else images
    target = tf.constant(np.asarray(labels, "float32").reshape(-1, 1))
    rows = tf.data.Dataset.range(len(images))
    if seed is not None:
        rows = rows.shuffle(len(images), seed=seed, reshuffle_each_iteration=True)
    batches = rows.batch(batch_size, drop_remainder=seed is not None)
    if not augment:
        pixels = tf.constant(images)
        return batches.map(
            lambda row: (tf.gather(pixels, row), tf.gather(target, row))
        ).prefetch(tf.data.AUTOTUNE)

    margin = largest_shift(images.shape)
    padded = tf.constant(np.pad(images, ((0, 0), *margin, (0, 0)), mode="edge"))

    def augmented(row, number):
        seeds = tf.random.split(tf.stack([number, seed]), 2)
        shifted = cut_shifted(padded, row, shape=images.shape[1:], seed=seeds[0])
        return change_contrast(shifted, seed=seeds[1]), tf.gather(target, row)

    # one random number per batch seeds its augmentation: the same seed gives the same
    # images, however many threads prepare the batches
    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    augmented_batches = tf.data.Dataset.zip(batches, numbers).map(
        augmented, num_parallel_calls=tf.data.AUTOTUNE
    )
    return augmented_batches.prefetch(tf.data.AUTOTUNE)


def largest_shift(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the largest shift, up and down and left and right, in whole pixels.

    Parameters
    ----------
    shape : (n, rows, columns, ...)

    Returns
    -------
    list of (before, after), for rows and for columns, as ``np.pad`` reads it

    Examples
    --------
    >>> largest_shift((10, 128, 100))
    [(10, 10), (8, 8)]
    """
    return [(int(MAXIMUM_SHIFT * side),) * 2 for side in shape[1:3]]


def cut_shifted(
    padded: tf.Tensor, rows: tf.Tensor, *, shape: tuple[int, int, int], seed: tf.Tensor
) -> tf.Tensor:
    """Cut each image out of its padded form, a little beside its place.

    Copying a window costs a tenth of moving pixels one by one, so that the pipeline
    keeps ahead of the network.

    Parameters
    ----------
    padded : tensor of shape (n, rows + margins, columns + margins, channels)
        Images with their border repeated, by the same margin on opposite sides.
    rows : int tensor of shape (batch,)
        Which images.
    shape : (rows, columns, channels)
        Of the images without the margins.
    seed : int tensor of shape (2,)

    Returns
    -------
    tensor of shape (batch, rows, columns, channels), dtype of ``padded``
    """
    room = [padded.shape[1] - shape[0], padded.shape[2] - shape[1]]
    shifts = tf.random.stateless_uniform((tf.shape(rows)[0], 2), seed)
    starts = tf.cast(shifts * (np.array(room, "float32") + 1), "int64")
    corners = tf.stack([rows, starts[:, 0], starts[:, 1], tf.zeros_like(rows)], axis=1)
    return tf.map_fn(
        lambda corner: tf.slice(padded, corner, [1, *shape])[0],
        corners,
        fn_output_signature=tf.TensorSpec(shape, padded.dtype),
    )


def change_contrast(images: tf.Tensor, *, seed: tf.Tensor) -> tf.Tensor:
    """Change contrast and brightness of each image of a batch.

    Parameters
    ----------
    images : tensor of shape (batch, rows, columns, channels)
        Display values 0..255.
    seed : int tensor of shape (2,)

    Returns
    -------
    float32 tensor of the same shape, 0..255
    """
    seeds = tf.random.split(seed, 2)
    shape = (tf.shape(images)[0], 1, 1, 1)
    contrast = tf.random.stateless_uniform(shape, seeds[0], *CONTRAST_RANGE)
    brightness = tf.random.stateless_uniform(
        shape, seeds[1], -MAXIMUM_BRIGHTNESS, MAXIMUM_BRIGHTNESS
    )
    # contrast turns about the middle grey: (x - 127.5) * c + 127.5 + b
    offset = 127.5 * (1 - contrast) + brightness
    return tf.clip_by_value(tf.cast(images, "float32") * contrast + offset, 0, 255)


def _check(images, labels, batch_size, augment, seed) -> None:
    """Refuse arrays that cannot become batches, in words."""
    _check_finite("images", images)
    _check_finite("labels", np.asarray(labels))
    if images.ndim not in (3, 4):
        raise ValueError(
            f"images have the shape {images.shape}; expected (n, rows, columns) or "
            "(n, rows, columns, channels). Add the missing axis with images[None]."
        )
    if len(images) == 0 or len(images) != len(labels):
        raise ValueError(
            f"There are {len(images)} images and {len(labels)} labels; expected one "
            "label per image and at least one image. Select both with the same rows."
        )
    if augment and seed is None:
        raise ValueError(
            "augment=True needs a seed, since an augmentation that cannot be repeated "
            "cannot be examined. Pass seed=7, say."
        )
    if seed is not None and batch_size > len(images):
        raise ValueError(
            f"batch_size is {batch_size}, but there are only {len(images)} images, so "
            f"no full batch. Pass a batch_size of at most {len(images)}."
        )


def _check_finite(name: str, values: np.ndarray) -> None:
    """Refuse arrays that hold anything but numbers."""
    if values.dtype == object:
        raise ValueError(
            f"{name} hold objects, as arrays of several sizes do; expected numbers. "
            "Bring all images to one size first: helpers.dicom_pipeline.FilmFiles "
            "does, or skimage.transform.resize."
        )
    if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
        row = np.argwhere(~np.isfinite(values))[0][0]
        raise ValueError(
            f"{name} hold NaN or infinity, first in row {row}. Expected numbers: one "
            "NaN turns every weight of the network into NaN. Leave the row out, or "
            "mend how it was read."
        )
