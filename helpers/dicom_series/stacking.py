"""Slices in a row: duplicates, gaps, tilt, and what else their positions tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.dicom_pixels.header import text, value_of
from helpers.dicom_series.errors import Problem
from helpers.dicom_series.geometry import angle_deg, slice_normal, tolerance_mm, toward
from helpers.dicom_series.headers import SliceHeader

SAME_PLACE_MM = 0.01
FEW_GAPS = 1 / 3  # of all distances; more of them, and the spacing itself varies
SPLITTERS = (
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoTime",
    "TriggerTime",
    "InversionTime",
    "DiffusionBValue",
    "ConvolutionKernel",
    "ContrastBolusAgent",
    "ImageType",
    "AcquisitionTime",
    "ContentTime",
)
"""Attributes that may tell the time points or phases of one series apart."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices in the order of their positions.

    Attributes
    ----------
    headers : tuple of SliceHeader
    along_mm : float array of shape (n,)
        Distance of each slice along the common normal, rising.
    """

    headers: tuple[SliceHeader, ...]
    along_mm: np.ndarray

    @property
    def normal(self) -> np.ndarray:
        """Direction in which the slices follow each other."""
        return slice_normal(self.headers[0].orientation)

    @property
    def steps_mm(self) -> np.ndarray:
        """Distance from each slice to the next, shape (n - 1,)."""
        return np.diff(self.along_mm)

    @property
    def sideways_mm(self) -> np.ndarray:
        """Place of each slice within its plane, against the first: (n, 2).

        Along the rows of pixels (as columns rise), and down the columns.
        """
        positions = np.array([header.position for header in self.headers])
        return (positions - positions[0]) @ self.headers[0].orientation.T

    @property
    def usual_step_mm(self) -> float:
        """The lower median of the distances: gaps do not raise it."""
        steps = np.sort(self.steps_mm)
        return float(steps[(len(steps) - 1) // 2])


def stacked(headers: Sequence[SliceHeader]) -> Stack:
    """Return the slices in the order of their positions along the normal."""
    normal = slice_normal(headers[0].orientation)
    along = np.array([normal @ header.position for header in headers])
    order = np.argsort(along, kind="stable")
    return Stack(tuple(headers[index] for index in order), along[order])


def without_copies(stack: Stack) -> tuple[Stack, list[Problem], dict]:
    """Take out images that are there twice under one SOP Instance UID.

    Returns
    -------
    stack : Stack
    problems : list of Problem
    copies : dict of SliceHeader to SliceHeader
        For each image taken out, the one that stays; their pixels must be equal.
    """
    first: dict[tuple, SliceHeader] = {}
    copies: dict[SliceHeader, SliceHeader] = {}
    kept = []
    for index, header in enumerate(stack.headers):
        uid = text(header.dataset, "SOPInstanceUID") or id(header)
        key = (uid, header.frame, tuple(header.position))
        if key in first:
            copies[header] = first[key]
        else:
            first[key] = header
            kept.append(index)
    if not copies:
        return stack, [], copies
    pair, other = next(iter(copies.items()))
    are = "image is" if len(copies) == 1 else "images are"
    said = (
        f"{len(copies)} {are} there twice under one SOP Instance UID, such as "
        f"{other.name} and {pair.name}; each was taken once."
    )
    thinner = Stack(tuple(stack.headers[i] for i in kept), stack.along_mm[kept])
    return thinner, [Problem("copies", said)], copies


def duplicates(stack: Stack) -> Iterator[Problem]:
    """Yield what is at one place more than once."""
    same = np.flatnonzero(stack.steps_mm < SAME_PLACE_MM)
    if not len(same):
        return
    place = np.concatenate([[0], np.cumsum(stack.steps_mm >= SAME_PLACE_MM)])
    counts = Counter(place.tolist())
    times = set(counts.values())
    if len(times) == 1 and len(counts) > 1:
        (times,) = times
        text = (
            f"every one of {len(counts)} positions holds {times} images: time points, "
            f"phases or reconstructions in one series. {_how_to_split(stack, place)}"
        )
    else:
        one, other = (stack.headers[same[0] + i].name for i in (0, 1))
        lie = "image lies" if len(same) == 1 else "images lie"
        text = (
            f"{len(same)} {lie} where another one does, such as {other} and {one}, "
            f"both at {stack.along_mm[same[0]]:.2f} mm. Which of them is right cannot "
            f"be told from here. {_how_to_split(stack, place)}"
        )
    yield Problem("duplicate", text, fatal=True)


def _how_to_split(stack: Stack, place: np.ndarray) -> str:
    """Name an attribute that tells the images at one position apart."""
    for keyword in SPLITTERS:
        values = [str(value_of(h.dataset, keyword)) for h in stack.headers]
        pairs = set(zip(values, place.tolist(), strict=True))
        if len(set(values)) > 1 and len(pairs) == len(values):
            known = ", ".join(sorted(set(values))[:4])
            choice = f"pass where={{{keyword!r}: ...}}"
            return f"{keyword} tells them apart ({known}): {choice}."
    return "Give the paths of those that belong together."


def gaps(stack: Stack) -> tuple[list[Problem], np.ndarray]:
    """Find missing slices, or a spacing that is not one.

    Returns
    -------
    problems : list of Problem
    places : int array of shape (n,)
        The number of each slice in a volume that has room for the missing ones.
    """
    usual, steps = stack.usual_step_mm, stack.steps_mm
    counts = np.maximum(np.rint(steps / usual), 1)
    places = np.concatenate([[0], np.cumsum(counts)])
    spacing = (stack.along_mm[-1] - stack.along_mm[0]) / places[-1]
    off = np.abs(stack.along_mm - stack.along_mm[0] - places * spacing)
    wide = np.flatnonzero(counts > 1)
    few = max(1.0, FEW_GAPS * len(steps))
    if off.max() > tolerance_mm(spacing) or len(wide) > few:
        return [_uneven(steps)], np.arange(len(stack.headers))
    if not len(wide):
        return list(_jitter(stack, off, spacing)), places.astype(int)
    first = int(wide[0])
    missing = int((counts - 1).sum())
    text = (
        f"between {stack.headers[first].name} (at {stack.along_mm[first]:.2f} mm) and "
        f"{stack.headers[first + 1].name} (at {stack.along_mm[first + 1]:.2f} mm) lie "
        f"{steps[first]:.2f} mm, elsewhere {usual:.2f} mm"
    )
    more = f", and so in {len(wide) - 1} more places" if len(wide) > 1 else ""
    were = "slice is" if missing == 1 else "slices are"
    return [
        Problem(
            "gap",
            f"{text}{more}: {missing} {were} missing. Fetch the series again; "
            "or mend=('gap',) leaves room for what is missing, filled with NaN.",
            fatal=True,
        )
    ], places.astype(int)


def _uneven(steps: np.ndarray) -> Problem:
    counts = Counter(np.round(steps, 2).tolist()).most_common()
    listed = [f"{step:.2f} mm ({times} times)" for step, times in counts[:3]]
    more = f" and {len(counts) - 3} other distances" if len(counts) > 3 else ""
    return Problem(
        "uneven spacing",
        f"the distances of neighbouring slices are {', '.join(listed)}{more}. One "
        "spacing would be wrong for some of them. Read the evenly spaced parts "
        "separately (pass their paths), or interpolate by position.",
        fatal=True,
    )


def _jitter(stack: Stack, off: np.ndarray, spacing: float) -> Iterator[Problem]:
    """Say so if slices lie a little off their even places."""
    worst = int(off.argmax())
    if off[worst] > max(0.01 * spacing, 0.005):
        yield Problem(
            "jitter",
            f"the slices lie up to {off[worst]:.3f} mm off even places "
            f"({stack.headers[worst].name}), which is within rounding.",
        )


def sideways(stack: Stack) -> Iterator[Problem]:
    """Yield a tilt of the gantry, or slices that lie beside the others."""
    shift = stack.sideways_mm
    share = (stack.along_mm - stack.along_mm[0]) / np.ptp(stack.along_mm)
    beside = np.linalg.norm(shift - share[:, None] * shift[-1], axis=1)
    half_pixel = min(stack.headers[0].pixel_spacing_mm) / 2
    worst = int(beside.argmax())
    if beside[worst] > half_pixel:
        yield Problem(
            "shifted",
            f"{stack.headers[worst].name} lies {beside[worst]:.1f} mm beside the line "
            "through the first and the last slice. The patient's table does not move "
            "so: two scans, or a damaged header. Give the paths that belong together.",
            fatal=True,
        )
    elif np.linalg.norm(shift[-1]) > half_pixel:
        track = stack.headers[-1].position - stack.headers[0].position
        slide = shift[-1] @ stack.headers[0].orientation
        yield Problem(
            "tilt",
            f"the slices lean by {angle_deg(track, stack.normal):.1f} degrees against "
            "the direction in which they follow each other (a tilted gantry): over "
            f"the series they slide {np.linalg.norm(slide):.1f} mm toward "
            f"{toward(slide)}. Stacked as they are, they show a slanted patient; "
            "mend=('tilt',) moves each slice back within its plane.",
            fatal=True,
        )
