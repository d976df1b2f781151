"""The soft parts of the chest as solids: body, cage, lungs, heart, great vessels.

Everything is written for one reference adult in millimetres and stretched to
the patient by ``Patient.stretch``. Shapes are the author's, drawn to look like
a frontal radiograph; they come from no patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from helpers.phantoms.chest.patients import Patient, random_stream
from helpers.phantoms.shapes.solids import HeightTable, Interval

APEX_MM = 104.0
#: Depth of the middle of the lung apices, the heart and the domes, mm.
APEX_DEPTH_MM = 22.0
HEART_DEPTH_MM = -22.0
DOME_DEPTH_MM = -14.0
_CAGE_WIDTH = {
    150: 50, 125: 62, 104: 78, 92: 90, 75: 103, 50: 116, 20: 126, -10: 132,
    -50: 137, -90: 139, -140: 139, -190: 135, -260: 128,
}  # fmt: skip
_CAGE_DEPTH = {
    150: 46, 104: 58, 60: 74, 0: 90, -60: 97, -120: 98, -260: 92,
}  # fmt: skip
_BODY_WIDTH = {
    220: 60, 168: 60, 150: 64, 138: 76, 128: 104, 118: 140, 106: 176, 90: 208,
    62: 224, 38: 212, 14: 180, -20: 164, -80: 162, -150: 160, -260: 158,
}  # fmt: skip
_BODY_DEPTH = {
    220: 54, 160: 56, 130: 60, 100: 74, 60: 93, 0: 112, -60: 116, -260: 112,
}  # fmt: skip
# the silhouette of the heart about its centre: (x, z) of points on the border
_HEART_CENTRE = (16.0, -78.0)
_HEART_BORDER = (
    (4, -22), (-14, -28), (-29, -44), (-38, -66), (-40, -88), (-33, -110),
    (-8, -124), (30, -128), (62, -128), (80, -120), (85, -106), (78, -84),
    (64, -58), (50, -36), (38, -22), (22, -18),
)  # fmt: skip


@dataclass(frozen=True)
class Thorax:
    """Shapes of one patient in the reference frame.

    Parameters
    ----------
    cage_width, cage_depth, body_width, body_depth : HeightTable
        Half widths and half depths in mm against height.
    heart_radius : float array of shape (720,)
        Distance of the heart's border from its centre, every half degree.
    dome_top : tuple of float
        Height of the right and left dome of the diaphragm in full inspiration.
    dome_width, dome_lean : tuple of float
        Half width of each dome, and sideways place of its top.
    apex_x : float
        Distance of the lung apices from the midline.
    aorta_factor, fat_mm, breast_mm : float
        From the patient.
    breast_shape : tuple of float
        Sideways place, height and radius of the breasts.
    """

    cage_width: HeightTable
    cage_depth: HeightTable
    body_width: HeightTable
    body_depth: HeightTable
    heart_radius: np.ndarray
    dome_top: tuple[float, float]
    dome_width: tuple[float, float]
    dome_lean: tuple[float, float]
    apex_x: float
    aorta_factor: float
    fat_mm: float
    breast_mm: float
    breast_shape: tuple[float, float, float]


def _heart_border(rng: np.random.Generator, factor: float) -> np.ndarray:
    """Return the border of the heart in polar form, with a person's variation."""
    points = np.asarray(_HEART_BORDER, float) - _HEART_CENTRE
    angle = np.arctan2(points[:, 1], points[:, 0])
    radius = np.hypot(points[:, 0], points[:, 1])
    order = np.argsort(angle)
    angle, radius = angle[order], radius[order]
    wave = sum(
        rng.normal(0, 0.022) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
        for k in (1, 2, 3, 4)
    )
    radius = radius * factor * (1 + wave)
    turn = rng.normal(0.0, 0.05)  # vertical or lying heart
    spline = CubicSpline(
        np.append(angle, angle[0] + 2 * np.pi),
        np.append(radius, radius[0]),
        bc_type="periodic",
    )
    grid = np.arange(720) * np.pi / 360 - np.pi
    return spline(grid + turn).astype(np.float32)


def _normals(
    rng: np.random.Generator, *spreads: tuple[float, float]
) -> tuple[float, ...]:
    """Return one normal number for each (mean, spread)."""
    return tuple(float(rng.normal(mean, spread)) for mean, spread in spreads)


def build_thorax(patient: Patient) -> Thorax:
    """Return the soft shapes of a patient, the same at every call."""
    rng = random_stream(patient.seed, "anatomy", part=1)
    barrel = rng.normal(0, 0.03)
    cage = {z: w * (1 + barrel * (z - 20) / 150) for z, w in _CAGE_WIDTH.items()}
    waist = rng.normal(0, 4)
    shoulder = rng.normal(0, 5)
    body = {
        z: w + (waist if z < 20 else shoulder if 60 < z < 140 else 0)
        for z, w in _BODY_WIDTH.items()
    }
    right = float(rng.normal(-112, 6))
    return Thorax(
        cage_width=HeightTable.through(list(cage), list(cage.values())),
        cage_depth=HeightTable.through(list(_CAGE_DEPTH), list(_CAGE_DEPTH.values())),
        body_width=HeightTable.through(list(body), list(body.values())),
        body_depth=HeightTable.through(list(_BODY_DEPTH), list(_BODY_DEPTH.values())),
        heart_radius=_heart_border(rng, patient.heart_factor),
        dome_top=(right, right - float(np.clip(rng.normal(14, 5), 2, 26))),
        dome_width=_normals(rng, (71, 3), (69, 3)),
        dome_lean=_normals(rng, (-66, 4), (72, 4)),
        apex_x=float(rng.normal(45, 2)),
        aorta_factor=patient.aorta_factor,
        fat_mm=patient.fat_mm,
        breast_mm=patient.breast_mm,
        breast_shape=_normals(rng, (84, 5), (-78, 11), (60, 5)),
    )


