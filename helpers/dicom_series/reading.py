"""From a folder of DICOM files to a volume, or to one paragraph that says why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from helpers.dicom_pixels import DicomPixels, DicomPixelsError, read_each
from helpers.dicom_series.choosing import Source, find_series, place_of
from helpers.dicom_series.errors import (
    MENDABLE,
    DicomSeriesError,
    fatal_error,
    series_error,
)
from helpers.dicom_series.examination import SeriesGeometry
from helpers.dicom_series.headers import SliceHeader
from helpers.dicom_series.stacking import stacked
from helpers.dicom_series.straightening import AIR_HU, straighten
from helpers.dicom_series.volume import SeriesVolume

LARGEST_BYTES = 2**32  # of a volume in float32; a larger one must be read in parts


def read_series(
    source: Source,
    *,
    series_uid: str | None = None,
    where: Mapping[str, object] | None = None,
    mend: Collection[str] = (),
    workers: int | None = None,
) -> SeriesVolume:
    """Read one series into a volume with spacing and place, or refuse it in words.

    Slices are ordered by their positions. What makes the result untrustworthy stops
    the reading; what does not is in `problems` of the volume.

    Parameters
    ----------
    source : path-like, or paths
        A folder (with its subfolders), a list of files, or one multi-frame file.
    series_uid : str or None
        Series Instance UID, where the folder holds several series.
    where : mapping or None
        Attributes and the values that a slice must have, such as
        ``{"AcquisitionNumber": 2}``: to take one of several time points.
    mend : collection of "gap" and "tilt"
        What to mend instead of refusing it. "gap" fills missing slices with NaN;
        "tilt" moves the slices of a tilted gantry back within their planes.
    workers : int or None
        Processes that decompress, see `read_each`; None: decided by the files.

    Returns
    -------
    SeriesVolume

    Raises
    ------
    DicomSeriesError
        With one paragraph, if there is no image, there are several series, a file is
        damaged, or the slices do not make a stack.
    ValueError
        If `mend` names something else.
    """
    mend = {mend} if isinstance(mend, str) else set(mend)
    if mend - set(MENDABLE):
        raise ValueError(
            f"mend has {sorted(mend - set(MENDABLE))}. Expected some of "
            f"{list(MENDABLE)}, such as mend=('tilt',). Other problems cannot be "
            "mended without guessing."
        )
    path = place_of(source)
    geometry = find_series(source, series_uid=series_uid, where=where)
    if geometry.fatal(mend=mend):
        raise fatal_error(path, geometry.problems)
    _check_size(path, geometry)
    values, unit = _voxels(path, geometry, workers)
    return _volume(values, unit, geometry)


def _check_size(path: Path | None, geometry: SeriesGeometry) -> None:
    """Raise before memory runs out on a damaged header or an absurd gap."""
    rows, columns = geometry.headers[0].size
    n_bytes = 4 * rows * columns * geometry.slices
    absurd = geometry.slices > 10 * len(geometry.headers) + 10
    if n_bytes > LARGEST_BYTES or absurd:
        raise series_error(
            path,
            f"the volume would have {geometry.slices} slices of {rows} x {columns} "
            f"pixels ({n_bytes / 1e9:.1f} GB), and {len(geometry.headers)} are here",
            expected=f"at most {LARGEST_BYTES / 1e9:.1f} GB, and most slices present",
            do="Read it in parts: pass some of the paths.",
        )


def _voxels(
    path: Path | None, geometry: SeriesGeometry, workers: int | None
) -> tuple[np.ndarray, str]:
    """Decode every slice into its place, and compare the copies with it."""
    size = geometry.headers[0].size
    values = np.full((geometry.slices, *size), np.nan, dtype=np.float32)
    places = dict(zip(geometry.headers, geometry.places.tolist(), strict=True))
    wanted: dict[Path, list[SliceHeader]] = {}
    for header in [*geometry.headers, *geometry.copies]:
        wanted.setdefault(header.path, []).append(header)
    units: dict[str, str] = {}
    files = zip(wanted.values(), read_each(list(wanted), workers=workers), strict=True)
    for headers, found in files:
        for header in headers:
            plane = _plane(path, header, found, size)
            units.setdefault(found.unit, header.name)
            if header in places:
                values[places[header]] = plane
            else:
                original = places[geometry.copies[header]]
                _check_copy(path, header, plane, values[original])
    if len(units) > 1:
        listed = ", ".join(f"{unit} ({name})" for unit, name in list(units.items())[:3])
        raise series_error(
            path,
            f"the slices are in different units: {listed}",
            expected="one unit",
            do="Exported or 8-bit copies are mixed with originals: take these out.",
        )
    return values, next(iter(units))


def _plane(
    path: Path | None,
    header: SliceHeader,
    found: DicomPixels | DicomPixelsError,
    size: tuple[int, int],
) -> np.ndarray:
    """Return the values of one slice."""
    if isinstance(found, DicomPixelsError):
        raise DicomSeriesError(
            f"A slice cannot be read, and without it there is no volume. {found}",
            path=str(header.path),
        ) from found
    plane = found.values if header.frame is None else found.values[header.frame]
    if found.is_colour or plane.shape != size:
        raise series_error(
            path,
            f"{header.name} has values of the shape {plane.shape}",
            expected=f"one grey image of {size[0]} x {size[1]} pixels a slice",
            do="Colour images and screenshots are no slices: leave them out.",
        )
    return plane


def _check_copy(
    path: Path | None, header: SliceHeader, plane: np.ndarray, original: np.ndarray
) -> None:
    """Raise if what calls itself the same image has other pixels."""
    if not np.array_equal(original, plane, equal_nan=True):
        raise series_error(
            path,
            f"{header.name} and another image have one SOP Instance UID and one "
            "place, but not the same pixels",
            expected="the same pixels in a file that is there twice",
            do="One of the two was changed. Take the original one.",
        )


def _volume(values: np.ndarray, unit: str, geometry: SeriesGeometry) -> SeriesVolume:
    """Straighten where that was asked for, and put everything together."""
    affine = geometry.affine
    if any(problem.kind == "tilt" for problem in geometry.problems):
        slide = stacked(geometry.headers).sideways_mm
        share = np.arange(len(values)) / geometry.places[-1]
        fill = AIR_HU if unit == "HU" else float(np.nanmin(values))
        values, before = straighten(
            values, share[:, None] * slide[-1], geometry.spacing_mm[1:], fill=fill
        )
        origin = affine @ [0, -before[0], -before[1], 1]
        affine = np.column_stack([affine[:, :3], origin])
    paths = tuple(header.path for header in geometry.headers)
    return SeriesVolume(values, unit, affine, geometry.problems, paths)
