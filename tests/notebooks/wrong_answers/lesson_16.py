"""Known mistakes in the exercises of lesson 16."""

import numpy as np


def _dataset(read, count):
    from helpers.input_pipeline import tf

    return tf.data.Dataset.range(count).map(read)


def _no_cache(read, count, size):
    return _dataset(read, count).shuffle(count, seed=1).batch(size, True).prefetch(2)


def _shuffle_before_cache(read, count, size):
    data = _dataset(read, count).shuffle(count, seed=1).cache()
    return data.batch(size, drop_remainder=True).prefetch(2)


def _batch_before_shuffle(read, count, size):
    data = _dataset(read, count).cache().batch(size, drop_remainder=True)
    return data.shuffle(count, seed=1).prefetch(2)


def _small_buffer(read, count, size):
    data = _dataset(read, count).cache().shuffle(size, seed=1)
    return data.batch(size, drop_remainder=True).prefetch(2)


def _rest_kept(read, count, size):
    return _dataset(read, count).cache().shuffle(count, seed=1).batch(size).prefetch(2)


def _no_prefetch(read, count, size):
    return _dataset(read, count).cache().shuffle(count, seed=1).batch(size, True)


def _not_shuffled(read, count, size):
    return _dataset(read, count).cache().batch(size, True).prefetch(2)


def _left(masks, top, bottom, left, right):
    return masks[:, top:bottom, left:right].sum(axis=(1, 2))


def _all_left(labels, masks, *box):
    return np.asarray(labels) * (_left(masks, *box) == masks.sum(axis=(1, 2)))


def _any_left(labels, masks, *box):
    return np.asarray(labels) * (_left(masks, *box) > 0)


def _exchanged(labels, masks, top, bottom, left, right):
    kept = _left(masks, left, right, top, bottom)
    return np.asarray(labels) * (4 * kept >= masks.sum(axis=(1, 2)))


def _quarter_of_the_crop(labels, masks, *box):
    inside = masks[:, box[0] : box[1], box[2] : box[3]]
    return np.asarray(labels) * (inside.mean(axis=(1, 2)) >= 0.25)


def _ends_included(labels, masks, top, bottom, left, right):
    kept = _left(masks, top, bottom + 1, left, right + 1)
    return np.asarray(labels) * (4 * kept >= masks.sum(axis=(1, 2)))


WRONG = {
    "16.2": {
        "no cache": _no_cache,
        "shuffle before cache": _shuffle_before_cache,
        "batch before shuffle": _batch_before_shuffle,
        "a buffer of one batch": _small_buffer,
        "the last batch kept": _rest_kept,
        "no prefetch": _no_prefetch,
        "not shuffled": _not_shuffled,
    },
    "16.4": {
        "old labels": lambda labels, masks, *box: np.asarray(labels),
        "all of the finding must be left": _all_left,
        "any pixel is enough": _any_left,
        "rows and columns exchanged": _exchanged,
        "a quarter of the crop": _quarter_of_the_crop,
        "ends included": _ends_included,
    },
}
