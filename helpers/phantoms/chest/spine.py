"""The vertebral column: bodies, discs, end plates, pedicles and processes.

Sizes are chosen for appearance; heights follow the ribs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.phantoms.shapes.solids import HeightTable
from helpers.phantoms.shapes.tubes import grid_window


@dataclass(frozen=True)
class Spine:
    """The spine of one patient.

    Parameters
    ----------
    course : HeightTable
        Sideways place of the column in mm.
    body : HeightTable
        0 in a disc, 1 in a vertebral body.
    plate : HeightTable
        1 at the end plates.
    pedicles : float array of shape (n,)
        Heights of the pedicles in mm.
    """

    course: HeightTable
    body: HeightTable
    plate: HeightTable
    pedicles: np.ndarray


def build_spine(centres_mm: np.ndarray, *, bend_mm: Sequence[float]) -> Spine:
    """Return a spine from the heights of its vertebrae and its sideways bend.

    Parameters
    ----------
    centres_mm : float array of shape (n,)
        Heights of the vertebral bodies.
    bend_mm : four numbers
        Sideways place at the heights 0, -80, -160 and -260 mm.
    """
    course = HeightTable.through([220, 90, 0, -80, -160, -260], [0, 0, *bend_mm])
    body, plate = _vertebrae(centres_mm)
    return Spine(course, body, plate, (centres_mm - 4).astype(np.float32))


def _vertebrae(centres: np.ndarray) -> tuple[HeightTable, HeightTable]:
    """Return height tables of vertebral bodies and of their end plates."""
    z = np.arange(-320.0, 320.5, 0.5)
    order = np.sort(centres)
    index = np.clip(np.searchsorted(order, z), 1, len(order) - 1)
    gap = order[index] - order[index - 1]
    # distance to the middle of the disc between two neighbours
    off = np.abs(z - (order[index] + order[index - 1]) / 2)
    body = 1 / (1 + np.exp(-(off - 0.10 * gap) / 0.7))
    plate = np.exp(-0.5 * np.square((off - 0.13 * gap) / 0.8))
    return HeightTable(body.astype(np.float32)), HeightTable(plate.astype(np.float32))


def spine_thickness(
    spine: Spine, x: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return cortical and inner thickness of the vertebral column, in mm."""
    cortex, marrow = np.zeros_like(x), np.zeros_like(x)
    window = grid_window(x, z, (-62.0, 0.0, 400.0), (62.0, 0.0, -400.0), margin=14)
    if window is not None:
        cortex[window], marrow[window] = _column(spine, x[window], z[window])
    return cortex, marrow


def _column(
    spine: Spine, x: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bodies, end plates, pedicles and processes of the vertebrae."""
    off = x - spine.course(z)
    body, plate = spine.body(z), spine.plate(z)
    half = 16.5 + np.clip(-z, -60, 200) * 0.018 - 1.5 * (body * (1 - plate))
    u = np.square(off / half)
    room = np.maximum(1 - u * u, 0)
    inside = 20 * np.sqrt(room) * (0.45 + 0.55 * body)
    side = np.exp(-0.5 * np.square((np.abs(off) - half + 0.8) / 0.8))
    cortex = (0.5 + 0.5 * body) * np.sqrt(room) + 1.3 * side * body + 1.1 * plate * room
    nearest = spine.pedicles[
        np.abs(spine.pedicles[:, None] - z[:, z.shape[1] // 2]).argmin(axis=0)
    ][:, None]
    dz = z - nearest
    ring = np.hypot((np.abs(off) - 0.66 * half) / 4.2, (dz - 3) / 6.0)
    cortex += 1.6 * np.exp(-0.5 * np.square((ring - 1) / 0.25))
    process = np.hypot(off / 3.2, (dz + 9) / 8.5)
    cortex += 2.2 * np.exp(-0.5 * np.square((process - 0.8) / 0.3))
    wing = np.exp(-0.5 * np.square((dz - 4 - 0.12 * np.abs(off)) / 4.0))
    wing = wing * np.clip((34 - np.abs(off)) / 8, 0, 1) * (np.abs(off) > half - 3)
    return cortex + 0.9 * wing, inside + 5 * wing
