"""Pacemakers: a generator under the skin and leads through the veins to the heart."""

from __future__ import annotations

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.devices.parts import Device, Plate, Point, Wire, smooth_path
from phantoms.devices.tubes import SIDES

_LEAD_MM = 1.0  # radius of the insulation; the conductor inside is 0.55 mm


def draw_pacemaker(anatomy: Anatomy, rng: np.random.Generator) -> Device:
    """Return a pacemaker with one lead (a quarter of them) or two.

    Six of seven lie on the left. Sizes are those of common models; courses follow
    the subclavian vein, the superior vena cava and the chambers of the heart.
    """
    side = "left" if rng.random() < 0.86 else "right"
    sign = SIDES[side]
    centre = (
        float(sign * rng.uniform(84, 104)), -92.0, float(rng.uniform(30, 56)),
    )  # fmt: skip
    turn = float(sign * rng.normal(18, 14))
    half = (float(rng.uniform(20, 23)), float(rng.uniform(17, 20)))
    parts = [*_generator(centre, half, sign=sign, turn=turn)]
    caval = caval_way(sign)
    slack = [
        *_slack(centre, half, sign=sign, turn=turn, rng=rng),
        vein_entry(sign, rng),
    ]
    parts += _lead([*slack, *caval, *_to_ventricle(anatomy, rng)])
    if rng.random() < 0.75:
        shifted = [(x + 1.5, y, z + 2.5) for x, y, z in [*slack, *caval]]
        parts += _lead([*shifted, *_to_atrium(rng)])
    return Device("pacemaker", side, tuple(parts))


def _generator(
    centre: Point, half: tuple[float, float], *, sign: int, turn: float
) -> tuple[Plate, ...]:
    """Return the can with its battery and circuit, and the header of clear epoxy."""
    across, along = half
    port = -sign * 0.3 * across  # the leads leave towards the midline
    rows = (
        # half width, half height, thickness, material, power, offset across and up
        (across, along, 0.8, "titanium", 3.0, 0.0, 0.0),
        (0.9 * across, 0.45 * along, 5.0, "battery", 4.0, 0.0, -0.42 * along),
        (0.8 * across, 0.38 * along, 4.0, "circuit", 5.0, 0.0, 0.46 * along),
        (0.26 * across, 0.24 * along, 3.0, "circuit", 6.0, -0.4 * across, 0.5 * along),
        (0.14 * across, 0.2 * along, 2.0, "steel", 2.0, 0.35 * across, 0.5 * along),
        (0.75 * across, 4.5, 6.0, "epoxy", 4.0, 0.0, along + 4.0),
        (4.0, 1.4, 2.5, "steel", 4.0, port, along + 5.5),
        (4.0, 1.4, 2.5, "steel", 4.0, port, along + 1.5),
    )
    return tuple(
        Plate(centre, (a, b), thick, material, turn, power, (right, up))
        for a, b, thick, material, power, right, up in rows
    )


def vein_entry(sign: int, rng: np.random.Generator) -> Point:
    """Return where a lead or catheter enters the subclavian vein."""
    return (sign * rng.uniform(62, 78), -52.0, rng.uniform(70, 80))


def caval_way(sign: int) -> list[Point]:
    """Return the way from the subclavian vein into the superior vena cava."""
    if sign < 0:
        return [(-40, -36, 82), (-22, -20, 70), (-17, -12, 46), (-20, -15, 8)]
    return [(42, -38, 84), (16, -28, 72), (-10, -18, 54), (-19, -14, 22)]


def _slack(
    centre: Point,
    half: tuple[float, float],
    *,
    sign: int,
    turn: float,
    rng: np.random.Generator,
) -> list[Point]:
    """Return the spare length of a lead: from the header once round the generator."""
    lean, port = np.deg2rad(turn), (-sign * 0.3 * half[0], half[1] + 3.5)
    start = np.arctan2(port[1], port[0]) + lean
    # towards the midline, round below, and up again on the outer side
    angle = start + sign * np.linspace(0.35, rng.uniform(5.2, 6.0), 9)
    wide = np.linspace(0.5, 1, 9) * rng.uniform(3, 7) + half[0] + 2
    x, y, z = centre
    header = (
        x + port[0] * np.cos(lean) - port[1] * np.sin(lean),
        y,
        z + port[0] * np.sin(lean) + port[1] * np.cos(lean),
    )
    loop = [
        (x + float(r * np.cos(t)), y + 6, z + float(r * np.sin(t)))
        for r, t in zip(wide, angle, strict=True)
    ]
    return [tuple(map(float, header)), *loop]


def _to_ventricle(anatomy: Anatomy, rng: np.random.Generator) -> list[Point]:
    """Return the way through the right atrium to the apex of the right ventricle."""
    size = float(anatomy.patient.heart_factor)
    low = 0.9 * (anatomy.thorax.dome_top[1] + 123)
    tip = (16 + 40 * size + rng.normal(0, 3), -62.0, -78 - 34 * size + low)
    return [
        (-22, -18, -34), (-20, -24, -66), (-8 + rng.normal(0, 3), -36, -94 + low),
        (18, -52, -106 + low + rng.normal(0, 2)), tip,
    ]  # fmt: skip


def _to_atrium(rng: np.random.Generator) -> list[Point]:
    """Return the way into the right atrial appendage, with its J."""
    return [
        (-23, -20, -32), (-24, -26, -58), (-17, -36, -72), (-8, -48, -64),
        (-5 + rng.normal(0, 2), -54, -50 + rng.normal(0, 3)),
    ]  # fmt: skip


def _lead(way: list[Point]) -> list[Wire]:
    """Return a lead: conductor and insulation, with its ring and its tip."""
    path = np.asarray(smooth_path(way, step_mm=6.0))
    chain = tuple(map(tuple, path.tolist()))
    end, along = path[-1], path[-1] - path[-2]
    along = along / np.linalg.norm(along)
    poles = []
    for back, long in ((0.0, 2.0), (11.0, 3.0)):
        ends = (end - (back + long) * along, end - back * along)
        poles.append(tuple(tuple(map(float, p)) for p in ends))
    return [
        Wire(chain, _LEAD_MM, "silicone", inside="mediastinum"),
        Wire(chain, 0.55, "coiled MP35N", inside="mediastinum"),
        *(Wire(pole, 1.1, "platinum", 0.3, "mediastinum") for pole in poles),
    ]
