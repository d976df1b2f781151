"""Line integrals of attenuation through a thorax: physics without a detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from helpers.phantoms.chest.patients import Examination, Patient

#: Side of the square field of view; 3 mm pixels at 128, 0.75 mm at 512.
FIELD_MM = 384.0
_RADIUS_CLASSES_MM = (0.8, 1.5, 2.6)
_FIELD_CENTRE_MM = (0.0, -34.0)


@dataclass(frozen=True)
class View:
    """The pixel grid in the patient's reference frame.

    Parameters
    ----------
    x, z : float32 arrays of shape (rows, columns)
        Reference coordinates at mid depth, mm.
    rotation, tilt : float
        Tangents of the patient's rotation and tilt: structures at depth ``y``
        appear displaced by ``y`` times these.
    stretch : tuple of float
        The patient's factors from the reference frame (x, y, z).
    pixel_mm : float
        Side of a pixel at the detector.
    """

    x: np.ndarray
    z: np.ndarray
    rotation: float
    tilt: float
    stretch: tuple[float, float, float]
    pixel_mm: float

    def at_depth(self, y: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the reference coordinates of the organs that lie at depth ``y``."""
        return (
            self.x - np.float32(y * self.rotation),
            self.z - np.float32(y * self.tilt),
        )

    def shown(self, place: Sequence[float]) -> tuple[float, float, float]:
        """Return where a small body at ``place`` appears on the grid at depth 0."""
        x, y, z = (float(part) for part in place)
        return x + y * self.rotation, y, z + y * self.tilt

    def points(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return fractional (row, column) of reference points of shape (n, 3)."""
        x = place[:, 0] + place[:, 1] * self.rotation
        z = place[:, 2] + place[:, 1] * self.tilt
        middle = self.x.shape[0] // 2
        x_step = float(self.x[middle, middle + 1] - self.x[middle, middle])
        x_lean = float(self.x[middle + 1, middle] - self.x[middle, middle])
        z_step = float(self.z[middle + 1, middle] - self.z[middle, middle])
        z_lean = float(self.z[middle, middle + 1] - self.z[middle, middle])
        a, b = x - float(self.x[middle, middle]), z - float(self.z[middle, middle])
        det = x_step * z_step - x_lean * z_lean
        column = (a * z_step - b * x_lean) / det
        row = (b * x_step - a * z_lean) / det
        return row + middle, column + middle


def make_view(patient: Patient, examination: Examination, *, size: int) -> View:
    """Return the grid of ``size`` x ``size`` pixels over the field of view."""
    pixel = FIELD_MM / size
    line = (np.arange(size) - (size - 1) / 2) * pixel
    across, down = np.meshgrid(line, line)
    roll = np.deg2rad(examination.roll_deg)
    x = across + _FIELD_CENTRE_MM[0] - examination.shift_mm[0]
    z = -down + _FIELD_CENTRE_MM[1] - examination.shift_mm[1]
    turned_x = x * np.cos(roll) - z * np.sin(roll)
    turned_z = x * np.sin(roll) + z * np.cos(roll)
    sx, sy, sz = patient.stretch
    return View(
        x=(turned_x / sx).astype(np.float32),
        z=(turned_z / sz).astype(np.float32),
        rotation=float(np.tan(np.deg2rad(examination.rotation_deg)) * sy / sx),
        tilt=float(np.tan(np.deg2rad(examination.tilt_deg)) * sy / sz),
        stretch=patient.stretch,
        pixel_mm=pixel,
    )


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
    rows, columns = view.x.shape
    total = np.zeros((rows, columns), np.float32)
    step = view.pixel_mm / view.stretch[0]
    area = step * view.pixel_mm / view.stretch[2]
    classes = np.searchsorted(_RADIUS_CLASSES_MM, radius)
    layers = _bilinear(row, column, volume, classes=classes, shape=view.x.shape)
    for number, layer in enumerate(layers):
        chosen = classes == number
        if not chosen.any():
            continue
        sigma = max(np.sqrt(np.mean(np.square(radius[chosen]))) / 2 / step, 0.25)
        total += gaussian_filter(layer, sigma, truncate=3)
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
    share = np.concatenate([
        weight * (1 - down) * (1 - right), weight * (1 - down) * right,
        weight * down * (1 - right), weight * down * right,
    ])  # fmt: skip
    number = len(_RADIUS_CLASSES_MM) + 1
    total = np.bincount(place, share, number * rows * columns)
    return total.reshape(number, rows, columns).astype(np.float32)
