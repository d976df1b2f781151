"""Masks that the table of an own folder names, on the same grid as the images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from helpers.cohorts.card import CohortError
from helpers.cohorts.own_folder.image_files import read_picture
from helpers.cohorts.own_folder.images import in_threads
from helpers.cohorts.own_folder.table import FolderTable, find_file
from helpers.cohorts.resizing import fit_into_square, half_covered


def read_masks(
    table: FolderTable,
    findings: dict[str, np.ndarray],
    native_shapes: list[tuple[int, int]],
    *,
    size: int,
) -> dict[str, np.ndarray] | None:
    """Return the masks per finding, or None when the table names none.

    A column `<finding>_mask` belongs to that finding; a column `mask` to every finding
    that the image has. An empty cell is an empty mask.

    Parameters
    ----------
    table : FolderTable
    findings : dict of int arrays
        0/1 per image.
    native_shapes : list of (rows, columns)
        Of the images as they are in their files.
    size : int
        Rows and columns of the images in the cohort.

    Raises
    ------
    CohortError
        If a mask file is missing, or has another shape than its image.
    """
    masks: dict[str, np.ndarray] = {}
    shared = table.column("mask")
    of_all = shared and _read_column(table, shared, native_shapes, size=size)
    for finding, present in findings.items():
        own = table.column(f"{finding}_mask".lower())
        if own is not None:
            masks[finding] = _read_column(table, own, native_shapes, size=size)
        elif shared is not None:
            masks[finding] = of_all & (present == 1)[:, None, None]
    return masks or None


def _read_column(
    table: FolderTable,
    column: str,
    native_shapes: list[tuple[int, int]],
    *,
    size: int,
) -> np.ndarray:
    names = table.rows[column].tolist()
    filled = [row for row, name in enumerate(names) if name]
    paths = [_mask_path(table, column, row) for row in filled]
    shapes = [native_shapes[row] for row in filled]
    masks = np.zeros((len(names), size, size), bool)
    read = in_threads(
        lambda index: _read_mask(paths[index], shapes[index], size),
        paths,
        where=lambda index: f"{table.where(filled[index])}, column {column!r}",
        doing="Reading masks",
    )
    for row, mask in zip(filled, read, strict=True):
        masks[row] = mask
    return masks


def _mask_path(table: FolderTable, column: str, row: int) -> Path:
    name = table.rows[column].iloc[row]
    path = find_file(name, table.folder / "masks", table.folder)
    if path is None:
        raise CohortError(
            f"The mask {name!r} ({table.where(row)}, column {column!r}) is not in "
            f"{table.folder} nor in its subfolder masks/. Expected a path that counts "
            "from the folder of the CSV, or an empty cell for an image without a mask."
        )
    return path


def _read_mask(path: Path, shape: tuple[int, int], size: int) -> np.ndarray:
    """Return one mask, True inside, on the grid of the cohort."""
    picture = read_picture(path)
    if picture.native_shape != shape:
        rows, columns = picture.native_shape
        raise CohortError(
            f"the mask has {rows} x {columns} pixels, its image {shape[0]} x "
            f"{shape[1]}; expected the same. Export the mask on the grid of its image."
        )
    values = picture.values if picture.values.ndim == 2 else picture.values.max(axis=2)
    inside = values > picture.top / 2
    return half_covered(fit_into_square(inside, size))
