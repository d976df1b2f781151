"""The heart: a silhouette that differs from person to person, as a solid.

The outline is the author's, drawn to look like a frontal radiograph.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline

from phantoms.shapes.solids import Interval

if TYPE_CHECKING:
    from phantoms.chest.thorax import Thorax

#: Depth of the middle of the heart, mm.
HEART_DEPTH_MM = -29.0

# the silhouette of the heart about its centre: (x, z) of points on the border
_HEART_CENTRE = (16.0, -78.0)
_HEART_TOP, _HEART_HEIGHT = -22.0, 109.0
_HEART_BORDER = (
    (4, -24), (-14, -30), (-28, -46), (-37, -68), (-39, -90), (-31, -112),
    (-8, -126), (30, -130), (57, -130), (74, -121), (83, -106), (82, -88),
    (73, -68), (57, -47), (41, -30), (22, -22),
)  # fmt: skip
# (angle, width, spread) of right atrium, left ventricle, apex, waist and base
_HEART_LOBES = (
    (3.05, 0.7, 0.07), (-0.1, 0.45, 0.06), (-0.55, 0.3, 0.05), (0.7, 0.4, 0.07),
    (1.6, 0.5, 0.06),
)  # fmt: skip


def heart_border(rng: np.random.Generator, factor: float) -> np.ndarray:
    """Return the border of the heart in polar form, with a person's own shape.

    Right atrium, left ventricle, apex and the waist under the pulmonary trunk are
    each larger or smaller in their own measure.
    """
    points = np.asarray(_HEART_BORDER, float) - _HEART_CENTRE
    angle = np.arctan2(points[:, 1], points[:, 0])
    radius = np.hypot(points[:, 0], points[:, 1])
    order = np.argsort(angle)
    angle, radius = angle[order], radius[order]
    lobes = 1 + sum(
        rng.normal(0, spread) * np.exp(-np.square(_turned(angle - place) / width))
        for place, width, spread in _HEART_LOBES
    )
    radius = radius * factor * lobes
    turn = rng.normal(0.02, 0.09)  # vertical or lying heart
    spline = CubicSpline(
        np.append(angle, angle[0] + 2 * np.pi),
        np.append(radius, radius[0]),
        bc_type="periodic",
    )
    grid = np.arange(720) * np.pi / 360 - np.pi
    return spline(grid + turn).astype(np.float32)


def _turned(angle: np.ndarray) -> np.ndarray:
    """Return an angle between -pi and pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def heart_interval(
    thorax: Thorax,
    x: np.ndarray,
    z: np.ndarray,
    *,
    raised_mm: float,
    factor: float = 1.0,
) -> Interval:
    """Return the heart; a high diaphragm shortens and widens it.

    Parameters
    ----------
    thorax : Thorax
    x, z : float arrays of one shape, mm
    raised_mm : float
        Height of the left dome above full inspiration.
    factor : float
        Extra factor on the size.
    """
    # the base hangs on the great vessels, the bottom rests on the left dome
    lift = float(np.clip(0.9 * (thorax.dome_top[1] + 123) + 0.7 * raised_mm, -26, 48))
    high = 1 - lift / _HEART_HEIGHT
    middle = _HEART_CENTRE[1] + (1 - high) * (_HEART_TOP - _HEART_CENTRE[1])
    # a larger heart grows to the sides, most to the left, and little upwards
    wide, tall = factor / math.sqrt(high), (1 + 0.35 * (factor - 1)) * high
    dx = (x - np.float32(_HEART_CENTRE[0] + 16 * (factor - 1))) / np.float32(wide)
    dz = (z - np.float32(middle)) / np.float32(tall)
    angle = np.arctan2(dz, dx)
    index = ((angle + np.pi) * (360 / np.pi)).astype(np.int32) % 720
    rho = np.square(dx) + np.square(dz)
    rho = rho / np.square(thorax.heart_radius[index])
    thin = 1 - np.float32(0.6) * np.square(np.clip(dz / 56, 0, 1))
    half = 56.0 * np.sqrt(np.maximum(1 - rho, 0)) * thin
    return HEART_DEPTH_MM - half, HEART_DEPTH_MM + half