def _box_oval(
    x: np.ndarray, half_width: np.ndarray, half_depth: np.ndarray
) -> np.ndarray:
    """Return the half depth of an oval that is boxier than an ellipse."""
    u = np.square(x / half_width)
    return half_depth * np.sqrt(np.maximum(1 - u * (0.45 + 0.55 * u), 0))


def cage_interval(
    thorax: Thorax, x: np.ndarray, z: np.ndarray, *, wall_mm: float = 0.0
) -> Interval:
    """Return the inside of the rib cage, grown by ``wall_mm``."""
    half = _box_oval(x, thorax.cage_width(z) + wall_mm, thorax.cage_depth(z) + wall_mm)
    return -half, half


def body_interval(
    thorax: Thorax, x: np.ndarray, z: np.ndarray, *, inset_mm: float = 0.0
) -> Interval:
    """Return the trunk and neck inside the skin, less ``inset_mm`` on all sides."""
    grow = thorax.fat_mm - inset_mm
    half = _box_oval(x, thorax.body_width(z) + grow, thorax.body_depth(z) + grow)
    return -half, half


def _dome_room(thorax: Thorax, x: np.ndarray, z: np.ndarray, side: int) -> np.ndarray:
    """Return how far a point lies inside one dome, 0 on its surface."""
    outwards = (-1, 1)[side]
    off = x - np.float32(thorax.dome_lean[side])
    # towards the heart the dome runs out into the flat central tendon
    width = thorax.dome_width[side] * np.where(outwards * off > 0, 1.0, 1.75)
    fall = np.maximum(np.float32(thorax.dome_top[side]) - z, 0) / np.float32(38.0)
    # no lung reaches far below the tendon in front of the spine
    tendon = 1.7 * np.exp(-np.square(x / 19)) * np.clip(fall - 0.8, 0, 1)
    return np.power(fall, 0.78) - np.square(off / width).astype(x.dtype) + tendon


def dome_interval(
    thorax: Thorax,
    x: np.ndarray,
    z: np.ndarray,
    *,
    raised_mm: float | tuple[float, float],
) -> Interval:
    """Return the abdomen under the diaphragm: both domes, as one interval.

    Parameters
    ----------
    thorax : Thorax
    x, z : float arrays of one shape, mm
    raised_mm : float or two floats
        Height of both domes, or of the right and left, above full inspiration.
    """
    raised = np.broadcast_to(np.asarray(raised_mm, np.float32), 2)
    right, left = (_dome_room(thorax, x, z - raised[side], side) for side in (0, 1))
    # the two domes run into one another behind the heart
    share = 1 / (1 + np.exp(np.clip(-x / 7, -30, 30)))
    room = share * left + (1 - share) * right
    half = 88.0 * np.sqrt(np.maximum(room, 0))
    return DOME_DEPTH_MM - half, DOME_DEPTH_MM + half


def apex_interval(thorax: Thorax, x: np.ndarray, z: np.ndarray) -> Interval:
    """Return the space under the two rounded lung apices."""
    room = np.maximum(APEX_MM - z, 0) / 42.0
    room = room * (1 + 0.9 * room) - np.square((np.abs(x) - thorax.apex_x) / 40.0)
    half = 62.0 * np.sqrt(np.maximum(room, 0))
    return APEX_DEPTH_MM - half, APEX_DEPTH_MM + half


def heart_interval(
    thorax: Thorax,
    x: np.ndarray,
    z: np.ndarray,
    *,
    raised_mm: float,
    factor: float = 1.0,
) -> Interval:
    """Return the heart; a high diaphragm lifts and widens it.

    Parameters
    ----------
    thorax : Thorax
    x, z : float arrays of one shape, mm
    raised_mm : float
        Height of the left dome above full inspiration.
    factor : float
        Extra factor on the size.
    """
    dx = (x - _HEART_CENTRE[0]) / np.float32(1 + 0.003 * raised_mm)
    sunk = 0.9 * (thorax.dome_top[1] + 123)  # the heart rests on the left dome
    dz = z - np.float32(_HEART_CENTRE[1] + 0.55 * raised_mm + sunk)
    angle = np.arctan2(dz, dx)
    index = ((angle + np.pi) * (360 / np.pi)).astype(np.int32) % 720
    rho = np.square(dx) + np.square(dz)
    rho = rho / np.square(np.float32(factor) * thorax.heart_radius[index])
    half = 52.0 * np.sqrt(np.maximum(1 - rho, 0))
    return HEART_DEPTH_MM - half, HEART_DEPTH_MM + half


def breast_thickness(thorax: Thorax, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the thickness of the breasts in mm: round below, fading above."""
    if thorax.breast_mm <= 0:
        return np.zeros_like(x)
    place, height, radius = thorax.breast_shape
    dx = (np.abs(x) - place - 4 * np.sign(x)) / radius
    dz = (z - height - 3 * np.sign(x)) / radius
    dz = np.where(dz > 0, dz / 1.9, dz)
    room = np.maximum(1 - np.square(dx) - np.square(dz), 0)
    return thorax.breast_mm * np.sqrt(room) * (0.55 + 0.45 * room)
