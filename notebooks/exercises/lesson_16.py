"""Answers expected in lesson 16, input pipelines and augmentation."""

import numpy as np

from helpers.checks import Case, Exercise

COUNT, SIZE = 50, 8
AGAIN = 1000  # is added to a film's number whenever it is read again


class NumberedFilms:
    """A reader whose films are their own numbers, larger when read again."""

    def __init__(self):
        self.times = {}

    def __call__(self, number):
        """Read a film inside a tf.data graph."""
        from helpers.input_pipeline import tf

        film = tf.numpy_function(self.read, [number], tf.int64)
        film.set_shape(())
        return film

    def read(self, number):
        """Return the number, and so many thousands as it was read before."""
        before = self.times.get(int(number), 0)
        self.times[int(number)] = before + 1
        return np.int64(number + AGAIN * before)

    def __repr__(self) -> str:
        return "read"


def epochs_of(dataset, number=3):
    """Return the batches of some epochs as lists of arrays."""
    return [[batch.numpy() for batch in dataset] for _ in range(number)]


def full_batches(dataset) -> bool:
    """Tell whether each epoch has all full batches and no other."""
    return all(
        [batch.shape for batch in epoch] == [(SIZE,)] * (COUNT // SIZE)
        for epoch in epochs_of(dataset)
    )


def read_once(dataset) -> bool:
    """Tell whether no film is read a second time in three epochs."""
    return all(batch.max() < AGAIN for epoch in epochs_of(dataset) for batch in epoch)


def new_order(dataset) -> bool:
    """Tell whether the epochs differ in their order."""
    first, second, third = (
        np.concatenate(epoch) % AGAIN for epoch in epochs_of(dataset)
    )
    return not (np.array_equal(first, second) and np.array_equal(second, third))


def mixed(dataset) -> bool:
    """Tell whether films from the whole set meet in the first batches."""
    first = [epoch[0] % AGAIN for epoch in epochs_of(dataset, number=4)]
    # eight of fifty evenly mixed films span fewer than 25 places once in 350 times
    return float(np.median([np.ptp(batch) for batch in first])) >= COUNT / 2


def prefetched(dataset) -> bool:
    """Tell whether the last step prefetches."""
    return "prefetch" in type(dataset).__name__.lower()


def _asked(accept, expected: str, hint: str) -> Case:
    inputs = (NumberedFilms(), COUNT, SIZE)
    return Case(inputs=inputs, accept=accept, expected=expected, hint=hint)


_FOUR_MASKS = np.zeros((4, 4, 4), dtype=bool)
_FOUR_MASKS[0, 0:2, 2:4] = True  # columns 2 and 3
_FOUR_MASKS[1, 0, 0:2] = _FOUR_MASKS[1, 1, 1:3] = True  # one of four in column 2
_FOUR_MASKS[2, 0:2, 0:2] = True  # columns 0 and 1; the last is empty
_FIVE_AND_EIGHT = np.zeros((2, 4, 6), dtype=bool)
_FIVE_AND_EIGHT[0, 0, 0:5] = True
_FIVE_AND_EIGHT[1, 0:2, 0:4] = True

EXERCISES = {
    "16.2": Exercise(
        cases=[
            _asked(
                full_batches,
                f"{COUNT // SIZE} batches of {SIZE} in every epoch",
                "batch takes drop_remainder=True, and the films come in batches of "
                "batch_size.",
            ),
            _asked(
                read_once,
                "no film read twice in three epochs",
                "Without cache every epoch reads all films again.",
            ),
            _asked(
                new_order,
                "another order in the next epoch",
                "What comes before cache is done once and kept: is the order kept too?",
            ),
            _asked(
                mixed,
                "films from the whole set in one batch",
                "Mix single films, before they are batched, in a buffer of all.",
            ),
            _asked(
                prefetched,
                "batches that are prepared ahead",
                "The last step prepares the next batches.",
            ),
        ],
        hint="Four steps, each on the result of the one before.",
    ),
    "16.4": Exercise(
        cases=[
            Case(
                inputs=([1, 1, 1, 0], _FOUR_MASKS, 0, 4, 2, 4),
                expected=np.array([1, 1, 0, 0]),
                hint="The crop keeps columns 2 and 3: all, a quarter and nothing of "
                "the three findings.",
            ),
            Case(
                inputs=([1, 1, 1, 0], _FOUR_MASKS, 0, 2, 0, 4),
                expected=np.array([1, 1, 1, 0]),
                hint="The crop keeps rows 0 and 1, so all findings stay visible.",
            ),
            Case(
                inputs=([1, 1, 1, 0], _FOUR_MASKS, 2, 4, 0, 4),
                expected=np.array([0, 0, 0, 0]),
                hint="The crop keeps rows 2 and 3: nothing of any finding.",
            ),
            Case(
                inputs=([1, 1], _FIVE_AND_EIGHT, 0, 4, 0, 1),
                expected=np.array([0, 1]),
                hint="One of five pixels is less than a quarter, two of eight are one.",
            ),
        ],
        hint="Compare the pixels left with a quarter of all pixels of the same mask.",
    ),
}


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


MISTAKES = {
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
