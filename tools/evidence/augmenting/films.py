"""Films for the experiments: sets of images, labels and masks, with their splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helpers import cohorts
from helpers.files import cache_dir, written_whole
from helpers.resizing import shrink_images, shrink_masks
from phantoms import GENERATOR_VERSION
from phantoms.pneumothorax_twins import twin_films

SIDE = 64  # rows and columns, pixels
COLLAPSE = (0.15, 0.60)  # share of the lung's volume, drawn evenly
DRAWN_WITH = 16  # seed of sides and sizes


@dataclass(frozen=True)
class Films:
    """Images with a label, and where they may be used.

    Parameters
    ----------
    images : uint8 array of shape (n, rows, columns)
    labels : int array of shape (n,)
    split : text array of shape (n,)
    masks : bool array like `images`, or None
    """

    images: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    masks: np.ndarray | None = None

    def part(self, rows: np.ndarray | str) -> Films:
        """Return some rows, or one split."""
        rows = self.split == rows if isinstance(rows, str) else rows
        masks = None if self.masks is None else self.masks[rows]
        return Films(self.images[rows], self.labels[rows], self.split[rows], masks)


def of_cohort(name: str, *, size: int | None = None) -> Films:
    """Return a cohort, labelled with its first finding, with masks if it has any."""
    cohort = cohorts.load(name, size=size)
    finding = cohort.finding()
    split = cohort.table["split"].to_numpy(dtype=str)
    masks = None if cohort.masks is None else cohort.masks[finding]
    return Films(cohort.images, cohort.labels(), split, masks)


def half_mirrored() -> Films:
    """Return films without any finding; every second one is mirrored, label 1."""
    cohort = cohorts.load("chest_insilico", size=SIDE)
    healthy = (cohort.table[cohort.findings].sum(axis=1) == 0).to_numpy()
    images = cohort.images[healthy].copy()
    labels = np.arange(len(images)) % 2
    images[1::2] = images[1::2, :, ::-1]
    return Films(images, labels, cohort.table["split"][healthy].to_numpy(dtype=str))


def pneumothorax_twins() -> tuple[Films, np.ndarray]:
    """Return each patient's first film healthy and with a pneumothorax, and its side.

    Nothing else differs between the two: no other finding, no drain. The films are kept
    in the cache.

    Returns
    -------
    films : Films
        Healthy and ill films in turn.
    side : int array of shape (n,)
        0 right, 1 left, -1 for the healthy ones.
    """
    path = cache_dir() / f"pneumothorax_twins_{GENERATOR_VERSION}.npz"
    if not path.exists():
        images, masks, side, split = _make_twins()
        with written_whole(path) as part, part.open("wb") as file:
            np.savez(
                file,
                images=images,
                masks=np.packbits(masks, axis=-1),
                side=side,
                split=split,
            )
    with np.load(path, allow_pickle=False) as kept:
        masks = np.unpackbits(kept["masks"], axis=-1).astype(bool)
        images = shrink_images(kept["images"], SIDE)
        side, split = kept["side"], kept["split"]
    films = Films(images, (side >= 0).astype(int), split, shrink_masks(masks, SIDE))
    return films, side


def _make_twins() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Image two twins of every patient; about two minutes."""
    cohort, rng = cohorts.load("chest_insilico"), np.random.default_rng(DRAWN_WITH)
    table = cohort.table.drop_duplicates("patient_id")
    shape = (2 * len(table), *cohort.images.shape[1:])
    images, masks = np.zeros(shape, np.uint8), np.zeros(shape, bool)
    side = np.full(len(images), -1)
    for number, study_id in enumerate(table["study_id"]):
        collapse, left = rng.uniform(*COLLAPSE), int(rng.integers(2))
        healthy, ill, mask = twin_films(
            study_id, side=("right", "left")[left], collapse=collapse
        )
        images[2 * number], images[2 * number + 1] = healthy, ill
        masks[2 * number + 1], side[2 * number + 1] = mask, left
    return images, masks, side, np.repeat(table["split"].to_numpy(dtype=str), 2)
