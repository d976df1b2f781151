"""Answers expected in lesson 16, input pipelines."""

import functools

import numpy as np

from helpers.checks import Case, Exercise

COUNT, SIZE = 50, 8
AGAIN = 1000  # is added to a film's number whenever it is read again


class Steps:
    """A `tf.data.Dataset` of films that notes the steps taken, to repeat them anew.

    Each film is its own number. Two are equal if their batches have the same qualities.
    """

    def __init__(self, *taken):
        self.taken = taken

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **named: Steps(*self.taken, (name, given, named))

    def __eq__(self, other) -> bool:
        return self.qualities == other.qualities

    def __repr__(self) -> str:
        return "films" + "".join(f".{name}(...)" for name, _, _ in self.taken)

    def dataset(self):
        """Take the steps on a reader that has read nothing yet."""
        from helpers.input_pipeline import tf

        times = np.zeros(COUNT, int)

        def read(number):
            times[number] += 1
            return np.int64(number + AGAIN * (times[number] - 1))

        @tf.autograph.experimental.do_not_convert
        def film(number):
            return tf.ensure_shape(tf.numpy_function(read, [number], tf.int64), ())

        data = tf.data.Dataset.range(COUNT).map(film)
        for name, given, named in self.taken:
            data = getattr(data, name)(*given, **named)
        return data

    @functools.cached_property
    def qualities(self) -> dict[str, bool]:
        """What is true of the batches of four epochs."""
        data = self.dataset()
        epochs = [[batch.numpy() for batch in data] for _ in range(4)]
        shapes = [[batch.shape for batch in epoch] for epoch in epochs]
        batches = [np.atleast_1d(batch) for epoch in epochs for batch in epoch]
        films = np.concatenate(batches)
        orders = {tuple(np.hstack(epoch) % AGAIN) for epoch in epochs}
        spans = [np.ptp(batch % AGAIN) for batch in batches if len(batch) == SIZE]
        met = [{frozenset(np.ravel(batch)) for batch in epoch} for epoch in epochs]
        return {
            "full": set(map(tuple, shapes)) == {((SIZE,),) * (COUNT // SIZE)},
            "read once": bool(films.max() < AGAIN),
            "new order": len(orders) > 2,
            # eight of fifty evenly mixed films span under 25 places once in 350 times,
            # and half of at least six batches never
            "mixed": bool(np.median(spans or [0]) >= COUNT / 2),
            "the same films meet": met[0] == met[1],
            "ahead": "prefetch" in type(data).__name__.lower(),
        }


def _asked(quality: str, expected: str, hint: str) -> Case:
    return Case(
        inputs=(Steps(), COUNT, SIZE),
        accept=lambda answer: answer.qualities[quality],
        expected=expected,
        hint=hint,
    )


EXERCISES = {
    "16.2": Exercise(
        cases=[
            Case(
                inputs=(10, 1, 3, 2),
                expected=32,
                hint="Reading is the slower here: ten readings, then the last working.",
            ),
            Case(
                inputs=(4, 2, 1, 5),
                expected=41,
                hint="Working is the slower: one reading, then eight workings.",
            ),
            Case(inputs=(10, 3, 3, 2), expected=72),
            Case(inputs=(1, 2, 4, 1), expected=6, hint="One batch: nothing overlaps."),
        ],
        hint="Take the first epoch and the later ones apart.",
    ),
    "16.4": Exercise(
        cases=[
            _asked(
                "full",
                f"{COUNT // SIZE} batches of {SIZE} in every epoch",
                "How many films has the last batch?",
            ),
            _asked(
                "read once",
                "no film read twice in four epochs",
                "Which step keeps what came before it?",
            ),
            _asked(
                "new order",
                "another order in the next epoch",
                "What comes before cache is done once and kept: is the order kept too?",
            ),
            _asked(
                "mixed",
                "films from the whole set in one batch",
                "Mix single films, before they are batched, in a buffer of all.",
            ),
            _asked(
                "ahead",
                "batches that are prepared ahead",
                "The last step prepares the next batches.",
            ),
        ],
        hint="Four steps, each on the result of the one before.",
    ),
}


STEPS = {
    "cache": lambda data, count, size: data.cache(),
    "shuffle": lambda data, count, size: data.shuffle(count),
    "shuffle a batch": lambda data, count, size: data.shuffle(size),
    "batch": lambda data, count, size: data.batch(size, drop_remainder=True),
    "batch all": lambda data, count, size: data.batch(size),
    "prefetch": lambda data, count, size: data.prefetch(2),
}


def _pipeline(*steps):
    """Make an answer that takes these steps, in this order."""

    def answer(data, count, size):
        for step in steps:
            data = STEPS[step](data, count, size)
        return data

    return answer


def _first_epoch(batches, read, work):
    return read + (batches - 1) * max(read, work) + work


MISTAKES = {
    "16.2": {
        "This adds reading and working of every batch. Which of the two does prefetch "
        "hide?": lambda n, epochs, read, work: n * (read + epochs * work),
        "Here every epoch reads again. What does the cache do from the second on?": (
            lambda n, epochs, read, work: epochs * _first_epoch(n, read, work)
        ),
        "The network cannot begin before something is read, and works on after the "
        "last reading. Where is that time?": (
            lambda n, epochs, read, work: n * (max(read, work) + (epochs - 1) * work)
        ),
        "Of two things done side by side the longer remains, not the shorter.": (
            lambda n, epochs, read, work: (
                read + (n - 1) * min(read, work) + work + (epochs - 1) * n * work
            )
        ),
    },
    "16.4": {
        "Every epoch reads all films again. Which step keeps them?": _pipeline(
            "shuffle", "batch", "prefetch"
        ),
        "The order of the first epoch is kept for ever. What does cache keep?": (
            _pipeline("shuffle", "cache", "batch", "prefetch")
        ),
        "The same films always meet in a batch. What exactly is shuffled here?": (
            _pipeline("cache", "batch", "shuffle", "prefetch")
        ),
        "Neighbours in the folder stay near each other. How large is the buffer?": (
            _pipeline("cache", "shuffle a batch", "batch", "prefetch")
        ),
        "The last batch is smaller than the others. `batch` has an option for that.": (
            _pipeline("cache", "shuffle", "batch all", "prefetch")
        ),
        "The network waits while the next batch is made. Which step works ahead?": (
            _pipeline("cache", "shuffle", "batch")
        ),
        "The films come in the order of the folder, in every epoch.": _pipeline(
            "cache", "batch", "prefetch"
        ),
    },
}
