"""The soft parts of the chest as solids: body, cage, lungs, heart, great vessels.

Everything is written for one reference adult in millimetres and stretched to
the patient by ``Patient.stretch``. Shapes are the author's, drawn to look like
a frontal radiograph; they come from no patient. The heart is a silhouette that
differs from person to person; great vessels, airways and arms are named tubes, of
which ``vessels.csv`` holds those that are the same in everyone.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.interpolate import CubicSpline

from phantoms.chest.patients import Patient, Posture, random_stream
from phantoms.shapes.solids import HeightTable, Interval, Tube, smooth_tube

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


def heart_border(rng: Generator, factor: float) -> np.ndarray:
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
        rng.normal(0, spread) * np.exp(-np.square(turned / width))
        for place, width, spread in _HEART_LOBES
        for turned in [(angle - place + np.pi) % (2 * np.pi) - np.pi]
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
    top = thorax.dome_top[1] + raised_mm
    lift = float(np.clip(0.9 * (top + 123) - 0.2 * raised_mm, -34, 48))
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
    # flat below, where it sinks into the diaphragm, and leaning forwards to its apex
    flat = np.clip(-dz / 56, 0, 1)
    thin *= np.clip((z - np.float32(top - 24)) / 20, 0, 1)
    room = 1 - rho * (1 - flat + flat * rho * rho)
    half = 56.0 * np.sqrt(np.maximum(room, 0)) * thin
    middle = HEART_DEPTH_MM + np.float32(0.16) * dz
    wall = np.minimum(middle + half, 4 - thorax.cage_depth(z))
    return np.maximum(middle - half, wall), middle + half


APEX_MM = 104.0
#: Depth of the middle of the lung apices and the domes, mm.
APEX_DEPTH_MM = 22.0
DOME_DEPTH_MM = -14.0
_CAGE_WIDTH = {
    150: 50, 125: 63, 104: 83, 92: 95, 75: 107, 50: 119, 20: 128, -10: 133,
    -50: 137, -90: 139, -140: 139, -190: 135, -260: 128,
}  # fmt: skip
_CAGE_DEPTH = {
    150: 46, 104: 58, 60: 74, 0: 90, -60: 97, -120: 98, -260: 92,
}  # fmt: skip
_BODY_WIDTH = {
    220: 52, 168: 52, 150: 57, 138: 72, 128: 104, 118: 140, 106: 176, 90: 208,
    62: 226, 38: 218, 14: 200, -20: 184, -80: 170, -150: 163, -260: 162,
}  # fmt: skip
_BODY_DEPTH = {
    220: 58, 160: 60, 130: 62, 100: 76, 60: 94, 0: 112, -60: 116, -260: 112,
}  # fmt: skip
_FAT_FRONT = 0.6  # of the fat at the sides lies in front and behind


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
    dome_fall : float
        How steeply both domes fall from their tops, mm; small for a flat diaphragm.
    apex_x : float
        Distance of the lung apices from the midline.
    core_mm, core_width : float
        Half depth of the tissue about the great vessels, and factor on its width.
    fat_mm, breast_mm : float
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
    dome_fall: float
    apex_x: float
    core_mm: float
    core_width: float
    fat_mm: float
    breast_mm: float
    breast_shape: tuple[float, float, float]


def _normals(rng: Generator, *spreads: tuple[float, float]) -> tuple[float, ...]:
    """Return one normal number for each (mean, spread)."""
    return tuple(float(rng.normal(mean, spread)) for mean, spread in spreads)


def build_thorax(patient: Patient) -> Thorax:
    """Return the soft shapes of a patient, the same at every call."""
    rng = random_stream(patient.seed, "anatomy", part=1)
    cage, body = _widths(rng, patient.barrel)
    depth = {z: d * (1 + 0.10 * patient.barrel) for z, d in _CAGE_DEPTH.items()}
    body_depth = {z: d * (1 + 0.08 * patient.barrel) for z, d in _BODY_DEPTH.items()}
    right = float(rng.normal(-110, 9)) - 14 * patient.barrel
    heart = patient.heart_factor * (1 - 0.10 * patient.barrel)
    wide = patient.breast_mm - 35 if patient.breast_mm else 0.0
    return Thorax(
        cage_width=HeightTable.through(list(cage), list(cage.values())),
        cage_depth=HeightTable.through(list(depth), list(depth.values())),
        body_width=HeightTable.through(list(body), list(body.values())),
        body_depth=HeightTable.through(list(body_depth), list(body_depth.values())),
        heart_radius=heart_border(rng, heart),
        dome_top=(right, right - float(np.clip(rng.normal(14, 6), 1, 30))),
        dome_width=_normals(rng, (71, 5), (69, 5)),
        dome_lean=_normals(rng, (-64, 6), (70, 6)),
        dome_fall=float(rng.normal(39, 4)) * (1 - 0.42 * patient.barrel),
        apex_x=float(rng.normal(45, 3)),
        core_mm=float(rng.normal(50, 4)),
        core_width=float(
            np.clip(rng.normal(1 + 0.003 * patient.fat_mm, 0.10), 0.8, 1.35)
        ),
        fat_mm=patient.fat_mm,
        breast_mm=patient.breast_mm,
        breast_shape=_normals(
            rng, (80, 6), (-62 - 0.5 * wide, 13), (58 + 0.35 * wide, 5)
        ),
    )


def _widths(rng: Generator, barrel: float) -> tuple[dict[int, float], dict[int, float]]:
    """Return half widths of the cage and of the body by height, a person's own."""
    bell = rng.normal(0, 0.055) - 0.03 * barrel  # above 0 narrow below
    belly = rng.normal(0, 0.03) + 0.03 * barrel
    slim = rng.normal(0, 0.02)
    cage = {
        z: w * (1 + bell * (z + 40) / 150 + belly * np.exp(-(((z + 20) / 60) ** 2)))
        for z, w in _CAGE_WIDTH.items()
        if z <= 104
    }
    cage |= {z: _CAGE_WIDTH[z] * cage[104] / _CAGE_WIDTH[104] for z in (150, 125)}
    waist, shoulder = rng.normal(0, 8), rng.normal(0, 8)
    body = {
        z: w * (1 + slim) + (waist if z < 20 else shoulder if 60 < z < 140 else 0)
        for z, w in _BODY_WIDTH.items()
    }
    # the chest wall is never thinner than its muscles
    heights = sorted(cage)
    least = {z: np.interp(z, heights, [cage[h] for h in heights]) + 17 for z in body}
    body |= {z: max(w, float(least[z])) for z, w in body.items() if z <= 38}
    return cage, body


