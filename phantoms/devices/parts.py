"""What devices are made of, and how a radiograph and a CT show it.

A device is a tuple of wires, tubes and plates of real materials in the patient's
reference frame (see ``shapes.solids``), so that it moves with the patient who turns or
breathes. Radii and thicknesses are true millimetres: a large patient has no larger
pacemaker.

On a radiograph parts are thinner than a pixel as often as not. Their transmission, not
their thickness, is averaged over each pixel, so that a wire is sharp where pixels are
small and correctly faint where they are large.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from phantoms.chest.patients import Posture
from phantoms.chest.projection import View
from phantoms.physics.attenuation import between_energies, hounsfield, read_rows
from phantoms.shapes.solids import Window
from phantoms.shapes.voxels import Part, VoxelGrid, tube_coverage

#: Linear attenuation in 1/cm, computed with xraylib 4.3.0 from elemental
#: compositions. Chosen are the barium sulphate in the polymers (30 and 60 % by
#: weight; catheters on the market hold 20 to 60 %), how tightly a conductor is coiled
#: (half metal), and the last two, which stand for mixtures of parts and air.
#: The coiled MP35N is an alloy of cobalt, nickel, chromium and molybdenum; the battery
#: is lithium and iodine behind a steel wall, the circuit boards, capacitors and chips.
ENERGIES_KEV, MATERIALS_PER_CM = read_rows(Path(__file__).with_name("attenuation.csv"))

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Wire:
    """A round wire or tube along a chain of points.

    Parameters
    ----------
    points : tuple of (x, y, z)
        Reference frame, mm.
    radius_mm : float
        Outer radius.
    material : str
        A key of ``MATERIALS_PER_CM``.
    wall_mm : float
        Thickness of a tube's wall, 0 for a solid wire.
    inside : str
        What carries it: the chest's "wall", or the "mediastinum", which a posture
        shifts and lifts.
    """

    points: tuple[Point, ...]
    radius_mm: float
    material: str
    wall_mm: float = 0.0
    inside: str = "wall"


@dataclass(frozen=True)
class Plate:
    """A flat body that faces the detector, from a disc to a box with round corners.

    Parameters
    ----------
    centre : (x, y, z)
        Reference frame, mm.
    half_mm : (across, along)
        Half of its true width and height.
    thickness_mm : float
    material : str
    turn_deg : float
        Turn in the plane of the image, anticlockwise.
    power : float
        2 for an ellipse; the larger, the squarer.
    offset_mm : (across, along)
        Place of a component within its device, before the turn, true mm.
    """

    centre: Point
    half_mm: tuple[float, float]
    thickness_mm: float
    material: str
    turn_deg: float = 0.0
    power: float = 2.0
    offset_mm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Device:
    """One device in or on a patient.

    Parameters
    ----------
    kind : str
        "drain", "pacemaker", "central line", "ECG leads", "endotracheal tube" or
        "nasogastric tube".
    side : str
        "right", "left" or "both", of the patient.
    parts : tuple of Wire and Plate
    """

    kind: str
    side: str
    parts: tuple[Wire | Plate, ...]


def attenuation_of(material: str, *, energy_kev: float) -> float:
    """Return the attenuation of a device's material in 1/mm, logarithms interpolated.

    Parameters
    ----------
    material : str
        A key of ``MATERIALS_PER_CM``.
    energy_kev : float
        40 to 70 keV; beyond, the nearer end of the table.

    Examples
    --------
    >>> round(attenuation_of("titanium", energy_kev=60), 3)
    0.345
    """
    row = MATERIALS_PER_CM[material]
    return between_energies(energy_kev, ENERGIES_KEV, row) / 10


def smooth_path(points: Sequence[Point], *, step_mm: float = 7.0) -> tuple[Point, ...]:
    """Return points along a smooth curve through the given ones, evenly spaced.

    Examples
    --------
    >>> len(smooth_path([(0, 0, 0), (0, 0, 70)]))
    11
    """
    table = np.asarray(points, float)
    chord = np.linalg.norm(np.diff(table, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(np.maximum(chord, 1e-3))])
    count = max(int(np.ceil(along[-1] / step_mm)), 1) + 1
    curve = PchipInterpolator if len(table) < 3 else CubicSpline
    places = curve(along, table)(np.linspace(0, along[-1], count))
    return tuple((float(x), float(y), float(z)) for x, y, z in places)


_SAMPLES = 129


def device_shadow(
    devices: Sequence[Device], view: View, *, posture: Posture, energy_kev: float
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
        The chain.
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
    row: Sequence[float], column: Sequence[float], reach: float, shape: tuple[int, int]
) -> Window | None:
    """Return the slices within ``reach`` of a chain of points, None when outside."""
    top = max(math.floor(min(row) - reach), 0)
    left = max(math.floor(min(column) - reach), 0)
    bottom = min(math.ceil(max(row) + reach) + 1, shape[0])
    right = min(math.ceil(max(column) + reach) + 1, shape[1])
    if top >= bottom or left >= right:
        return None
    return slice(top, bottom), slice(left, right)


def _turned_back(
    plate: Plate, x: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return places about a plate's device, mm, in the plate's own frame."""
    turn = np.deg2rad(plate.turn_deg)
    u = x * np.cos(turn) + z * np.sin(turn) - plate.offset_mm[0]
    return u, z * np.cos(turn) - x * np.sin(turn) - plate.offset_mm[1]


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
    u, v = _turned_back(plate, x, z)
    a, b = plate.half_mm
    rho = np.power(np.abs(u / a) ** plate.power + np.abs(v / b) ** plate.power,
                   1 / plate.power)  # fmt: skip
    cover = np.clip(0.5 + (1 - rho) * min(a, b) / mm, 0, 1)
    stopped = 1 - np.exp(-mu * plate.thickness_mm)
    through[window] *= (1 - stopped * cover).astype(np.float32)


