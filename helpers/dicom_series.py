"""Read a DICOM series into a volume: ordered, spaced, in its place; or refuse it.

A file name says nothing of where a slice lies, Instance Number little, Slice Thickness
only how much tissue a slice averages. What counts are Image Position and Image
Orientation (Patient). `read_series` orders slices by them and takes the spacing from
them; what cannot be trusted (a gap, two images at one place, a tilted gantry) is a
`DicomSeriesError`, what a user should know is in `SeriesVolume.problems`.
`list_series` says the same of every series in a folder, without reading pixels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pydicom.datadict import dictionary_VM
from pydicom.dataset import Dataset
from pydicom.misc import is_dicom
from scipy.ndimage import shift

from helpers.dicom_pixels import DicomPixelsError, open_dataset, read_pixels

# A slice may lie 5 % of the spacing off its even place, or as far as rounding to tenths
# of a millimetre moves it: 0.05 mm itself, and 0.05 mm the ends of the series.
EVEN_SHARE, ROUNDING_MM = 0.05, 0.1001
SAME_PLACE_MM, HALF_PIXEL, OBLIQUE_DEG = 0.01, 0.5, 1.0

# How far the numbers of one slice may be off those of another; 0.002 of a direction
# cosine is a tenth of a degree.
SAME = {"Rows": 0, "Columns": 0, "PixelSpacing": 1e-3}
SAME |= {"ImageOrientationPatient": 2e-3, "ImagePositionPatient": np.inf}
# What may tell apart slices of one place, of one file or of several:
TELLING = ["TemporalPositionIndex", "TemporalPositionIdentifier", "AcquisitionNumber"]
TELLING += [
    "EchoNumbers",
    "EchoTime",
    "EffectiveEchoTime",
    "DiffusionBValue",
    "StackID",
]
ALL: Mapping[str, Any] = {}
CHOOSE = "Give the paths of those that belong together."
WHOLE = "Expected whole slices: fetch them again, or take out what is none."
Slices = list[SimpleNamespace]
Source = str | Path | Iterable[str | Path]


class Problem(NamedTuple):
    """Something about a series that whoever uses it should know.

    Attributes
    ----------
    kind : str
        A short name, such as "gap", "duplicate", "tilt", "oblique", "reversed".
    text : str
        Which slice and how many mm, and what can be done; whole sentences.
    fatal : bool
        True: no volume can be trusted until this is settled.
    """

    kind: str
    text: str
    fatal: bool = False

    def __str__(self) -> str:
        """Return the name and the sentences."""
        return f"{self.kind}: {self.text}"


class DicomSeriesError(ValueError):
    """A folder, or a list of files, cannot become a volume; said in one paragraph.

    Attributes
    ----------
    problem : Problem or None
        What is wrong with the series; None if there is none, or several.
    """

    problem: Problem | None = None


@dataclass(frozen=True, eq=False)
class SeriesVolume:
    """The voxels of one series and where they lie.

    Attributes
    ----------
    values : float32 array of shape (slices, rows, columns)
        In `unit`; NaN in slices that are missing.
    unit : str
        "HU" and the like, see `helpers.dicom_pixels.read_pixels`.
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
        return tuple(np.linalg.norm(self.affine[:, :3], axis=0).tolist())

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in ml."""
        return float(np.prod(self.spacing_mm)) / 1000

    def to_patient_mm(self, voxels: ArrayLike) -> np.ndarray:
        """Return patient coordinates (..., 3) of voxels (slice, row, column).

        Voxels may be fractional; whole numbers are centres of voxels.
        """
        return np.asarray(voxels, float) @ self.affine[:, :3].T + self.affine[:, 3]

    def to_voxel(self, places_mm: ArrayLike) -> np.ndarray:
        """Return fractional voxels (..., 3) of places (x, y, z) in the patient."""
        places = np.asarray(places_mm, dtype=float) - self.affine[:, 3]
        return np.linalg.solve(self.affine[:, :3], places[..., None])[..., 0]


def slice_position_mm(header: Any) -> float:
    """Return the distance of a slice along its own normal, in mm.

    Parameters
    ----------
    header : pydicom Dataset, or anything with the two attributes
        ``ImageOrientationPatient`` (six numbers) and ``ImagePositionPatient`` (three).

    Raises
    ------
    AttributeError
        If one of the two is not there: then the slice has no known place.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> slice_position_mm(SimpleNamespace(
    ...     ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
    ...     ImagePositionPatient=[-160, -150, 42.5]))
    42.5

    References
    ----------
    DICOM PS3.3, C.7.6.2.1.1 (Image Position and Image Orientation).
    """
    normal = _normal(header.ImageOrientationPatient)
    return float(normal @ np.asarray(header.ImagePositionPatient, dtype=float))


def affine_of(
    position: ArrayLike,
    orientation: ArrayLike,
    pixel_spacing_mm: tuple[float, float],
    step_mm: ArrayLike,
) -> np.ndarray:
    """Return the 3 x 4 matrix from voxel (slice, row, column, 1) to patient mm.

    Parameters
    ----------
    position : (x, y, z)
        Image Position (Patient) of the first slice, in mm: x to the patient's left, y
        to the back, z to the head.
    orientation : six numbers
        Image Orientation (Patient).
    pixel_spacing_mm : (rows, columns)
        Pixel Spacing: the distance of neighbouring rows comes first.
    step_mm : (x, y, z)
        From one slice to the next.

    Examples
    --------
    >>> affine = affine_of((-10, -20, 5), (1, 0, 0, 0, 1, 0), (0.5, 0.25), (0, 0, 2))
    >>> (affine @ [1, 2, 4, 1]).tolist()
    [-9.0, -19.0, 7.0]

    References
    ----------
    DICOM PS3.3, C.7.6.2.1.1, equation C.7.6.2.1-1.
    """
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    axes = [step_mm, column * pixel_spacing_mm[0], row * pixel_spacing_mm[1]]
    return np.column_stack([*axes, position])


def list_series(source: Source) -> pd.DataFrame:
    """Return one row for each series in a folder and its subfolders.

    Parameters
    ----------
    source : path-like, or paths
        A folder, one file, or a list of files.

    Returns
    -------
    DataFrame
        series_uid, series (modality and number), images, problems (tuple of
        `Problem`; where none is fatal, `read_series` can read the series).

    Raises
    ------
    DicomSeriesError
        If there is no image, or a file that may be one cannot be read.
    FileNotFoundError
        If there is no such folder.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> folder = Path(get_testdata_file("DICOMDIR", download=False)).parent / "98892001"
    >>> list_series(folder / "CT5N")[["series", "images"]].values.tolist()
    [['CT series 5', 5]]
    """
    rows = []
    for uid, images in _series_in(source).items():
        try:
            problems = _stacked(images)[-1].problems
        except DicomSeriesError as error:
            problems = (error.problem,)
        rows.append((uid, images[0].series, len(images), problems))
    return pd.DataFrame(rows, columns=["series_uid", "series", "images", "problems"])


def read_series(
    source: Source, *, where: Mapping[str, Any] = ALL, mend: Collection[str] = ()
) -> SeriesVolume:
    """Read one series into a volume with spacing and place, or refuse it in words.

    Slices are ordered by their positions. What makes the result untrustworthy stops
    the reading; what does not is in `problems` of the volume.

    Parameters
    ----------
    source : path-like, or paths
        A folder (with its subfolders), a list of files, or one multi-frame file.
    where : mapping
        Keywords and values of the slices to take, be they files or frames, where a
        folder holds several series or a place several slices:
        ``{"SeriesInstanceUID": "1.2.3"}``, ``{"TemporalPositionIndex": 1}``.
    mend : "gap", "tilt" or a collection of them
        What to mend instead of refusing it. "gap" fills missing slices with NaN;
        "tilt" moves the slices of a tilted gantry back within their planes. Nothing
        else can be mended without guessing.

    Returns
    -------
    SeriesVolume

    Raises
    ------
    DicomSeriesError
        With one paragraph, if there is no image, there are several series, a file is
        damaged, or the slices do not make a stack.
    FileNotFoundError
        If there is no such folder.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> folder = Path(get_testdata_file("DICOMDIR", download=False)).parent / "98892001"
    >>> volume = read_series(folder / "CT5N")
    >>> volume.values.shape, volume.unit, round(volume.spacing_mm[0], 2)
    ((5, 16, 16), 'HU', 2.5)
    """
    found = _series_in(source, where)
    if len(found) > 1:
        each = [f"{len(some)} images of {uid}" for uid, some in found.items()]
        text = f"there are {'; '.join(each)}. where={{'SeriesInstanceUID': '...'}}."
        raise _refusal(next(iter(found.values())), "several series", text)
    slices, places, grid = _stacked(*found.values(), mend=mend)
    values, unit = _voxels(slices, places)
    slide = grid.to_voxel(slices[-1].ImagePositionPatient)[1:]
    volume = replace(grid, values=values, unit=unit)
    return _straightened(volume, slide) if np.abs(slide).max() > HALF_PIXEL else volume


def _refusal(slices: Slices, kind: str, text: str) -> DicomSeriesError:
    """Return the error for a series that has a fatal problem."""
    folder = "/".join(slices[0].path.resolve().parts[-3:-1])
    error = DicomSeriesError(f"{folder}: no volume can be trusted. {kind}: {text}")
    error.problem = Problem(kind, text, fatal=True)
    return error


def _told(one: SimpleNamespace, keyword: str) -> str:
    """Return what a header or its frame says, as text; "" where it says nothing."""
    found = [part.get(keyword) for part in one.parts if keyword in part]
    return str(found[-1]) if found else ""


def _advice(one: SimpleNamespace, other: SimpleNamespace) -> str:
    """Say how to choose between two slices that do not belong together."""
    for keyword in TELLING:
        if _told(one, keyword) != _told(other, keyword):
            return f"where={{{keyword!r}: {_told(one, keyword)!r}}} takes one kind."
    return CHOOSE


def _series_in(source: Source, where: Mapping[str, Any] = ALL) -> dict[str, Slices]:
    """Return the slices of each series by its UID, from the headers alone."""
    given = [source] if isinstance(source, str | Path) else source
    every = [path for one in map(Path, given) for path in (one, *one.rglob("*"))]
    paths = sorted(path for path in every if not path.is_dir())
    found = defaultdict(list)
    for path in paths:
        try:
            for one in _slices_of(path):
                if all(_told(one, key) == str(value) for key, value in where.items()):
                    found[one.series_uid].append(one)
        except Exception as error:  # whatever a damaged header makes pydicom do
            if path.suffix.lower() in (".dcm", ".dicom", ".ima") or is_dicom(path):
                text = f"{path.parent.name}/{path.name} may be a slice: {error} {WHOLE}"
                raise DicomSeriesError(text) from error
    if not found:
        which = f" with {dict(where)}" if where else ""
        raise DicomSeriesError(f"{source}: there is no DICOM image{which}. {WHOLE}")
    return found


def _slices_of(path: Path) -> Iterator[SimpleNamespace]:
    """Yield path, frame, series and the numbers of the plane of each slice in a file.

    Nothing for an object without an image.

    References
    ----------
    DICOM PS3.3, C.7.6.16 (multi-frame functional groups).
    """
    header = open_dataset(path, stop_before_pixels=True)
    kind = header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID")
    is_known = kind and kind.type == "SOP Class" and "Image Storage" not in kind.name
    if is_known and "Rows" not in header:
        return  # a report, a plan, a directory
    named = {"path": path, "series_uid": str(header.get("SeriesInstanceUID"))}
    named["series"] = f"{header.get('Modality')} series {header.get('SeriesNumber')}"
    shared = header.get("SharedFunctionalGroupsSequence") or []
    frames = header.get("PerFrameFunctionalGroupsSequence")
    for number, frame in enumerate(frames or [[]]):
        groups = [one for part in (*shared, frame) for one in part if one.VR == "SQ"]
        parts = [header, *(item for group in groups for item in group.value[:1])]
        plane = {key: _numbers(parts, key) for key in (*SAME, "SliceThickness")}
        place = {"frame": number if frames else None, "parts": parts}
        yield SimpleNamespace(**place, **named, **plane)


def _numbers(parts: list[Dataset], keyword: str) -> np.ndarray:
    """Return the numbers of an attribute, NaN where they are not usable."""
    found = [part.get(keyword) for part in parts if keyword in part]
    count = int(dictionary_VM(keyword))
    try:
        numbers = np.array(found[-1], dtype=float).reshape(count)
    except (IndexError, TypeError, ValueError):
        return np.full(count, np.nan)
    usable = (np.abs(numbers) < 1e7) & ((numbers > 0) | (keyword != "PixelSpacing"))
    return np.where(usable, numbers, np.nan)


def _stacked(slices: Slices, *, mend: Collection[str] = ()) -> tuple:
    """Return slices in order, the number of each, and the volume without voxels."""
    _check_alike(slices)
    orientation = slices[0].ImageOrientationPatient
    normal = _normal(orientation)
    slices = sorted(slices, key=slice_position_mm)
    along = np.array([slice_position_mm(one) for one in slices])
    places = _places(slices, along, mend)
    start, pixel_mm = slices[0].ImagePositionPatient, slices[0].PixelSpacing
    step_mm = normal * np.ptp(along) / places[-1]
    affine = affine_of(start, orientation, pixel_mm, step_mm)
    problems, paths = tuple(_remarks(slices, affine)), tuple(one.path for one in slices)
    grid = SeriesVolume(np.empty(0), "", affine, problems, paths)
    _check_straight(slices, grid, mend)
    return slices, places, grid


def _check_alike(slices: Slices) -> None:
    """Refuse images that are not one stack."""
    for keyword, allowed in SAME.items():
        each = np.array([getattr(one, keyword) for one in slices])
        off = np.abs(each - each[0]).max(axis=1)
        at = off.argmax()  # the first NaN, if there is one
        if not off[at] <= allowed:
            kind = "mixed" if off[at] > allowed else "no usable"
            text = f"{slices[at].path.name} has {each[at]}, not {each[0]}. "
            text += _advice(slices[0], slices[at])
            raise _refusal(slices, f"{kind} {keyword}", text)
    places = sorted({_told(one, "FrameOfReferenceUID") for one in slices})
    if 1 < len(places) < len(slices):
        text = f"where={{'FrameOfReferenceUID': '...'}} takes one of {places}."
        raise _refusal(slices, "mixed FrameOfReferenceUID", text)
    directions = slices[0].ImageOrientationPatient.reshape(2, 3)
    if not np.allclose(directions @ directions.T, np.eye(2), atol=0.01):
        raise _refusal(slices, "skewed", "rows and columns are at no right angle.")
    if len(slices) == 1:
        raise _refusal(slices, "single slice", "one image has no distance to the next.")


def _places(slices: Slices, along_mm: np.ndarray, mend: Collection[str]) -> np.ndarray:
    """Return the number of each slice in the volume; refuse an uneven spacing."""
    steps, names = np.diff(along_mm), [one.path.name for one in slices]
    at = steps.argmin()
    if steps[at] < SAME_PLACE_MM:
        text = f"{names[at + 1]} and {names[at]} both lie at {along_mm[at]:.2f} mm."
        raise _refusal(slices, "duplicate", f"{text} {_advice(*slices[at : at + 2])}")
    usual = np.sort(steps)[(len(steps) - 1) // 2]  # gaps do not raise it
    counts = np.maximum(np.rint(steps / usual), 1).astype(int)
    places = np.concatenate([[0], np.cumsum(counts)])
    spacing = np.ptp(along_mm) / places[-1]
    off = np.abs(along_mm - along_mm[0] - places * spacing).max()
    missing, at = places[-1] + 1 - len(slices), counts.argmax()
    if off > max(EVEN_SHARE * spacing, ROUNDING_MM) or missing > 10 * len(slices):
        text = f"slices are {steps.min():.2f} to {steps.max():.2f} mm apart. {CHOOSE}"
        raise _refusal(slices, "uneven spacing", text)
    if missing and "gap" not in mend:
        text = f"{names[at]} and {names[at + 1]} are {steps[at]:.2f} mm apart, others "
        text += f"{usual:.2f} mm. Missing: {missing}; mend='gap' puts NaN in their "
        raise _refusal(slices, "gap", f"{text}places.")
    return places


def _check_straight(slices: Slices, grid: SeriesVolume, mend: Collection[str]) -> None:
    """Refuse slices that slide in their planes, all of them evenly or some."""
    voxel = grid.to_voxel([one.ImagePositionPatient for one in slices])
    aside = np.abs(voxel[:, 1:]).max(axis=1)
    worst, even = aside.argmax(), np.outer(voxel[:, 0] / voxel[-1, 0], voxel[-1])
    kind = "shifted" if np.abs(voxel - even).max() > HALF_PIXEL else "tilt"
    if aside[worst] > HALF_PIXEL and not (kind == "tilt" and "tilt" in mend):
        slid = np.linalg.norm(grid.affine[:, 1:3] @ voxel[worst, 1:])
        lean = np.degrees(np.arctan2(slid, voxel[worst, 0] * grid.spacing_mm[0]))
        text = f"{grid.paths[worst].name} lies {slid:.1f} mm aside of the first; "
        text += f"slices lean by {lean:.1f} degrees. mend='tilt' moves each back "
        text += "within its plane."
        raise _refusal(slices, kind, text)


def _remarks(slices: Slices, affine: np.ndarray) -> Iterator[Problem]:
    """Yield what a user of the volume should know and cannot see in it."""
    lengths = np.linalg.norm(affine[:, :3], axis=0)
    names = [(one.path, one.frame or 0) for one in slices]
    if names == sorted(names)[::-1]:
        yield Problem("reversed", "file names run against the positions.")
    if len({_told(one, "FrameOfReferenceUID") for one in slices}) > 1:
        text = "each slice has a Frame of Reference UID of its own, which cannot be; "
        yield Problem("frames of reference", f"{text}their positions are believed.")
    turned = np.degrees(np.arccos(min(np.abs(affine[:, :3] / lengths).max(0).min(), 1)))
    if turned > OBLIQUE_DEG:
        text = f"slices are turned by {turned:.1f} degrees: use the affine matrix."
        yield Problem("oblique", text)
    (thickness,) = slices[0].SliceThickness
    if thickness > (1 + EVEN_SHARE) * lengths[0]:
        text = f"{thickness:g} mm thick, {lengths[0]:.2f} mm apart; neighbours overlap."
        yield Problem("overlap", text)


def _voxels(slices: Slices, places: np.ndarray) -> tuple[np.ndarray, str]:
    """Decode every slice into its place; return the volume and its unit."""
    read = lru_cache(maxsize=1)(read_pixels)  # a file of many frames is decoded once
    size = (int(slices[0].Rows[0]), int(slices[0].Columns[0]))
    values, units = None, set()
    for place, one in zip(places, slices, strict=True):
        try:
            image = read(one.path)
        except DicomPixelsError as error:
            raise DicomSeriesError(f"A slice cannot be read. {error}") from error
        units.add(image.unit)
        planes = image.values.reshape(-1, *image.values.shape[-2:])
        plane = planes if one.frame is None else planes[one.frame :][:1]
        if plane.shape != (1, *size) or len(units) > 1:
            text = f"{one.path.name} has the shape {plane.shape}, units are {units}."
            raise _refusal(slices, "mixed values", f"{text} {_advice(slices[0], one)}")
        if values is None:  # the first slice is there: its size is no mere claim
            values = np.full((places[-1] + 1, *size), np.nan, dtype=np.float32)
        values[place] = plane[0]
    return values, image.unit


def _straightened(volume: SeriesVolume, slide: np.ndarray) -> SeriesVolume:
    """Undo a tilted gantry: move each slice back within its own plane.

    Slices are interpolated linearly within their planes, never between slices, on a
    grid that is larger by as much as the last one slides (rows, columns in pixels);
    what no slice covers is air.
    """
    margins = np.ceil(np.maximum([-slide, slide], 0) - 1e-6).astype(int).T
    fill = -1024 if volume.unit == "HU" else np.nanmin(volume.values)  # air
    shares = np.linspace(0, 1, len(volume.values))
    planes = [
        shift(np.pad(plane, margins, constant_values=fill), by, order=1, cval=fill)
        for plane, by in zip(volume.values, np.outer(shares, slide), strict=True)
    ]
    affine = volume.affine.copy()
    affine[:, 3] = volume.to_patient_mm([0, *-margins[:, 0]])
    return replace(volume, values=np.stack(planes), affine=affine)


def _normal(orientation: ArrayLike) -> np.ndarray:
    """Return the direction in which slices follow each other, of length 1."""
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    normal = np.cross(row, column)
    return normal / np.linalg.norm(normal)
