"""The vertebral column: bodies with their shells, arches, and all processes.

The column stands against the back wall of the cage and follows its curve, so the
end plates of the upper and lower vertebrae lean against the rays and only those
in the middle are seen sharply. Sizes are chosen for appearance, near those of
anatomy books: thoracic bodies 28 to 36 mm wide and 27 mm deep, a canal of 15 mm,
0.5 mm of cortex at the sides and 0.6 to 1.4 mm in the end plates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.thorax import Thorax
from phantoms.shapes.solids import HeightTable, Interval

_BACK_MM = 21.0  # from the back of the bodies to the inside of the cage
_BODY_MM = HeightTable.through([-180, 0, 60, 105, 150], [30, 27, 23, 18, 16])
_NECK_MM = (24.0, 30.0)  # how far, and how wide, the ribs bend forwards to the column


@dataclass(frozen=True)
class Spine:
    """The spine of one patient.

    Parameters
    ----------
    course : HeightTable
        Sideways place of the column in mm.
    centres : float32 array of shape (n,)
        Heights of the vertebral bodies, rising, mm.
    heights, half_widths, plates : float32 arrays of shape (n,)
        Height and half width of each body, thickness of its end plates, mm.
    spurs : float32 array of shape (n, 2)
        Osteophytes at the right and left edges of the end plates, mm.
    wings : float32 array of shape (n,)
        Reach of the transverse processes from the midline, mm.
    """

    course: HeightTable
    centres: np.ndarray
    heights: np.ndarray
    half_widths: np.ndarray
    plates: np.ndarray
    spurs: np.ndarray
    wings: np.ndarray


def build_spine(
    centres_mm: np.ndarray,
    rng: np.random.Generator,
    *,
    worn: float,
    bend_mm: np.ndarray,
) -> Spine:
    """Return a spine from the heights of its vertebrae.

    Parameters
    ----------
    centres_mm : float array of shape (n,)
        Heights of the vertebral bodies.
    rng : numpy.random.Generator
    worn : float
        Degenerative change, 0 to 1: narrow discs, dense end plates, osteophytes,
        and now and then a body that has sunk in.
    bend_mm : float array of shape (4,)
        Sideways place at the heights 0, -80, -160 and -260 mm.
    """
    centres = np.sort(np.asarray(centres_mm, float))
    n = len(centres)
    gaps = np.gradient(centres)
    disc = np.clip(0.21 * gaps * (1 - 0.5 * worn * rng.random(n)), 1.6, None)
    sunk = rng.random(n) < 0.05 * max(worn - 0.45, 0)
    heights = (gaps - disc) * np.where(sunk, 0.78, 1.0)
    levels, reach = (-190, -160, -140, 95, 115, 150), (36, 30, 24, 35, 22, 17)
    wings = np.interp(centres, levels, reach)
    spurs = worn * rng.gamma(1.2, 2.6, (n, 2)) * (rng.random((n, 2)) < 0.8 * worn)
    place = [*bend_mm, 0.35 * bend_mm[0], 0.0]
    return Spine(
        course=HeightTable.through([0, -80, -160, -260, 90, 220], place),
        centres=centres.astype(np.float32),
        heights=heights.astype(np.float32),
        half_widths=(15.0 + np.clip(-centres, -90, 200) * 0.017).astype(np.float32),
        plates=(0.55 + 0.9 * worn * rng.random(n)).astype(np.float32),
        spurs=np.minimum(spurs, 7).astype(np.float32),
        wings=wings.astype(np.float32),
    )


def body_depth(z: np.ndarray) -> np.ndarray:
    """Return how deep the vertebral bodies are from front to back, in mm."""
    return _BODY_MM(z)


def column_front(thorax: Thorax, z: np.ndarray) -> np.ndarray:
    """Return the depth of the front of the vertebral bodies at a height, in mm."""
    return column_back(thorax, z) - body_depth(z)


def column_back(thorax: Thorax, z: np.ndarray) -> np.ndarray:
    """Return the depth of the back of the vertebral bodies at a height, in mm."""
    return thorax.cage_depth(z) - np.float32(_BACK_MM)


def neck_room(off: np.ndarray) -> np.ndarray:
    """Return how far the cage's back wall bends forwards beside the spine, in mm."""
    forward, wide = _NECK_MM
    share = np.maximum(1 - np.maximum(off - 17, 0) * np.float32(1 / wide), 0)
    return np.float32(forward) * share * share * (3 - 2 * share)


def spine_room(spine: Spine, thorax: Thorax, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the space of the spine and the necks of the ribs: no lung enters it.

    Parameters
    ----------
    spine : Spine
    thorax : Thorax
    x, z : float arrays of shape (rows, columns), mm

    Returns
    -------
    Interval
        From the front of the bodies and of the ribs' necks to behind the cage.
    """
    off = np.abs(x - spine.course(z))
    cage = thorax.cage_depth(z)
    # the oesophagus, veins and fat round the edges off
    bulge = np.float32(31) * np.exp(-np.square(off * np.float32(1 / 21)))
    near = off < 50
    round_wall = cage - np.float32(0.0014) * np.square(off)
    front = np.where(near, round_wall - neck_room(off) - bulge, cage + 1)
    return front, cage + np.where(near, np.float32(20), np.float32(0))
