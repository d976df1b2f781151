"""Tubes that treat: chest drains, endotracheal and nasogastric tubes.

Sizes are those of common products (1 French is a third of a millimetre of outer
diameter); courses are chosen as they look on films.
"""

from __future__ import annotations

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.devices.parts import Device, Point, Wire, smooth_path

SIDES = {"right": -1, "left": 1}
_FRENCH_MM = 1 / 6  # outer radius of one French


def draw_drain(
    anatomy: Anatomy, rng: np.random.Generator, *, side: str, fluid: bool = False
) -> Device:
    """Return a chest drain: towards the apex for air, to the base behind for fluid.

    A drain is a clear tube with a radio-opaque line, which the last side hole
    interrupts; a third of them are thin pigtail catheters.

    Parameters
    ----------
    anatomy : Anatomy
    rng : numpy.random.Generator
    side : str
        "right" or "left".
    fluid : bool
        Whether it drains an effusion.
    """
    sign, thorax = SIDES[side], anatomy.thorax
    floor = thorax.dome_top[(sign + 1) // 2]
    entry = float(max(rng.uniform(-62, -18), floor + 30))
    wide, deep = float(thorax.cage_width(np.array(entry))), rng.uniform(-25, 25)
    outside = sign * (float(thorax.body_width(np.array(entry))) + thorax.fat_mm)
    way = [
        (outside + sign * 70, deep - 20, entry - rng.uniform(30, 90)),
        (outside, deep - 8, entry - rng.uniform(4, 16)),
        (sign * (wide + 2), deep, entry),
    ]
    if fluid:
        tip = (sign * rng.uniform(60, 95), 62.0, floor + rng.uniform(4, 20))
        way += [(sign * (wide - 28), deep + 22, entry - rng.uniform(-8, 12)), tip]
    else:
        tip = (sign * rng.uniform(34, 62), -14.0, rng.uniform(48, 84))
        bend = rng.uniform(0.72, 0.86)
        way += [(sign * bend * wide, deep, entry + 0.45 * (tip[2] - entry)), tip]
    if rng.random() < 0.33:
        return _pigtail(side, way, radius=_FRENCH_MM * rng.uniform(10, 14))
    radius = float(_FRENCH_MM * rng.choice([24, 28, 32]))
    return Device(
        "drain", side, _striped(smooth_path(way, step_mm=4.0), radius, hole_mm=45.0)
    )


def _striped(
    path: tuple[Point, ...], radius: float, *, hole_mm: float, inside: str = "wall"
) -> tuple[Wire, ...]:
    """Return a clear tube with a line of barium that a side hole interrupts."""
    points = np.asarray(path)
    from_tip = np.linalg.norm(np.diff(points[::-1], axis=0), axis=1).cumsum()
    from_tip = np.concatenate([[0.0], from_tip])[::-1]
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along[:, [0, 2]], axis=1, keepdims=True), 1e-6)
    line = points + 0.55 * radius * np.stack(
        [-along[:, 2], 0 * from_tip, along[:, 0]], axis=1
    )
    tube = Wire(path, radius, "PVC", 0.28 * radius, inside)
    parts = [tube]
    for keep in (from_tip > hole_mm + 3, from_tip < hole_mm - 3):
        chain = tuple(map(tuple, line[keep].tolist()))
        if len(chain) > 1:
            parts.append(Wire(chain, 0.2 * radius, "barium stripe", inside=inside))
    return tuple(parts)


def _pigtail(side: str, way: list[Point], *, radius: float) -> Device:
    """Return a thin barium-filled catheter that ends in a loop."""
    end, before = np.asarray(way[-1], float), np.asarray(way[-2], float)
    along = (end - before)[[0, 2]]
    along /= np.linalg.norm(along)
    turn = np.linspace(0.5, 5.4, 9)
    across = np.array([-along[1], along[0]]) * SIDES[side]
    loop = [
        (*(end[[0, 2]] + 11 * (np.sin(t) * along + (1 - np.cos(t)) * across)), end[1])
        for t in turn
    ]
    path = [*way, *((x, y, z) for x, z, y in loop)]
    wire = Wire(smooth_path(path, step_mm=5), radius, "barium polymer", 0.35 * radius)
    return Device("drain", side, (wire,))


def draw_tracheal_tube(anatomy: Anatomy, rng: np.random.Generator) -> Device:
    """Return an endotracheal tube with its line, the tip above the carina."""
    trachea = anatomy.airways["trachea"].points
    tip = float(np.clip(rng.normal(45, 12), 12, 75))
    above = trachea[trachea[:, 2] > tip + 4]
    end = [np.interp(-tip, -trachea[:, 2], trachea[:, axis]) for axis in (0, 1)]
    mouth = (1.0, -22.0, 320.0)
    way = [
        mouth,
        *map(tuple, above.tolist()),
        (end[0] + rng.normal(0, 1.5), end[1], tip),
    ]
    path = smooth_path(way)
    radius = float(rng.uniform(4.7, 5.8))  # inner diameters of 7 to 8.5 mm
    parts = _striped(path, radius, hole_mm=-99.0, inside="mediastinum")
    return Device("endotracheal tube", "both", parts)


def draw_gastric_tube(anatomy: Anatomy, rng: np.random.Generator) -> Device:
    """Return a nasogastric tube: down the oesophagus and into the stomach."""
    top = anatomy.thorax.dome_top[1]
    way = [
        (rng.normal(3, 3), 12.0, 320.0), (rng.normal(2, 2), 24.0, 130.0),
        (rng.normal(4, 2), 30.0, 60.0), (rng.normal(1, 3), 34.0, -10.0),
        (rng.normal(5, 4), 36.0, -80.0), (16 + rng.normal(0, 3), 26.0, top - 8),
        (44 + rng.normal(0, 8), 0.0, top - rng.uniform(25, 45)),
        (30 + rng.normal(0, 14), -20.0, top - rng.uniform(60, 90)),
    ]  # fmt: skip
    radius = _FRENCH_MM * 14
    parts = _striped(smooth_path(way), radius, hole_mm=60.0, inside="mediastinum")
    return Device("nasogastric tube", "both", parts)
