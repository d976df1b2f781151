"""From arrays, or from a folder of DICOM films, to batches for training.

`make_dataset` takes arrays in memory: shuffled, augmented, prefetched. `FilmFiles`
reads the films that `films_in` lists, either as the epoch goes (`FilmFiles.dataset`:
little memory, but every epoch decodes them again unless ``.cache()`` follows) or once
into one array (`FilmFiles.arrays`). Both leave unreadable films out, say so in a
sentence with the file's name, and stop when there are too many of them.

Two random changes are made: a small shift, and a small change of contrast and
brightness (exposure and processing differ). The image is *not* mirrored: a left-right
flip puts the heart on the right, as in dextrocardia or a film hung the wrong way round,
and no label with a side survives it (lesson 18 measures that).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.misc import is_dicom

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from helpers.files import tell
from helpers.quiet_start import quiet_start
from helpers.resizing import as_bytes, fit_into_square

with quiet_start():
    import tensorflow as tf

#: Largest shift in each direction, as a fraction of the rows or columns.
MAXIMUM_SHIFT = 0.08
#: Factor by which grey values are spread about their middle.
CONTRAST_RANGE = (0.8, 1.2)
#: Largest change of brightness in grey levels of 0..255.
MAXIMUM_BRIGHTNESS = 20.0
#: Share of the films that may be unreadable; more is no accident of single files.
MOST_UNREADABLE = 0.1


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

    margin = [(int(MAXIMUM_SHIFT * side),) * 2 for side in images.shape[1:3]]
    padded = tf.constant(np.pad(images, ((0, 0), *margin, (0, 0)), mode="edge"))

    def augmented(row, number):
        seeds = tf.random.split(tf.stack([number, seed]), 2)
        shifted = _cut_shifted(padded, row, shape=images.shape[1:], seed=seeds[0])
        return _change_contrast(shifted, seed=seeds[1]), tf.gather(target, row)

    # one random number per batch seeds its augmentation: the same seed gives the same
    # images, however many threads prepare the batches
    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    pairs = tf.data.Dataset.zip(batches, numbers)
    changed = pairs.map(augmented, num_parallel_calls=tf.data.AUTOTUNE)
    return changed.prefetch(tf.data.AUTOTUNE)


def _cut_shifted(
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


def _change_contrast(images: tf.Tensor, *, seed: tf.Tensor) -> tf.Tensor:
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
    if images.ndim not in (3, 4) or not len(images) or len(images) != len(labels):
        raise ValueError(
            f"images have the shape {images.shape}, and there are {len(labels)} "
            "labels. Expected (n, rows, columns[, channels]), n above 0, and n labels."
        )
    for name, values in (("images", images), ("labels", np.asarray(labels))):
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            row = np.argwhere(~np.isfinite(values))[0][0]
            raise ValueError(f"{name} hold NaN or infinity, first in row {row}.")
    if augment and seed is None:
        raise ValueError("augment=True needs a seed, or nobody can repeat it.")
    if seed is not None and batch_size > len(images):
        raise ValueError(f"batch_size={batch_size}, and only {len(images)} images.")


def films_in(folder: str | os.PathLike) -> list[Path]:
    """Return the DICOM files of a folder and of the folders in it, sorted by path.

    A DICOM file is known by the letters DICM after 128 bytes, whatever its name.
    Without them only the ending .dcm or .dicom makes one (`FilmFiles` will say what is
    wrong with it); other files, such as a list of labels, are passed over.

    Raises
    ------
    ValueError
        If there is no such folder, or no DICOM file in it.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> folder = Path(get_testdata_file("CT_small.dcm", download=False)).parent
    >>> "CT_small.dcm" in [path.name for path in films_in(folder)]
    True
    """
    files = [path for path in Path(folder).rglob("[!.]*") if path.is_file()]
    endings = (".dcm", ".dicom")
    found = sorted(p for p in files if p.suffix.lower() in endings or is_dicom(p))
    if not found:
        raise ValueError(
            f"{folder} holds {len(files)} files and none is DICOM. Expected at least "
            "one. Check the spelling; name the folder that holds the films."
        )
    return found


class FilmFiles:
    """DICOM films with their labels, and what could not be read of them.

    Parameters
    ----------
    paths : sequence of path-like
        One DICOM file for each film, single-frame, grey or colour (made grey).
    labels : sequence of float
        One for each path.
    size : int
        Rows and columns of the images. Films are fitted in, sides in proportion.

    Attributes
    ----------
    problems : dict of str to str
        Path to the sentence that says what is wrong; fills while films are read.

    Raises
    ------
    ValueError
        If there is no path, numbers differ, or a label is not a number.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> names = ("CT_small.dcm", "rtplan.dcm", *["MR_small.dcm"] * 9)
    >>> paths = [get_testdata_file(name, download=False) for name in names]
    >>> films = FilmFiles(paths, [1] + [0] * 10, size=32)
    >>> images, labels = films.arrays()
    >>> images.shape, labels.shape, len(films.problems)
    ((10, 32, 32), (10,), 1)
    """

    def __init__(
        self, paths: Sequence[str | os.PathLike], labels: Sequence[float], *, size: int
    ):
        self.paths = [Path(path) for path in paths]
        self.labels = np.asarray(labels, "float32").reshape(-1)
        self.size = size
        self.problems: dict[str, str] = {}
        known = np.isfinite(self.labels).sum()
        if not self.paths or not len(self.paths) == len(self.labels) == known:
            raise ValueError(
                f"There are {len(self.paths)} files and {len(self.labels)} labels, "
                f"{known} of them numbers. Expected a file at least, a number for each."
            )

    def __len__(self) -> int:
        return len(self.paths)

    def dataset(self, *, parallel: int | None = None) -> tf.data.Dataset:
        """Return the readable films in order, read anew in every epoch.

        Follow it with ``.cache()`` (decode once), then ``.shuffle(len(films))``,
        ``.batch(...)``, ``.prefetch(...)``: in this order.

        Parameters
        ----------
        parallel : int or None
            Files read at a time. Python reads them one after another all the same, so
            that more than 2 gains nothing; None: one.

        Returns
        -------
        tf.data.Dataset
            Of images (size, size, 1) uint8 and labels (1,) float32. In the middle of
            an epoch it raises tf.errors.OpError, with the sentence of `arrays`, if too
            many films cannot be read.
        """
        rows = tf.data.Dataset.range(len(self))
        found = rows.map(self._tensors, num_parallel_calls=parallel)
        readable = found.filter(lambda image, label, is_read: is_read)
        return readable.map(lambda image, label, is_read: (image, label))

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Read all films once.

        Returns
        -------
        images : uint8 array of shape (n, size, size)
            The readable ones, in order.
        labels : float32 array of shape (n,)

        Raises
        ------
        ValueError
            If too many films cannot be read.
        """
        images, is_read = zip(*map(self._read, range(len(self))), strict=True)
        kept = np.flatnonzero(is_read)
        return np.stack(images)[kept, ..., 0], self.labels[kept]

    def report(self) -> str:
        """Return what was left out so far, as text to print."""
        if not self.problems:
            return f"All {len(self)} films could be read, as far as they were."
        sentences = "".join(f"\n- {sentence}" for sentence in self.problems.values())
        return f"{len(self.problems)} of {len(self)} films left out:{sentences}"

    def _tensors(self, row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Read one film inside a tf.data graph."""
        image, is_read = tf.numpy_function(self._read, [row], (tf.uint8, tf.bool))
        image.set_shape((self.size, self.size, 1))
        is_read.set_shape(())
        label = tf.gather(tf.constant(self.labels), row)
        return image, label[None], is_read

    def _read(self, row: int) -> tuple[np.ndarray, np.bool_]:
        """Return display values of a film in its final size and True, or black."""
        path = self.paths[int(row)]
        try:
            image = read_pixels(path)
            shown = image.display()
            if image.unit == "RGB":
                shown = as_bytes(shown.mean(axis=-1))
            if shown.ndim != 2:
                text = f"{path.name}: the file holds {len(shown)} frames, not one film."
                raise DicomPixelsError(text)
        except DicomPixelsError as error:
            self._leave_out(str(path), str(error))
            return np.zeros((self.size, self.size, 1), np.uint8), np.False_
        if shown.shape != (self.size, self.size):
            shown = as_bytes(fit_into_square(shown, self.size))
        return shown[..., None], np.True_

    def _leave_out(self, path: str, sentence: str) -> None:
        """Note a film that cannot be used; tell it once; stop if there are too many."""
        if path in self.problems:
            return
        self.problems[path] = sentence
        tell(f"Left out of every epoch: {sentence}")
        if len(self.problems) > min(max(1, MOST_UNREADABLE * len(self)), len(self) - 1):
            raise ValueError(
                f"{len(self.problems)} of {len(self)} films cannot be read so far: "
                f"that is no accident of single files. The last one: {sentence}"
            )
