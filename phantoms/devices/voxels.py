"""Devices as voxels of a CT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phantoms.chest.posture import Posture
from phantoms.devices.parts import Device, Plate, Wire, attenuation_of
from phantoms.devices.shadow import posed_points
from phantoms.physics.ct_numbers import hounsfield
from phantoms.shapes.voxel_tubes import Part, tube_coverage
from phantoms.shapes.voxels import VoxelGrid

_TABLE_END_KEV = 70.0


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
            mu = attenuation_of(
                part.material, energy_kev=min(energy_kev, _TABLE_END_KEV)
            )
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
    true_grid = VoxelGrid(grid.origin_mm, grid.spacing_mm, grid.shape)
    if len(points) == 1:
        points = np.repeat(points, 2, axis=0)

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
    turn = np.deg2rad(plate.turn_deg)
    reach = np.array([max(plate.half_mm) * 1.42 + np.hypot(*plate.offset_mm)] * 3)
    reach[1] = plate.thickness_mm / 2
    true_grid = VoxelGrid(grid.origin_mm, grid.spacing_mm, grid.shape)
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
    u = x * np.cos(turn) + z * np.sin(turn) - plate.offset_mm[0]
    v = z * np.cos(turn) - x * np.sin(turn) - plate.offset_mm[1]
    a, b = plate.half_mm
    rho = np.abs(u / a) ** plate.power + np.abs(v / b) ** plate.power
    inside = (1 - rho ** (1 / plate.power)) * min(a, b) / grid.spacing_mm[2]
    deep = (plate.thickness_mm / 2 - np.abs(y)) / grid.spacing_mm[1]
    cover = np.clip(inside + 0.5, 0, 1) * np.clip(deep + 0.5, 0, 1)
    return Part(cover.astype(np.float32), box)
