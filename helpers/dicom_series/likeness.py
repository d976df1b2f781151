"""Whether slices go together: one size, one pixel spacing, one orientation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from helpers.dicom_pixels.header import text
from helpers.dicom_series.errors import Problem
from helpers.dicom_series.headers import SliceHeader

SQUARE = 0.01  # how far lengths and angle of the two directions may be off
SAME_DIRECTION = 2e-3  # difference of a direction cosine: a tenth of a degree
SAME_SPACING_MM = 1e-3
MOST_GROUPS = 20  # are told apart; in a radial series every image is one


def unlike(headers: Sequence[SliceHeader]) -> Iterator[Problem]:
    """Yield what keeps the slices from being one stack; all of it is fatal."""
    if len(headers) == 1:
        yield _single(headers[0])
        return
    nowhere = list(_nowhere(headers))
    yield from nowhere
    if not nowhere:
        yield from _mixed(headers)


def _single(header: SliceHeader) -> Problem:
    thickness = header.number("SliceThickness")
    said = (
        "" if thickness is None else f" Slice Thickness, {thickness:g} mm, is not it."
    )
    frames = header.number("NumberOfFrames") or 1
    if frames > 1:
        return Problem(
            "no position",
            f"{header.name} holds {frames:g} frames without a position of their own: "
            "their order is known, their distance is not. Read it with read_pixels.",
            fatal=True,
        )
    return Problem(
        "single slice",
        f"there is one image only ({header.name}), and the distance to the next slice "
        f"cannot be known.{said} Give the folder with the whole series, or read the "
        "image with read_pixels.",
        fatal=True,
    )


def _nowhere(headers: Sequence[SliceHeader]) -> Iterator[Problem]:
    """Yield attributes of the Image Plane module that are missing or impossible."""
    checks: tuple[tuple[str, str, Callable[[SliceHeader], bool]], ...] = (
        ("no position", "Image Position (Patient)", lambda h: h.position is None),
        (
            "no orientation",
            "Image Orientation (Patient)",
            lambda h: h.orientation is None,
        ),
        ("no spacing", "Pixel Spacing", lambda h: h.pixel_spacing_mm is None),
    )
    for kind, attribute, lacks in checks:
        lacking = [header.name for header in headers if lacks(header)]
        if lacking:
            yield Problem(
                kind,
                f"{len(lacking)} of {len(headers)} images have no usable {attribute} "
                f"({_some(lacking)}). Without it nobody knows where they belong. "
                "Radiographs and secondary captures are no slices; from CT or MR ask "
                "for the original objects.",
                fatal=True,
            )
    skewed = [header.name for header in headers if not _is_square(header)]
    if skewed:
        yield Problem(
            "impossible orientation",
            f"in {len(skewed)} of {len(headers)} images ({_some(skewed)}) the "
            "directions of row and column are not of length 1 and at a right angle. "
            "The header is damaged: ask for the original objects.",
            fatal=True,
        )


def _is_square(header: SliceHeader) -> bool:
    if header.orientation is None:
        return True  # said already
    product = header.orientation @ header.orientation.T
    return bool(np.allclose(product, np.eye(2), atol=SQUARE))


def _mixed(headers: Sequence[SliceHeader]) -> Iterator[Problem]:
    """Yield attributes in which the slices differ."""
    checks = (
        ("size", "Rows", lambda h: h.size, lambda v: f"{v[0]} x {v[1]} pixels"),
        (
            "spacing",
            "PixelSpacing",
            lambda h: h.pixel_spacing_mm,
            lambda v: f"{v[0]:g} x {v[1]:g} mm",
        ),
        (
            "orientation",
            "ImageOrientationPatient",
            lambda h: h.orientation.ravel().tolist(),
            lambda v: "[" + ", ".join(f"{each:.3g}" for each in v) + "]",
        ),
        (
            "frame of reference",
            "FrameOfReferenceUID",
            lambda h: text(h.dataset, "FrameOfReferenceUID"),
            lambda v: f"...{v[-8:]}" if v else "none",
        ),
        (
            "patient",
            "PatientID",
            lambda h: text(h.dataset, "PatientID"),
            lambda v: f"...{v[-3:]}" if v else "none",
        ),
    )
    for what, keyword, find, show in checks:
        groups = _groups([find(header) for header in headers], what)
        if len(groups) > 1:
            counts = sorted(groups, key=lambda group: -len(group[1]))
            listed = [f"{len(members)} of {show(value)}" for value, members in counts]
            yield Problem(
                f"mixed {what}",
                f"the images differ in their {what}: {_some(listed)}. They are not one "
                f"stack, although they share a series. Choose, for example with "
                f"where={{{keyword!r}: ...}}, or give the paths that belong together.",
                fatal=True,
            )


def _groups(values: Sequence[Any], what: str) -> list[tuple[Any, list[int]]]:
    """Return (value, indices) of values that are equal, or as good as equal."""
    allowed = {"spacing": SAME_SPACING_MM, "orientation": SAME_DIRECTION}.get(what)
    groups, rest = [], list(range(len(values)))
    while rest and len(groups) < MOST_GROUPS:
        known = values[rest[0]]
        members = [i for i in rest if _close(values[i], known, allowed)]
        groups.append((known, members))
        rest = sorted(set(rest) - set(members))
    return [*groups, (values[rest[0]], rest)] if rest else groups


def _close(one: Any, other: Any, allowed: float | None) -> bool:
    if allowed is None:
        return one == other
    return all(abs(a - b) <= allowed for a, b in zip(one, other, strict=True))


def _some(names: Sequence[str], limit: int = 3) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