def _box_oval(
    x: np.ndarray, half_width: np.ndarray, half_depth: np.ndarray
) -> np.ndarray:
    """Return the half depth of an oval that is boxier than an ellipse."""
    u = np.square(x / np.maximum(half_width, np.float32(1e-3)))
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
    """Return the trunk and neck inside the skin, less ``inset_mm`` of its fat."""
    grow = thorax.fat_mm - inset_mm
    deep = thorax.body_depth(z) + _FAT_FRONT * grow
    half = _box_oval(x, thorax.body_width(z) + grow, deep)
    return -half, half


def _dome_room(thorax: Thorax, x: np.ndarray, z: np.ndarray, side: int) -> np.ndarray:
    """Return how far a point lies inside one dome, 0 on its surface."""
    outwards = (-1, 1)[side]
    off = x - np.float32(thorax.dome_lean[side])
    # towards the heart the dome runs out into the flat central tendon
    width = thorax.dome_width[side] * np.where(outwards * off > 0, 1.0, 2.4)
    fall = np.maximum(np.float32(thorax.dome_top[side]) - z, 0)
    fall = fall / np.float32(thorax.dome_fall)
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
    room = room * (1 + 1.4 * room) - np.square((np.abs(x) - thorax.apex_x) / 40.0)
    half = 62.0 * np.sqrt(np.maximum(room, 0))
    return APEX_DEPTH_MM - half, APEX_DEPTH_MM + half


