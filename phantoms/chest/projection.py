"""Diverging rays on a pixel grid: where every organ appears on the detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from phantoms.chest.patients import Examination, Patient
from phantoms.shapes.solids import Tube

#: Side of the square detector (17 inches); 3.4 mm pixels at 128, 0.84 mm at 512.
FIELD_MM = 430.0
#: Depth of the body's surface that touches the detector, reference mm (chosen).
SURFACE_MM = 130.0
_RADIUS_CLASSES_MM = (0.8, 1.5, 2.6)
_FIELD_CENTRE_MM = (0.0, -31.0)


@dataclass(frozen=True)
class View:
    """The pixel grid in the patient's reference frame, and the rays through it.

    Every ray is a straight line from the focus through its pixel. A turned or
    leaning patient sees the focus displaced, which is all that turning does here.

    Parameters
    ----------
    x, z : float32 arrays of shape (rows, columns)
        Reference coordinates where the rays meet the plane at depth 0, mm.
    rotation, tilt : float
        Tangents of the patient's rotation and tilt: structures at depth ``y``
        appear displaced by ``y`` times these.
    stretch : tuple of float
        The patient's factors from the reference frame (x, y, z).
    pixel_mm : float
        Side of a pixel at the detector.
    centre : tuple of float
        Where the ray at right angles to the detector meets depth 0, (x, z).
    source_y : float
        Depth of the focus: behind the patient (PA, positive), in front (AP,
        negative) or infinitely far (parallel rays).
    """

    x: np.ndarray
    z: np.ndarray
    rotation: float
    tilt: float
    stretch: tuple[float, float, float]
    pixel_mm: float
    centre: tuple[float, float] = (0.0, 0.0)
    source_y: float = np.inf

    def at_depth(self, y: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the reference coordinates of the rays at depth ``y``.

        Parameters
        ----------
        y : float, or array of the grid's shape
            mm.
        """
        if isinstance(y, float) and y == 0:
            return self.x, self.z
        y = np.asarray(y, np.float32)
        near = y * np.float32(1 / self.source_y)
        over = near * np.float32(self.centre[0]) - y * np.float32(self.rotation)
        up = near * np.float32(self.centre[1]) - y * np.float32(self.tilt)
        share = 1 - near
        x, z = self.x * share, self.z * share
        x += over
        z += up
        return x, z

    def shown(self, place: Sequence[float]) -> tuple[float, float, float]:
        """Return where a small body at ``place`` appears on the grid at depth 0."""
        x, z = self._cast(np.asarray(place, float)[None])
        return float(x[0]), float(place[1]), float(z[0])

    def seen(self, tube: Tube) -> Tube:
        """Return a tube as it appears on the grid at depth 0; its depths stay."""
        x, z = self._cast(tube.points)
        larger = 1 / (1 - tube.points[:, 1] / self.source_y)
        points = np.stack([x, tube.points[:, 1], z], axis=1)
        return Tube(points, tube.radii * larger)

    def _cast(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where points (n, 3) appear at depth 0."""
        x, y, z = place.T
        near = y / self.source_y
        return (
            (x + y * self.rotation - near * self.centre[0]) / (1 - near),
            (z + y * self.tilt - near * self.centre[1]) / (1 - near),
        )

    def slant(self) -> np.ndarray:
        """Return the true length of the rays for each true mm of depth, 1 or more."""
        sx, sy, sz = self.stretch
        across = (self.centre[0] - self.x) / self.source_y - self.rotation
        along = (self.centre[1] - self.z) / self.source_y - self.tilt
        slope = np.square(across * (sx / sy)) + np.square(along * (sz / sy))
        return np.sqrt(1 + slope).astype(np.float32)

    def cell(self) -> tuple[float, float, float, float]:
        """Return the grid's steps: (x, z) one column on, (x, z) one row on."""
        middle = self._middle()
        here = slice(middle, middle + 2)
        (a, b), (c, _) = self.x[here, here].astype(float)
        (d, e), (f, _) = self.z[here, here].astype(float)
        return b - a, e - d, c - a, f - d

    def _middle(self) -> int:
        """Return a row, and column, that has a next one also on a tall grid."""
        return min(self.x.shape[0] // 2, self.x.shape[1] - 2)

    def points(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return fractional (row, column) of reference points of shape (n, 3)."""
        x, z = self._cast(place)
        middle = self._middle()
        x_step, z_lean, x_lean, z_step = self.cell()
        a, b = x - float(self.x[middle, middle]), z - float(self.z[middle, middle])
        det = x_step * z_step - x_lean * z_lean
        column = (a * z_step - b * x_lean) / det
        row = (b * x_step - a * z_lean) / det
        return row + middle, column + middle


def make_view(patient: Patient, examination: Examination, *, size: int) -> View:
    """Return the grid of ``size`` x ``size`` pixels over the field of view.

    The body touches the detector with its chest (PA) or its back (AP). What lies
    at a distance d from the detector is magnified by s / (s - d), where s is the
    distance of the focus.
    """
    pixel = FIELD_MM / size
    sx, sy, sz = patient.stretch
    gap = sy * SURFACE_MM
    share = 1 - gap / examination.source_mm
    line = ((np.arange(size) - (size - 1) / 2) * pixel * share).astype(np.float32)
    across, down = np.meshgrid(line, line)
    centre = np.asarray(_FIELD_CENTRE_MM) - examination.shift_mm
    turn = np.deg2rad(examination.roll_deg)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    side = 1.0 if examination.view == "PA" else -1.0
    return View(
        x=(across * cosine + down * sine + np.float32(centre[0])) / np.float32(sx),
        z=(across * sine - down * cosine + np.float32(centre[1])) / np.float32(sz),
        rotation=float(np.tan(np.deg2rad(examination.rotation_deg)) * sy / sx),
        tilt=float(np.tan(np.deg2rad(examination.tilt_deg)) * sy / sz),
        stretch=patient.stretch,
        pixel_mm=pixel,
        centre=(float(centre[0] / sx), float(centre[1] / sz)),
        source_y=side * (examination.source_mm - gap) / sy,
    )


def flat_view(
    x: np.ndarray,
    z: np.ndarray,
    *,
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> View:
    """Return parallel rays from front to back through a regular grid.

    Parameters
    ----------
    x, z : float arrays of shape (rows, columns)
        Reference coordinates in mm; ``x`` rises along columns, ``z`` falls along
        rows.
    stretch : tuple of float
        The patient's factors from the reference frame (x, y, z).

    Examples
    --------
    >>> x, z = np.meshgrid(np.arange(-4.0, 5, 2), np.arange(4.0, -5, -2))
    >>> flat_view(x, z).at_depth(50)[0][0].tolist()
    [-4.0, -2.0, 0.0, 2.0, 4.0]
    """
    x, z = np.asarray(x, np.float32), np.asarray(z, np.float32)
    step = float(x[0, 1] - x[0, 0]) * stretch[0]
    return View(x, z, 0.0, 0.0, stretch, step)


def splat(
    view: View, place: np.ndarray, *, volume: np.ndarray, radius: np.ndarray
) -> np.ndarray:
    """Return the projected thickness of many small bodies, in mm.

    Each body keeps its volume: it is laid on the grid between its four nearest
    pixels and then spread by a Gaussian as wide as itself, so that a branch
    thinner than a pixel darkens that pixel in proportion.

    Parameters
    ----------
    view : View
    place : float array of shape (n, 3)
        Reference coordinates in mm.
    volume : float array of shape (n,)
        mm3 in the reference frame.
    radius : float array of shape (n,)
        mm.
    """
    row, column = view.points(place)
    x_step, z_lean, x_lean, z_step = view.cell()
    area = abs(x_step * z_step - x_lean * z_lean)
    volume = volume / np.square(1 - place[:, 1] / view.source_y)
    total = np.zeros(view.x.shape, np.float32)
    classes = np.searchsorted(_RADIUS_CLASSES_MM, radius)
    layers = _bilinear(row, column, volume, classes=classes, shape=view.x.shape)
    for number, layer in enumerate(layers):
        chosen = classes == number
        if not chosen.any():
            continue
        wide = np.sqrt(np.mean(np.square(radius[chosen]))) / 2
        total += gaussian_filter(layer, max(wide / np.sqrt(area), 0.25), truncate=3)
    return total / np.float32(area)


def _bilinear(
    row: np.ndarray,
    column: np.ndarray,
    weight: np.ndarray,
    *,
    classes: np.ndarray,
    shape: tuple[int, int],
) -> np.ndarray:
    """Return one float32 image a class, weights shared between four neighbours."""
    rows, columns = shape
    inside = (row >= 0) & (row < rows - 1) & (column >= 0) & (column < columns - 1)
    row, column, weight = row[inside], column[inside], weight[inside]
    top, left = row.astype(np.int64), column.astype(np.int64)
    down, right = row - top, column - left
    first = (classes[inside] * rows + top) * columns + left
    place = np.concatenate([first, first + 1, first + columns, first + columns + 1])
    upper, lower, rest = weight * (1 - down), weight * down, 1 - right
    share = np.concatenate([upper * rest, upper * right, lower * rest, lower * right])
    number = len(_RADIUS_CLASSES_MM) + 1
    total = np.bincount(place, share, number * rows * columns)
    return total.reshape(number, rows, columns).astype(np.float32)