def device_parts(
    devices: Sequence[Device], grid: VoxelGrid, *, posture: Posture, energy_kev: float
) -> list[tuple[Part, float]]:
    """Return the voxels that devices take, each with its CT number.

    Metal artefacts (streaks) are not simulated.

    Parameters
    ----------
    devices : sequence of Device
    grid : VoxelGrid
    posture : Posture
        Moves what lies in the mediastinum.
    energy_kev : float
        Devices are known up to 70 keV; beyond, they keep that attenuation.
    """
    found = []
    for device in devices:
        for part in device.parts:
            mu = attenuation_of(part.material, energy_kev=energy_kev)
            hu = hounsfield(mu, energy_kev=energy_kev)
            if isinstance(part, Plate):
                found.append((_plate_part(part, grid), hu))
            else:
                found += _wire_parts(part, grid, posture=posture, hu=hu)
    return [(part, hu) for part, hu in found if part.values.size]


def _wire_parts(
    wire: Wire, grid: VoxelGrid, *, posture: Posture, hu: float
) -> list[tuple[Part, float]]:
    """Return a wire, or a tube and the air in it."""
    points = np.asarray(wire.points, float)
    if wire.inside == "mediastinum":
        points = posed_points(points, posture)
    # radii are true millimetres: the tube is laid into an unstretched grid
    points = points * np.asarray(grid.stretch)
    true_grid = replace(grid, stretch=(1.0, 1.0, 1.0))

    def tube(radius: float) -> Part:
        radii = np.full(len(points) - 1, radius)
        return tube_coverage(points[:-1], points[1:], radii, grid=true_grid)

    found = [(tube(wire.radius_mm), hu)]
    hollow = wire.radius_mm - wire.wall_mm
    if wire.wall_mm and hollow > 0:
        found.append((tube(hollow), -1000.0))
    return found


def _plate_part(plate: Plate, grid: VoxelGrid) -> Part:
    """Return a flat body that faces the front."""
    centre = np.asarray(plate.centre) * np.asarray(grid.stretch)
    reach = np.array([max(plate.half_mm) * 1.42 + np.hypot(*plate.offset_mm)] * 3)
    reach[1] = plate.thickness_mm / 2
    true_grid = replace(grid, stretch=(1.0, 1.0, 1.0))
    low, high = true_grid.index_of(np.stack([centre - reach, centre + reach]))
    low = np.clip(np.floor(low).astype(int) - 1, 0, grid.shape)
    high = np.clip(np.ceil(high).astype(int) + 2, low, grid.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    place = [
        np.arange(side.start, side.stop) * step + first - middle
        for side, step, first, middle in zip(
            box, grid.spacing_mm, grid.origin_mm[::-1], centre[::-1], strict=True
        )
    ]
    z, y, x = np.ix_(*place)
    u, v = _turned_back(plate, x, z)
    a, b = plate.half_mm
    rho = np.abs(u / a) ** plate.power + np.abs(v / b) ** plate.power
    inside = (1 - rho ** (1 / plate.power)) * min(a, b) / grid.spacing_mm[2]
    deep = (plate.thickness_mm / 2 - np.abs(y)) / grid.spacing_mm[1]
    cover = np.clip(inside + 0.5, 0, 1) * np.clip(deep + 0.5, 0, 1)
    return Part(cover.astype(np.float32), box)