def breast_thickness(thorax: Thorax, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the thickness of the breasts in mm: full and round below, fading above.

    They hang, so that below they end in a convex edge, which films show.
    """
    if thorax.breast_mm <= 0:
        return np.zeros_like(x)
    place, height, radius = thorax.breast_shape
    dx = (np.abs(x) - place - 4 * np.sign(x)) / radius
    dz = (z - height - 3 * np.sign(x)) / radius
    up = np.clip(dz + 0.5, 0, 1)
    dz = np.where(dz > 0, dz / 1.9, dz)
    room = np.maximum(1 - np.square(dx) - np.square(dz), 0)
    return thorax.breast_mm * np.sqrt(room) * (1 - 0.4 * up * (2 - room))


# points along vessels that are the same in everyone before the stretch
_VESSELS = pd.read_csv(Path(__file__).with_name("vessels.csv"), index_col="vessel")


def great_vessels(patient: Patient) -> dict[str, Tube]:
    """Return the aorta, the vena cava and the central pulmonary arteries."""
    ascending, descending = _aorta(patient)
    top, wide = ascending.points[:, 2].max(), 0.6 + 0.4 * patient.aorta_factor
    trunk = [(2, 0, top - 4, 8), (-8, -4, 62, 7.5), (-20, 2, 92, 7), (-46, 8, 116, 5)]
    subclavian = [
        (16, 14, top - 4, 7), (21, 16, 58, 6.5), (26, 18, 88, 6), (48, 14, 114, 5),
    ]  # fmt: skip
    return {
        "ascending aorta and arch": ascending,
        "descending aorta": descending,
        "brachiocephalic trunk": smooth_tube(trunk, factor=wide),
        "left subclavian artery": smooth_tube(subclavian, factor=wide),
        **{n: smooth_tube(_VESSELS.loc[n].to_numpy()) for n in _VESSELS.index.unique()},
    }


def _aorta(patient: Patient) -> tuple[Tube, Tube]:
    """Return both parts of the aorta, wider and longer with age."""
    rng = random_stream(patient.seed, "anatomy", part=2)
    factor = patient.aorta_factor
    out = 6 * (factor - 1)
    bend = rng.normal(0, 3) + 20 * max(factor - 1.05, 0)
    knob = rng.normal(26, 2.5) + out
    top = rng.normal(24, 3) + 2 * out
    descending = [
        (knob - 2, 38, top - 14, 12), (knob - 3 + bend / 2, 48, -30, 11.5),
        (20 + bend, 52, -80, 11), (15 + bend, 52, -130, 10.5), (6, 50, -220, 10),
    ]  # fmt: skip
    ascending = [
        (-2, -22, -48, 15), (-13 - out, -28, -18, 15.5), (-8 - out, -20, top - 6, 14.5),
        (8, 0, top + 3, 13.5), (knob - 4, 22, top + 1, 13),
        (knob - 2, 38, top - 14, 12),
    ]  # fmt: skip
    return smooth_tube(ascending, factor=factor), smooth_tube(descending, factor=factor)


def airways(patient: Patient) -> dict[str, Tube]:
    """Return the lumen of the trachea and the main bronchi."""
    rng = random_stream(patient.seed, "anatomy", part=3)
    shift = rng.normal(-2, 1.5) - 4 * max(patient.aorta_factor - 1, 0)
    r = rng.normal(9.3, 0.6) * (0.92 if patient.sex == "F" else 1.05)
    trachea = [
        (1, -24, 165, 0.25 * r), (1, -20, 150, 0.6 * r), (1, -14, 128, 0.85 * r),
        (shift * 0.6, 2, 90, r), (shift, 10, 36, r), (shift * 0.5, 14, 2, r * 1.05),
    ]  # fmt: skip
    right = [
        (-2, 14, 2, r * 0.85), (-14, 16, -16, 6.8), (-30, 20, -34, 6),
        (-38, 24, -56, 4.6),
    ]  # fmt: skip
    left = [
        (2, 14, 1, r * 0.8), (20, 18, -16, 6), (40, 22, -30, 5.4), (48, 28, -48, 4.2),
    ]  # fmt: skip
    return {
        "trachea": smooth_tube(trachea),
        "right main bronchus": smooth_tube(right),
        "left main bronchus": smooth_tube(left),
    }


@functools.lru_cache(maxsize=32)
def arm_tubes(posture: Posture) -> tuple[Tube, ...]:
    """Return both upper arms with their shoulders, none when they are overhead."""
    if posture.supine and not posture.arms_down:
        return ()
    up, near = posture.shoulders_mm, 16 if posture.arms_down else 0
    rows = (
        (146, 30, 98 + up, 18), (172, 22, 83 + up, 31),
        (196 - 0.5 * near, 0, 16 + up, 41),
        (222 - near, -8, -70, 44), (236 - near, -12, -340, 40),
    )  # fmt: skip
    right, left = ([(s * x, y, z, r) for x, y, z, r in rows] for s in (-1, 1))
    return smooth_tube(right, smooth=False), smooth_tube(left, smooth=False)
