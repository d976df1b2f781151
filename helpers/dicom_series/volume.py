"""The volume that `read_series` returns: voxels, unit, spacing, place in patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from helpers.dicom_series.errors import Problem
from helpers.dicom_series.geometry import toward


@dataclass(frozen=True, eq=False)
class SeriesVolume:
    """The voxels of one series and where they lie.

    Attributes
    ----------
    values : float32 array of shape (slices, rows, columns)
        In `unit`; NaN in slices that are missing.
    unit : str
        "HU" and the like, see `DicomPixels`.
    affine : float array of shape (3, 4)
        From voxel (slice, row, column, 1) to patient mm: x to the patient's left, y to
        the back, z to the head; of the centre of a voxel.
    problems : tuple of Problem
        What was found; nothing in it is fatal, or it was mended as asked.
    paths : tuple of Path
        The files in the order of the slices.
    """

    values: np.ndarray
    unit: str
    affine: np.ndarray
    problems: tuple[Problem, ...] = ()
    paths: tuple[Path, ...] = ()

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance of slices, rows and columns, in mm."""
        slice_mm, row_mm, column_mm = np.linalg.norm(self.affine[:, :3], axis=0)
        return float(slice_mm), float(row_mm), float(column_mm)

    @property
    def origin_mm(self) -> np.ndarray:
        """Centre of voxel (0, 0, 0) in the patient (x, y, z), in mm."""
        return self.affine[:, 3].copy()

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in ml."""
        return float(np.prod(self.spacing_mm)) / 1000

    def to_patient_mm(self, voxels: ArrayLike) -> np.ndarray:
        """Return patient coordinates (..., 3) of voxels (slice, row, column).

        Voxels may be fractional; whole numbers are centres of voxels.
        """
        voxels = np.asarray(voxels, dtype=float)
        return voxels @ self.affine[:, :3].T + self.affine[:, 3]

    def to_voxel(self, places_mm: ArrayLike) -> np.ndarray:
        """Return fractional voxels (..., 3) of places (x, y, z) in the patient."""
        places = np.asarray(places_mm, dtype=float) - self.affine[:, 3]
        return np.linalg.solve(self.affine[:, :3], places[..., None])[..., 0]

    def toward(self, axis: int) -> str:
        """Say where an axis (0 slices, 1 rows, 2 columns) leads as its index rises."""
        return toward(self.affine[:, axis])

    def with_voxels(self, values: np.ndarray, affine: np.ndarray) -> SeriesVolume:
        """Return another grid of voxels of the same series."""
        return replace(self, values=values, affine=np.asarray(affine, dtype=float))

    def describe(self) -> str:
        """Return a few lines to print: size, spacing, directions, problems."""
        size = " x ".join(map(str, self.values.shape))
        spacing = " x ".join(f"{length:.2f}" for length in self.spacing_mm)
        lines = [
            f"{size} voxels of {spacing} mm (slices, rows, columns), in {self.unit}",
            f"slices toward {self.toward(0)}, rows toward {self.toward(1)}, "
            f"columns toward {self.toward(2)}",
        ]
        return "\n".join(lines + [f"- {problem}" for problem in self.problems])
