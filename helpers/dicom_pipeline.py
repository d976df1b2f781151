"""From a list of DICOM films to a ``tf.data.Dataset``, bad files named on the way.

`films_in` lists the films of a folder. `FilmFiles.dataset` reads the files as the epoch
goes: little memory, but every epoch decodes them again unless ``.cache()`` follows.
`FilmFiles.arrays` reads them once into one array for
`helpers.input_pipeline.make_dataset`. Both leave unreadable films out, say so in a
sentence with the file's name, and stop when there are too many of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.dicom_pixels import DicomPixels, DicomPixelsError, read_each
from helpers.files import tell
from helpers.quiet_start import quiet_start
from helpers.resizing import as_bytes, fit_into_square

with quiet_start():
    import tensorflow as tf

MOST_UNREADABLE = 0.1
"""Share of the films that may be unreadable; more is no accident of single files."""
ENDINGS = (".dcm", ".dicom")


class FilmsError(ValueError):
    """Films cannot be used, said in one paragraph."""


def films_in(folder: str | os.PathLike) -> list[Path]:
    """Return the DICOM files of a folder and of the folders in it, sorted by path.

    A DICOM file is known by the letters DICM after 128 bytes, whatever its name.
    Without them only the ending .dcm or .dicom makes one (`FilmFiles` will say what is
    wrong with it); other files, such as a list of labels, are passed over.

    Raises
    ------
    FilmsError
        If there is no such folder, or no DICOM file in it.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> folder = Path(get_testdata_file("CT_small.dcm", download=False)).parent
    >>> "CT_small.dcm" in [path.name for path in films_in(folder)]
    True
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FilmsError(
            f"There is no folder {folder}. Expected one with DICOM files. Check the "
            "spelling, and from where the program was started."
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [path for path in files if _may_be_dicom(path)]
    if not found:
        others = ", ".join(sorted({path.suffix or "no ending" for path in files}))
        raise FilmsError(
            f"The folder {folder.name} holds {len(files)} files and none is DICOM"
            + (f" (endings: {others}). " if files else ". ")
            + "Expected at least one. Name the folder that holds the films."
        )
    return found


def _may_be_dicom(path: Path) -> bool:
    """Tell whether a file says that it is DICOM, by its first bytes or its name."""
    if path.name.startswith("."):
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM" or path.suffix.lower() in ENDINGS


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
    FilmsError
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
        if not self.paths or len(self.paths) != len(self.labels):
            raise FilmsError(
                f"There are {len(self.paths)} files and {len(self.labels)} labels; "
                "expected one label for each file and at least one file. Take both "
                "from the same table."
            )
        unknown = np.flatnonzero(~np.isfinite(self.labels))
        if len(unknown):
            raise FilmsError(
                f"{len(unknown)} of {len(self)} labels are no numbers, the first "
                f"{self.labels[unknown[0]]} of {self.paths[unknown[0]].name}. Expected "
                "one number for each film: one such label turns every weight of the "
                "network into NaN. Leave films without a label out."
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
            an epoch it raises tf.errors.OpError, with the text of `FilmsError`, if too
            many films cannot be read.
        """
        rows = tf.data.Dataset.range(len(self))
        found = rows.map(self._tensors, num_parallel_calls=parallel)
        readable = found.filter(lambda image, label, is_read: is_read)
        return readable.map(lambda image, label, is_read: (image, label))

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Read all films once, compressed ones with every core.

        Returns
        -------
        images : uint8 array of shape (n, size, size)
            The readable ones, in order.
        labels : float32 array of shape (n,)

        Raises
        ------
        FilmsError
            If too many films cannot be read.
        """
        images, kept = [], []
        for row, found in enumerate(read_each(self.paths)):
            image = self._image(row, found)
            if image is not None:
                images.append(image)
                kept.append(row)
        return np.array(images), self.labels[kept]

    def report(self) -> str:
        """Return what was left out so far, as text to print."""
        if not self.problems:
            return f"All {len(self)} films could be read, as far as they were."
        return "\n".join(
            [
                f"{len(self.problems)} of {len(self)} films left out:",
                *(f"- {sentence}" for sentence in self.problems.values()),
            ]
        )

    def _tensors(self, row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Read one film inside a tf.data graph."""
        image, is_read = tf.numpy_function(self._read, [row], (tf.uint8, tf.bool))
        image.set_shape((self.size, self.size, 1))
        is_read.set_shape(())
        label = tf.gather(tf.constant(self.labels), row)
        return image, label[None], is_read

    def _read(self, row: np.integer) -> tuple[np.ndarray, np.bool_]:
        """Return one film and True, or black and False."""
        (found,) = read_each([self.paths[int(row)]], workers=1)
        image = self._image(int(row), found)
        if image is None:
            return np.zeros((self.size, self.size, 1), np.uint8), np.False_
        return image[..., None], np.True_

    def _image(
        self, row: int, found: DicomPixels | DicomPixelsError
    ) -> np.ndarray | None:
        """Return display values of a film in its final size, or note the problem."""
        if isinstance(found, DicomPixelsError):
            return self._left_out(row, str(found))
        shown = found.display()
        if shown.ndim == 3 and found.is_colour:
            shown = as_bytes(shown.mean(axis=-1))
        if shown.ndim != 2:
            return self._left_out(
                row,
                f"{self.paths[row].name}: the file holds {found.frames} frames. "
                "Expected one film. Choose a frame, or use lesson 12 for series.",
            )
        if shown.shape != (self.size, self.size):
            shown = as_bytes(fit_into_square(shown, self.size))
        return shown

    def _left_out(self, row: int, sentence: str) -> None:
        """Note a film that cannot be used; tell it once; stop if there are too many."""
        path = str(self.paths[row])
        if path in self.problems:
            return
        self.problems[path] = sentence
        tell(f"Left out of every epoch: {sentence}")
        most = min(max(1, MOST_UNREADABLE * len(self)), len(self) - 1)
        if len(self.problems) > most:
            raise FilmsError(
                f"{len(self.problems)} of {len(self)} films cannot be read so far, "
                f"more than {MOST_UNREADABLE:.0%}: that is no accident of single "
                f"files. Expected films. The last one: {sentence}"
            )
