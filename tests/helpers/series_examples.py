"""Small CT series on disk, and ways to damage them, for the tests of dicom_series."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom

from phantoms.dicom_writing import CtSeries, write_series

SHAPE = (6, 20, 16)
SPACING_MM = (2.5, 0.75, 0.5)
ORIGIN_MM = (-10.0, -20.0, 30.0)


def example_hu(shape=SHAPE, seed=0) -> np.ndarray:
    """Return CT numbers that differ in every voxel."""
    rng = np.random.default_rng(seed)
    return rng.integers(-1000, 1000, shape).astype(np.int16)


def turned(degrees: float, axis: str = "x") -> tuple[float, ...]:
    """Return the orientation of axial slices turned about an axis of the patient."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    row, column = np.eye(3)[:2]
    turns = {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }
    return (*(turns[axis] @ row), *(turns[axis] @ column))


def write_example(
    folder, *, hu=None, spacing_mm=SPACING_MM, syntax="uncompressed", **details
):
    """Write a series; return its paths in the order of the slices."""
    details = {"origin_mm": ORIGIN_MM, "shuffled_names": True} | details
    return write_series(
        folder,
        example_hu() if hu is None else hu,
        spacing_mm=spacing_mm,
        patient_id="P0001",
        details=CtSeries(**details),
        transfer_syntax=syntax,
    )


def change(path, **attributes) -> Path:
    """Change attributes of a file; None takes one out."""
    dataset = pydicom.dcmread(path)
    for keyword, value in attributes.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


def lean(paths, shift_mm) -> None:
    """Move every slice by (x, y, z) against the one before: a tilted gantry."""
    for number, path in enumerate(paths):
        place = np.asarray(pydicom.dcmread(path).ImagePositionPatient, dtype=float)
        change(path, ImagePositionPatient=list(place + number * np.asarray(shift_mm)))
