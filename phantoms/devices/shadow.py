"""The shadow of devices: how much of the beam their metal and barium let through.

Parts are thinner than a pixel as often as not. Their transmission, not their
thickness, is averaged over each pixel, so that a wire is sharp where pixels are
small and correctly faint where they are large.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from phantoms.chest.posture import Posture
from phantoms.chest.projection import View
from phantoms.devices.parts import Device, Plate, Wire, attenuation_of
from phantoms.shapes.solids import Window

#: Full inspiration, nothing shifted.
UPRIGHT = Posture()
_SAMPLES = 129


def device_shadow(
    devices: Sequence[Device],
    view: View,
    *,
    posture: Posture = UPRIGHT,
    energy_kev: float = 60.0,
) -> np.ndarray:
    """Return the share of the beam that devices let through.

    Parameters
    ----------
    devices : sequence of Device
    view : View
    posture : Posture
        Moves what lies in the mediastinum.
    energy_kev : float
        Of the beam, 40 to 70 keV.

    Returns
    -------
    float32 array of shape (rows, columns)
        1 where there is no device. The tissue that a device displaces is left in
        its place: it weighs little against metal.
    """
    through = np.ones(view.x.shape, np.float32)
    for device in devices:
        for part in device.parts:
            mu = attenuation_of(part.material, energy_kev=energy_kev)
            if isinstance(part, Plate):
                _lay_plate(through, part, view, mu)
            else:
                _lay_wire(through, part, view, posture=posture, mu=mu)
    return through


def _mm_per_pixel(view: View, depth: float) -> float:
    """Return the true mm that a pixel covers at a depth of the body."""
    x_step, z_lean, _, _ = view.cell()
    step = np.hypot(x_step * view.stretch[0], z_lean * view.stretch[2])
    return float(step * (1 - depth / view.source_y))


def posed_points(points: np.ndarray, posture: Posture) -> np.ndarray:
    """Return points of the mediastinum where a posture puts them, as the heart goes."""
    moved = points.copy()
    up = np.clip((points[:, 2] - 30) / 110, 0, 1)
    moved[:, 0] += posture.mediastinum_mm * (1 - 0.85 * up * up * (3 - 2 * up))
    deep = np.clip((-20 - points[:, 2]) / 60, 0, 1)
    moved[:, 2] += 0.55 * posture.raised_mm[1] * deep
    return moved


@functools.lru_cache(maxsize=64)
def _stopped(radius_mm: float, wall_mm: float, mu: float) -> np.ndarray:
    """Return the beam stopped from a wire's axis up to each distance, in mm.

    The distances are ``linspace(0, radius_mm, 129)``; the last value is half of what
    the whole wire stops.
    """
    off = np.linspace(0, radius_mm, _SAMPLES)
    hollow = max(radius_mm - wall_mm, 0.0) if wall_mm else 0.0
    chord = 2 * np.sqrt(np.maximum(radius_mm**2 - off**2, 0))
    chord -= 2 * np.sqrt(np.maximum(hollow**2 - off**2, 0))
    share = 1 - np.exp(-mu * chord)
    steps = (share[1:] + share[:-1]) / 2 * np.diff(off)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _lay_wire(
    through: np.ndarray, wire: Wire, view: View, *, posture: Posture, mu: float
) -> None:
    """Multiply the transmission of one wire or tube into an image."""
    points = np.asarray(wire.points, float)
    if wire.inside == "mediastinum":
        points = posed_points(points, posture)
    row, column = view.points(points)
    mm = _mm_per_pixel(view, float(points[:, 1].mean()))
    reach = wire.radius_mm / mm + 1.5
    window = _window(row, column, reach, through.shape)
    if window is None:
        return
    squared = squared_distance(row, column, reach=reach, window=window)
    near = np.nonzero(squared < reach * reach)
    distance = mm * np.sqrt(squared[near])
    stopped = _stopped(wire.radius_mm, wire.wall_mm, round(mu, 6))
    off = np.linspace(0, wire.radius_mm, _SAMPLES)
    far, close = distance + mm / 2, distance - mm / 2
    share = np.interp(far, off, stopped)
    share -= np.sign(close) * np.interp(np.abs(close), off, stopped)
    through[window][near] *= (1 - share / mm).astype(np.float32)


def squared_distance(
    row: np.ndarray, column: np.ndarray, *, reach: float, window: Window
) -> np.ndarray:
    """Return each pixel's squared distance from a chain of points, in pixels.

    Parameters
    ----------
    row, column : float arrays of shape (n,)
        The chain; a single point is a dot.
    reach : float
        Pixels farther away keep a large number.
    window : tuple of two slices
        Pixels to look at.

    Returns
    -------
    float32 array of the window's shape
    """
    top, left = window[0].start, window[1].start
    best = np.full(
        (window[0].stop - top, window[1].stop - left), np.float32(1e6), np.float32
    )
    if len(row) == 1:
        row, column = np.repeat(row, 2), np.repeat(column, 2)
    rows, columns = (row - top).tolist(), (column - left).tolist()
    for k in range(len(rows) - 1):
        part = _window(rows[k : k + 2], columns[k : k + 2], reach, best.shape)
        if part is None:
            continue
        down, along = rows[k + 1] - rows[k], columns[k + 1] - columns[k]
        y = np.arange(part[0].start, part[0].stop)[:, None] - rows[k]
        x = np.arange(part[1].start, part[1].stop)[None, :] - columns[k]
        flat = max(down * down + along * along, 1e-9)
        t = y * down + x * along
        t /= flat
        np.minimum(np.maximum(t, 0, out=t), 1, out=t)
        off = np.square(y - t * down)
        off += np.square(x - t * along)
        np.minimum(best[part], off, out=best[part], casting="same_kind")
    return best


def _window(
    row: Sequence[float],
    column: Sequence[float],
    reach: float,
    shape: tuple[int, int],
) -> Window | None:
    """Return the slices within ``reach`` of a chain of points, None when outside."""
    top = max(math.floor(min(row) - reach), 0)
    left = max(math.floor(min(column) - reach), 0)
    bottom = min(math.ceil(max(row) + reach) + 1, shape[0])
    right = min(math.ceil(max(column) + reach) + 1, shape[1])
    if top >= bottom or left >= right:
        return None
    return slice(top, bottom), slice(left, right)


def _lay_plate(through: np.ndarray, plate: Plate, view: View, mu: float) -> None:
    """Multiply the transmission of one plate into an image."""
    row, column = view.points(np.asarray([plate.centre], float))
    mm = _mm_per_pixel(view, plate.centre[1])
    half = max(plate.half_mm) * 1.42 + np.hypot(*plate.offset_mm)
    window = _window(row, column, half / mm + 1, through.shape)
    if window is None:
        return
    down = np.arange(window[0].start, window[0].stop)[:, None] - row[0]
    along = np.arange(window[1].start, window[1].stop)[None, :] - column[0]
    x_step, z_lean, x_lean, z_step = view.cell()
    nearer = 1 - plate.centre[1] / view.source_y
    x = (along * x_step + down * x_lean) * view.stretch[0] * nearer
    z = (along * z_lean + down * z_step) * view.stretch[2] * nearer
    turn = np.deg2rad(plate.turn_deg)
    u = x * np.cos(turn) + z * np.sin(turn) - plate.offset_mm[0]
    v = z * np.cos(turn) - x * np.sin(turn) - plate.offset_mm[1]
    a, b = plate.half_mm
    rho = np.power(np.abs(u / a) ** plate.power + np.abs(v / b) ** plate.power,
                   1 / plate.power)  # fmt: skip
    cover = np.clip(0.5 + (1 - rho) * min(a, b) / mm, 0, 1)
    stopped = 1 - np.exp(-mu * plate.thickness_mm)
    through[window] *= (1 - stopped * cover).astype(np.float32)
