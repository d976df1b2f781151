"""What a header claims and the positions do not bear out; none of it is fatal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from helpers.dicom_series.errors import Problem
from helpers.dicom_series.geometry import angle_deg, toward
from helpers.dicom_series.stacking import Stack

OBLIQUE_DEG = 1.0
AXES = {"head-feet": (0, 0, 1), "left-right": (1, 0, 0), "front-back": (0, 1, 0)}


def remarks(stack: Stack, spacing_mm: float) -> Iterator[Problem]:
    """Yield what a user of the volume should know and cannot see in it."""
    yield from _order(stack)
    yield from _oblique(stack)
    yield from _thickness(stack, spacing_mm)
    yield from _stated_tilt(stack)
    yield from _instance_numbers(stack)


def _order(stack: Stack) -> Iterator[Problem]:
    """Compare the order of names and of Instance Numbers with that of positions."""
    paths = [(str(header.path), header.frame or 0) for header in stack.headers]
    framed = stack.headers[0].frame is not None
    orders: dict[str, list] = {"frames" if framed else "file names": paths}
    numbers = [header.number("InstanceNumber") for header in stack.headers]
    if not framed and None not in numbers:
        orders["Instance Numbers"] = numbers
    start, end = toward(-stack.normal), toward(stack.normal)
    against = [name for name, keys in orders.items() if keys == sorted(keys)[::-1]]
    if against:
        yield Problem(
            "reversed",
            f"{' and '.join(against)} run from {end} to {start}, against the "
            f"positions. Here the first slice is the one nearest {start}.",
        )
    for name, keys in orders.items():
        ordered = [keys.index(key) for key in sorted(keys)]
        broken = int((np.abs(np.diff(ordered)) != 1).sum())
        if name not in against and broken:
            yield Problem(
                "shuffled",
                f"sorted by {name}, {broken} of {len(keys) - 1} neighbours are not "
                "neighbours in the body. The order here is that of the positions.",
            )


def _oblique(stack: Stack) -> Iterator[Problem]:
    angles = {name: angle_deg(stack.normal, axis) for name, axis in AXES.items()}
    nearest = min(angles, key=angles.get)
    row_angles = [
        angle_deg(stack.headers[0].orientation[0], axis) for axis in AXES.values()
    ]
    turned = max(angles[nearest], min(row_angles))
    if turned > OBLIQUE_DEG:
        yield Problem(
            "oblique",
            f"the slices are turned by {turned:.1f} degrees against the axes of the "
            f"body; their normal lies {angles[nearest]:.1f} degrees from the {nearest} "
            "axis. Slice, row and column are not head, back and left here: use the "
            "affine matrix.",
        )


def _thickness(stack: Stack, spacing_mm: float) -> Iterator[Problem]:
    """Compare Slice Thickness and Spacing Between Slices with the distance."""
    found = [header.number("SliceThickness") for header in stack.headers]
    known = [thickness for thickness in found if thickness]
    thickness = float(np.median(known)) if known else spacing_mm
    if thickness > 1.05 * spacing_mm:
        yield Problem(
            "overlap",
            f"slices are {thickness:g} mm thick and {spacing_mm:.2f} mm apart: "
            "neighbours share tissue. Volumes need the distance; with Slice Thickness "
            f"they would be {thickness / spacing_mm - 1:.0%} too large.",
        )
    elif thickness < 0.95 * spacing_mm:
        yield Problem(
            "unseen",
            f"slices are {thickness:g} mm thick and {spacing_mm:.2f} mm apart: what "
            f"lies in the {spacing_mm - thickness:.2f} mm between was not imaged, or "
            "every second slice is missing.",
        )
    stated = stack.headers[0].number("SpacingBetweenSlices")
    if stated is not None and abs(abs(stated) - spacing_mm) > 0.05 * spacing_mm:
        yield Problem(
            "claimed spacing",
            f"Spacing Between Slices says {stated:g} mm, the positions say "
            f"{spacing_mm:.2f} mm. The positions are used.",
        )


def _stated_tilt(stack: Stack) -> Iterator[Problem]:
    stated = stack.headers[0].number("GantryDetectorTilt")
    if (
        stated
        and abs(stated) > OBLIQUE_DEG
        and angle_deg(stack.normal, (0, 0, 1)) < 0.5
    ):
        yield Problem(
            "claimed tilt",
            f"Gantry/Detector Tilt says {stated:g} degrees, positions and orientation "
            "say none. Either the slices were corrected, or their orientation is "
            "wrong: look at a sagittal plane.",
        )


def _instance_numbers(stack: Stack) -> Iterator[Problem]:
    """Missing numbers hint at missing slices, also at the ends of the stack."""
    numbers = {header.number("InstanceNumber") for header in stack.headers}
    if None in numbers or len(numbers) < len(stack.headers):
        return
    low, high = int(min(numbers)), int(max(numbers))
    missing = high - low + 1 - len(numbers)
    late = 1 < low <= 1000
    if (missing or late) and stack.headers[0].frame is None:
        lacking = f", {missing} of them not there" if missing else ""
        yield Problem(
            "instance numbers",
            f"they go from {low} to {high}{lacking}. Slices may be missing, also at "
            "the ends, where positions cannot tell.",
        )
