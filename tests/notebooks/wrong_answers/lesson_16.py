"""Known mistakes in the exercises of lesson 16."""

import numpy as np

STEPS = {
    "cache": lambda data, count, size: data.cache(),
    "shuffle": lambda data, count, size: data.shuffle(count, seed=1),
    "shuffle a batch": lambda data, count, size: data.shuffle(size, seed=1),
    "batch": lambda data, count, size: data.batch(size, drop_remainder=True),
    "batch all": lambda data, count, size: data.batch(size),
    "prefetch": lambda data, count, size: data.prefetch(2),
}


def _pipeline(*steps):
    """Make an answer that takes these steps, in this order."""

    def answer(read, count, size):
        from helpers.input_pipeline import tf

        data = tf.data.Dataset.range(count).map(read)
        for step in steps:
            data = STEPS[step](data, count, size)
        return data

    return answer


def _kept(labels, masks, box, *, enough):
    """Keep the labels for which `enough` of what is left and of the whole says so."""
    top, bottom, left, right = box
    inside = masks[:, top:bottom, left:right].sum(axis=(1, 2))
    return np.asarray(labels) * enough(inside, masks.sum(axis=(1, 2)))


def _quarter(left, whole):
    return 4 * left >= whole


def _quarter_of_the_crop(labels, masks, *box):
    inside = masks[:, box[0] : box[1], box[2] : box[3]]
    return np.asarray(labels) * (inside.mean(axis=(1, 2)) >= 0.25)


WRONG = {
    "16.2": {
        "no cache": _pipeline("shuffle", "batch", "prefetch"),
        "shuffle before cache": _pipeline("shuffle", "cache", "batch", "prefetch"),
        "batch before shuffle": _pipeline("cache", "batch", "shuffle", "prefetch"),
        "buffer of a batch": _pipeline("cache", "shuffle a batch", "batch", "prefetch"),
        "the last batch kept": _pipeline("cache", "shuffle", "batch all", "prefetch"),
        "no prefetch": _pipeline("cache", "shuffle", "batch"),
        "not shuffled": _pipeline("cache", "batch", "prefetch"),
    },
    "16.4": {
        "old labels": lambda labels, masks, *box: np.asarray(labels),
        "all of the finding must be left": lambda labels, masks, *box: _kept(
            labels, masks, box, enough=lambda left, whole: left == whole
        ),
        "any pixel is enough": lambda labels, masks, *box: _kept(
            labels, masks, box, enough=lambda left, whole: left > 0
        ),
        "rows and columns exchanged": lambda labels, masks, *box: _kept(
            labels, masks, (*box[2:], *box[:2]), enough=_quarter
        ),
        "a quarter of the crop": _quarter_of_the_crop,
        "ends included": lambda labels, masks, top, bottom, left, right: _kept(
            labels, masks, (top, bottom + 1, left, right + 1), enough=_quarter
        ),
    },
}
