"""Gas in the gut under the diaphragm: the stomach's bubble and loops of colon.

Places and sizes are chosen for appearance.
"""

from __future__ import annotations

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.chest.posture import Posture
from phantoms.chest.projection import View
from phantoms.shapes.solids import Interval, Piece, ellipsoid, intersect

_DEPTH_MM = -18.0
_WALL_MM = 5.0  # diaphragm and gut between the gas and the lung


def bowel_gas(
    anatomy: Anatomy, posture: Posture, view: View, *, abdomen: Interval
) -> list[Piece]:
    """Return the gas in stomach and colon, always under the diaphragm.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture
        ``gas_kind`` says which gut holds gas, ``gas_mm`` how much.
    view : View
    abdomen : Interval
        What lies under the diaphragm, along the same rays.
    """
    size, kind = posture.gas_mm, posture.gas_kind
    if not size or kind == "none":
        return []
    rng = np.random.default_rng([*anatomy.patient.seed, int(1000 * size)])
    x, z = view.at_depth(_DEPTH_MM)
    top = anatomy.thorax.dome_top[1] + posture.raised_mm[1]
    place = (anatomy.thorax.dome_lean[1], top)
    half = np.zeros_like(x)
    if kind in ("fundus", "both"):
        half = _fundus(rng, x, z, size_mm=size, place=place, flat=not posture.supine)
    if kind in ("colon", "both"):
        half = np.maximum(half, _colon(rng, x, z, size_mm=size, place=place))
    # gas bodies about one depth: their union is the longest of them
    gas = (_DEPTH_MM - half, _DEPTH_MM + half)
    under = (abdomen[0] + _WALL_MM, abdomen[1] - _WALL_MM)
    return [Piece(*intersect(gas, under))]


def _fundus(
    rng: np.random.Generator,
    x: np.ndarray,
    z: np.ndarray,
    *,
    size_mm: float,
    place: tuple[float, float],
    flat: bool,
) -> np.ndarray:
    """Return half the depth of the stomach's gas, cut by its fluid when upright."""
    wide, high = size_mm * rng.uniform(0.9, 1.4), size_mm * rng.uniform(0.7, 1.1)
    centre = (place[0] - rng.uniform(0, 24), place[1] - 7 - high)
    half = _half(x, z, centre, (wide, 0.9 * size_mm, high))
    fold = (centre[0] - 0.6 * wide, centre[1] - 0.5 * high)
    half = np.maximum(half, _half(x, z, fold, (0.7 * wide, 0.6 * size_mm, 0.7 * high)))
    if flat:
        level = centre[1] + rng.uniform(-0.9, 0.5) * high
        half = half * np.clip((z - np.float32(level)) / 2 + 0.5, 0, 1)
    return half


def _colon(
    rng: np.random.Generator,
    x: np.ndarray,
    z: np.ndarray,
    *,
    size_mm: float,
    place: tuple[float, float],
) -> np.ndarray:
    """Return half the depth of a gas-filled colon, pouch beside pouch."""
    half = np.zeros_like(x)
    calibre = 0.32 * size_mm + 7
    across, height = place[0] + rng.uniform(-10, 26), place[1] - rng.uniform(12, 26)
    heading = rng.uniform(-2.6, -1.7)  # towards the middle and down
    for _ in range(int(rng.integers(3, 8))):
        radii = calibre * rng.uniform(0.75, 1.2, 3)
        half = np.maximum(half, _half(x, z, (across, height), radii))
        heading += rng.normal(0, 0.35)
        across += 1.25 * calibre * np.cos(heading)
        height += 1.25 * calibre * np.sin(heading)
    return half


def _half(
    x: np.ndarray,
    z: np.ndarray,
    centre: tuple[float, float],
    radii: tuple[float, float, float] | np.ndarray,
) -> np.ndarray:
    """Return half the depth of an ellipsoid whose middle lies at depth 0."""
    a, b, c = (float(r) for r in radii)
    return ellipsoid(
        x, z, centre=(float(centre[0]), 0.0, float(centre[1])), radii=(a, b, c)
    )[1]
