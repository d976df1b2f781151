"""Shoulder girdle: clavicles, shoulder blades and upper arms."""

from __future__ import annotations

import math

import numpy as np

from helpers.phantoms.chest.skeleton import Skeleton, tube_bone
from helpers.phantoms.shapes.tubes import Tube, grid_window, smooth_tube

# corners of the right shoulder blade (|x|, z), counter-clockwise seen from behind
_BLADE = (
    (112, 88), (148, 80), (158, 62), (150, 38), (134, -46), (124, -52), (113, -10),
)  # fmt: skip
_THICKNESS_MM = 3.2


def blade_distance(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the signed distance to the shoulder blade's outline, inside positive."""
    x = x + 6 * np.square((z - 15) / 60) - 4  # the borders are curved
    inside = np.full(x.shape, np.inf, x.dtype)
    for a, b in zip(_BLADE, _BLADE[1:] + _BLADE[:1], strict=True):
        along, up = b[0] - a[0], b[1] - a[1]
        span = math.hypot(along, up)
        off = -((x - a[0]) * (up / span) - (z - a[1]) * (along / span))
        inside = np.minimum(inside, -off)
    return inside


def shoulders(
    skeleton: Skeleton, x: np.ndarray, z: np.ndarray, *, arm_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return cortical and inner thickness of both shoulder girdles, in mm.

    Parameters
    ----------
    x, z : float arrays of shape (rows, columns), mm
    arm_mm : float
        How far the blades are rolled outwards.
    """
    cortex, marrow = np.zeros_like(x), np.zeros_like(x)
    for side, clavicle in zip((-1, 1), skeleton.clavicles, strict=True):
        shift = arm_mm + skeleton.scapula_shift[(side + 1) // 2]
        corners = side * np.array([[95.0, 0, 95], [190, 0, -60]]) * (1, 1, side)
        window = grid_window(x, z, *corners, margin=10)
        if window is not None:
            off = blade_distance(side * x[window] - shift, z[window])
            plate = np.clip(off / 1.5, 0, 1)
            rim = np.exp(-0.5 * np.square((off - 2.2) / 1.6))
            cortex[window] += 0.8 * plate + 0.9 * rim
            marrow[window] += 0.6 * _THICKNESS_MM * plate
        parts = [
            (clavicle, 1.2),
            (_spine_of_blade(side, shift), 1.0),
            (_humerus(side, shift), 0.9),
            (_glenoid(side, shift), 1.5),
        ]
        for tube, shell in parts:
            hard, soft = tube_bone(tube, x, z, cortex_mm=shell)
            cortex += hard
            marrow += soft
    return cortex, marrow


def _spine_of_blade(side: int, shift: float) -> Tube:
    """Return the ridge of the shoulder blade with the acromion."""
    rows = (
        (114, 62, 46, 2.2),
        (136, 66, 66, 3.0),
        (158, 40, 88, 4.5),
        (176, 10, 96, 6),
    )
    return _mirrored(rows, side, shift)


def _glenoid(side: int, shift: float) -> Tube:
    """Return the socket and the thick lateral border of the shoulder blade."""
    rows = ((160, 40, 78, 6), (160, 40, 60, 7), (151, 44, 34, 4), (138, 50, -30, 2.6))
    return _mirrored(rows, side, shift)


def _humerus(side: int, shift: float) -> Tube:
    """Return the head and shaft of the upper arm."""
    rows = (
        (182, 8, 80, 20), (185, 8, 66, 20), (193, 6, 40, 13), (207, 2, -40, 11),
        (226, 0, -230, 12),
    )  # fmt: skip
    return _mirrored(rows, side, 0.6 * shift)


def _mirrored(
    rows: tuple[tuple[float, float, float, float], ...], side: int, shift: float
) -> Tube:
    """Return a tube for one side, moved outwards by ``shift`` mm."""
    return smooth_tube([(side * (x + shift), y, z, r) for x, y, z, r in rows])
